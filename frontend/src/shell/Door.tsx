import { Center, Code, Stack, Text, Title } from "@mantine/core";

import { Mark } from "../ui/Mark";
import { say, t } from "../words";

/** What a browser sees that came without a link, or with one that is no longer good. */
export function Door({ refused }: { refused: string | null }) {
  return (
    <Center component="main" h="100%" p="xl">
      <Stack align="center" maw={460} gap="sm" ta="center">
        <Mark size={56} />
        <Title order={1} size="h2">
          {refused === null ? "Metapi" : t("This link cannot be used")}
        </Title>
        {refused !== null && <Text>{say(refused)}</Text>}
        <Text c="dimmed">{t("These pages open by a link that is good once, so that nothing else on this machine can use them. A new one is printed by")}</Text>
        <Code fz="md">metapi ui</Code>
      </Stack>
    </Center>
  );
}
