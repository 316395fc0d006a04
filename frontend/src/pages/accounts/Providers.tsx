import { Box, Collapse, Group, Stack, Text, Title, UnstyledButton } from "@mantine/core";
import { IconChevronDown, IconChevronRight } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";

import type { Schemas } from "../../api/client";
import { type Account, type Status, useProviders } from "../../api/queries";
import { dollars } from "../../format";
import { plural, t } from "../../words";

interface Props {
  list: Account[];
  usage: Schemas["UsageReport"] | undefined;
  status: Status | undefined;
  card: (a: Account) => ReactNode;
}

/** The accounts by their provider, each with its place in the order, which goes across them. */
export function Providers({ list, usage, status, card }: Props) {
  const { data: providers } = useProviders();
  const [folded, setFolded] = useState<string[]>([]);
  return (
    <Stack gap="md">
      {[...new Set(list.map((a) => a.provider))].map((id) => {
        const own = list.filter((a) => a.provider === id);
        const ids = own.map((a) => a.id);
        const spent = (usage?.groups ?? []).filter((g) => ids.includes(g.key)).reduce((sum, g) => sum + g.cost_usd, 0);
        const ill = (status?.accounts ?? []).filter((s) => ids.includes(s.id) && s.state !== "ready" && s.state !== "paused").length;
        const shut = folded.includes(id);
        const name = providers?.find((p) => p.id === id)?.name ?? id;
        return (
          <section key={id} aria-label={name}>
            <UnstyledButton aria-expanded={!shut} onClick={() => setFolded(shut ? folded.filter((f) => f !== id) : [...folded, id])} mb="xs" w="100%">
              <Group gap="xs">
                {shut ? <IconChevronRight size={16} aria-hidden /> : <IconChevronDown size={16} aria-hidden />}
                <Title order={2} size="h5">
                  {name}
                </Title>
                <Text size="sm" c="dimmed">
                  {[plural(own.length, "account"), spent > 0 && t("{{cost}} today", { cost: dollars(spent) }), ill > 0 && plural(ill, "{{count}} needs attention", "{{count}} need attention")].filter(Boolean).join(" · ")}
                </Text>
              </Group>
            </UnstyledButton>
            <Collapse expanded={!shut}>
              <Stack gap="xs">
                {own.map((a) => (
                  <Group key={a.id} wrap="nowrap" gap="xs">
                    <Text size="sm" fw={650} c="dimmed" w={30} ta="center" title={t("Its place in the order")}>
                      {list.indexOf(a) + 1}
                    </Text>
                    <Box flex={1} miw={0}>
                      {card(a)}
                    </Box>
                  </Group>
                ))}
              </Stack>
            </Collapse>
          </section>
        );
      })}
    </Stack>
  );
}
