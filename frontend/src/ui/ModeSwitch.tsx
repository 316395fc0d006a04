import { Radio, SimpleGrid, Text } from "@mantine/core";

import { useMode, useSetMode } from "../api/queries";
import { say, t, w } from "../words";
import { refused } from "./notify";

const names: Record<string, string> = {
  failover: w("Failover"),
  balance: w("Load balance"),
  latency: w("Fastest"),
  cost: w("Cheapest"),
  quality: w("Best quality"),
  auto: w("Automatic"),
};

export function modeName(mode: string): string {
  return names[mode] === undefined ? mode : t(names[mode]);
}

/** The mode in force, with what it means, and the others to choose from. A choice holds for the next request. */
export function ModeSwitch() {
  const { data } = useMode();
  const set = useSetMode();
  if (!data) return null; // a group without anything in it has no name that a reader could say
  const chosen = set.isPending ? set.variables : data.mode;
  return (
    <>
      <Radio.Group value={chosen} onChange={(mode) => set.mutate(mode, { onError: refused })} aria-label={t("Mode")}>
        <SimpleGrid type="container" cols={{ base: 3, "560px": 6 }} spacing={6}>
          {data.modes?.map((m) => (
            <Radio.Card
              key={m.mode}
              value={m.mode}
              px="xs"
              py={7}
              radius="sm"
              ta="center"
              title={say(m.means)}
              aria-label={`${modeName(m.mode)}. ${say(m.means)}`}
              style={m.mode === chosen ? { background: "var(--mantine-primary-color-filled)", borderColor: "transparent", color: "white" } : undefined}
            >
              <Text size="sm" fw={550} c="inherit" truncate>
                {modeName(m.mode)}
              </Text>
            </Radio.Card>
          ))}
        </SimpleGrid>
      </Radio.Group>
      <Text size="xs" c="dimmed" mt="xs" mih={{ base: "2.8em", md: "1.4em" }} lh={1.4}>
        {say(data.modes?.find((m) => m.mode === chosen)?.means ?? "")}
      </Text>
    </>
  );
}
