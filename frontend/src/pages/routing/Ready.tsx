import { Card, Code, Group, SimpleGrid, Switch, Text } from "@mantine/core";

import { type Routing, useSwitchReady } from "../../api/routing";
import { refused } from "../../ui/notify";
import { Section } from "../../ui/Parts";

/** Rules to switch on. What is written then is the user's, to be changed. */
export function Ready({ routing, undoable }: { routing: Routing; undoable: (what: string) => void }) {
  const change = useSwitchReady();
  return (
    <Section title="Ready rules" mt="md">
      <Text size="sm" c="dimmed" mb="sm">
        Switch one on, and it is written into routing.yaml with models of yours. Change it there as you like.
      </Text>
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }}>
        {routing.ready?.map((r) => {
          const lacks = (r.missing?.length ?? 0) > 0;
          return (
            <Card component="article" withBorder padding="sm" key={r.name} aria-label={`Ready rule ${r.name}`}>
              <Group justify="space-between" wrap="nowrap" align="flex-start">
                <Text fw={600} size="sm" tt="capitalize">
                  {r.name}
                </Text>
                <Switch
                  aria-label={`Ready rule ${r.name} is on`}
                  checked={r.on}
                  disabled={(lacks && !r.on) || change.isPending || routing.fault !== undefined}
                  onChange={(e) => {
                    const on = e.currentTarget.checked;
                    change.mutate({ name: r.name, on }, { onError: refused, onSuccess: () => undoable(on ? `The ready rule ${r.name} is on.` : `The ready rule ${r.name} is off.`) });
                  }}
                />
              </Group>
              <Text size="sm">{r.says}</Text>
              {r.uses?.map((u) => (
                <Text size="xs" c="dimmed" mt={4} key={u.as}>
                  <Code>{u.model}</Code> as {u.as}
                </Text>
              ))}
              {lacks && (
                <Text size="xs" mt={4}>
                  No account of yours offers {r.missing!.join(", ")}: add one that does.
                </Text>
              )}
            </Card>
          );
        })}
      </SimpleGrid>
    </Section>
  );
}
