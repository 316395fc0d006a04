import { Anchor, Code, Group, Stack, Text } from "@mantine/core";
import { Link } from "wouter";

import type { Status } from "../../api/queries";
import { CopyIcon } from "../../ui/Copy";
import { Section } from "../../ui/Parts";
import { t } from "../../words";

/** Where tools find Metapi. */
export function Addresses({ status }: { status: Status }) {
  const at = status.addresses?.[0];
  const rows = [
    ["OpenAI", `http://${at}/v1`],
    ["Anthropic", `http://${at}`],
    ["Gemini", `http://${at}`],
  ] as const;
  return (
    <Section
      title={t("Addresses")}
      actions={
        <Anchor component={Link} href="/tools" size="sm">
          {t("Local keys and how to set up a tool")}
        </Anchor>
      }
    >
      <Stack gap={6}>
        {at === undefined && (
          <Text size="sm" c="dimmed">
            {t("No tool is served at the moment.")}
          </Text>
        )}
        {at !== undefined && (
          <Group gap="lg" style={{ rowGap: 6 }}>
            {rows.map(([name, url]) => (
              <Group key={name} gap={6} wrap="nowrap">
                <Text size="sm">{name}</Text>
                <Code fz="sm">{url}</Code>
                <CopyIcon text={url} label={t("base URL for {{protocol}}", { protocol: name })} />
              </Group>
            ))}
          </Group>
        )}
        <Text size="xs" c="dimmed">
          {t("Only programs on this machine reach them, each with a local key.")}
        </Text>
      </Stack>
    </Section>
  );
}
