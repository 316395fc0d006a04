import { Group, Stack, Text } from "@mantine/core";

import { type Settings as Saved, useEditSettings, useHealth } from "../../api/queries";
import { dollars } from "../../format";
import { plural, t } from "../../words";
import { refused } from "../../ui/notify";
import { Section } from "../../ui/Parts";
import { Choice, Limit } from "./Rows";

/** What Metapi asks of accounts on its own, and what that may cost. */
export function Probes({ settings: s }: { settings: Saved }) {
  const edit = useEditSettings();
  const { data: health } = useHealth();
  const change = (body: Parameters<typeof edit.mutate>[0]) => edit.mutate(body, { onError: refused });
  return (
    <Section title={t("Probes")}>
      <Stack gap="md">
        <Choice
          name={t("Look after accounts")}
          about={t("While your tools are at work, accounts that nobody has asked for a while, or that are due to be tried again, are asked for their list of models. It costs nothing.")}
          checked={s.probe}
          change={(on) => change({ probe: on })}
        />
        <Choice
          name={t("Ask models for one token, too")}
          about={t("Those that you use, where their price is known. What it costs is booked under “Metapi itself”, and no tool's budget pays for it.")}
          checked={s.probe_models}
          disabled={!s.probe}
          change={(on) => change({ probe_models: on })}
        />
        <Group grow>
          <Limit key={`probes ${s.probes_per_day}`} label={t("Probes a day, at most")} value={s.probes_per_day} max={100_000} disabled={!s.probe} save={(v) => change({ probes_per_day: v })} />
          <Limit key={`dollars ${s.probe_usd_per_day}`} label={t("Dollars a day, at most")} value={s.probe_usd_per_day} max={1000} dollars disabled={!s.probe || !s.probe_models} save={(v) => change({ probe_usd_per_day: v })} />
        </Group>
        {health !== undefined && (
          <Text size="sm" c="dimmed" role="status">
            {t("Today: {{probes}}, {{cost}}.", { probes: plural(health.probed.count, "probe"), cost: dollars(health.probed.usd) })}
          </Text>
        )}
      </Stack>
    </Section>
  );
}
