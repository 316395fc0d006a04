import { Radio, Stack, Text } from "@mantine/core";

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
  return t(names[mode] ?? mode);
}

/** The mode in force, and the others to choose from. A choice holds for the next request. */
export function ModeSwitch() {
  const { data } = useMode();
  const set = useSetMode();
  if (!data) return null; // a group without anything in it has no name that a reader could say
  const chosen = set.isPending ? set.variables : data.mode;
  return (
    <Radio.Group value={chosen} onChange={(mode) => set.mutate(mode, { onError: refused })} aria-label={t("Mode")}>
      <Stack gap="xs">
        {data.modes?.map((m) => (
          <Radio.Card key={m.mode} value={m.mode} p="sm" radius="md" aria-label={`${modeName(m.mode)}. ${say(m.means)}`}>
            <div style={{ display: "flex", gap: 12, alignItems: "flex-start" }}>
              <Radio.Indicator mt={2} />
              <div>
                <Text fw={600} size="sm">
                  {modeName(m.mode)}
                </Text>
                <Text size="xs" c="dimmed">
                  {say(m.means)}
                </Text>
              </div>
            </div>
          </Radio.Card>
        ))}
      </Stack>
    </Radio.Group>
  );
}
