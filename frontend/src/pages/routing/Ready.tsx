import { Card, Code, Group, SimpleGrid, Switch, Text } from "@mantine/core";

import { type Routing, useSwitchReady } from "../../api/routing";
import { refused } from "../../ui/notify";
import { Section } from "../../ui/Parts";
import { say, t, Trans } from "../../words";
import { listed } from "./words";

/** Rules to switch on. What is written then is the user's, to be changed. */
export function Ready({ routing, undoable }: { routing: Routing; undoable: (what: string) => void }) {
  const change = useSwitchReady();
  return (
    <Section title={t("Ready rules")} mt="md">
      <Text size="sm" c="dimmed" mb="sm">
        {t("Switch one on, and it is written into routing.yaml with models of yours. Change it there as you like.")}
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
        {routing.ready?.map((r) => {
          const lacks = (r.missing?.length ?? 0) > 0;
          return (
            <Card component="article" withBorder padding="sm" key={r.name} aria-label={t("Ready rule {{name}}", { name: say(r.name) })}>
              <Group justify="space-between" wrap="nowrap" align="flex-start">
                <Text fw={600} size="sm" tt="capitalize">
                  {say(r.name)}
                </Text>
                <Switch
                  aria-label={t("Ready rule {{name}} is on", { name: say(r.name) })}
                  checked={r.on}
                  disabled={(lacks && !r.on) || change.isPending || routing.fault !== undefined}
                  onChange={(e) => {
                    const on = e.currentTarget.checked;
                    const done = on ? t("The ready rule {{name}} is on.", { name: say(r.name) }) : t("The ready rule {{name}} is off.", { name: say(r.name) });
                    change.mutate({ name: r.name, on }, { onError: refused, onSuccess: () => undoable(done) });
                  }}
                />
              </Group>
              <Text size="sm">{say(r.says)}</Text>
              {r.uses?.map((u) => (
                <Text size="xs" c="dimmed" mt={4} key={u.as}>
                  <Trans text="<model>{{model}}</model> as {{role}}" parts={{ model: <Code /> }} values={{ model: u.model, role: say(u.as) }} />
                </Text>
              ))}
              {lacks && (
                <Text size="xs" mt={4}>
                  {t("No account of yours offers {{models}}: add one that does.", { models: listed(r.missing!.map(say)) })}
                </Text>
              )}
            </Card>
          );
        })}
      </SimpleGrid>
    </Section>
  );
}
