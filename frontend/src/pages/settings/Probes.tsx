import { Group, NumberInput, Stack, Switch, Text } from "@mantine/core";
import { useState } from "react";

import { type Settings as Saved, useEditSettings, useHealth } from "../../api/queries";
import { dollars } from "../../format";
import { plural, t } from "../../words";
import { refused } from "../../ui/notify";
import { Section } from "../../ui/Parts";

/** What Metapi asks of accounts on its own, and what that may cost. */
export function Probes({ settings: s }: { settings: Saved }) {
  const edit = useEditSettings();
  const { data: health } = useHealth();
  const change = (body: Parameters<typeof edit.mutate>[0]) => edit.mutate(body, { onError: refused });
  const between = { labelPosition: "left" as const, styles: { body: { justifyContent: "space-between" } } };
  return (
    <Section title={t("Probes")}>
      <Stack gap="md">
        <Switch
          {...between}
          label={t("Look after accounts")}
          description={t("While your tools are at work, accounts that nobody has asked for a while, or that are due to be tried again, are asked for their list of models. It costs nothing.")}
          checked={s.probe}
          onChange={(e) => change({ probe: e.currentTarget.checked })}
        />
        <Switch
          {...between}
          label={t("Ask models for one token, too")}
          description={t("Those that you use, where their price is known. What it costs is booked under “Metapi itself”, and no tool's budget pays for it.")}
          checked={s.probe_models}
          disabled={!s.probe}
          onChange={(e) => change({ probe_models: e.currentTarget.checked })}
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

/** A number that is saved when the field is left, or Enter is pressed. */
function Limit({ label, value, max, dollars, disabled, save }: { label: string; value: number; max: number; dollars?: boolean; disabled: boolean; save: (v: number) => void }) {
  const [typed, setTyped] = useState<number | string>(value);
  const valid = typeof typed === "number" && typed >= 0 && typed <= max;
  const done = () => {
    if (valid && typed !== value) save(typed);
    if (!valid) setTyped(value);
  };
  return (
    <NumberInput
      label={label}
      value={typed}
      onChange={setTyped}
      onBlur={done}
      onKeyDown={(e) => e.key === "Enter" && done()}
      min={0}
      max={max}
      step={dollars ? 0.01 : 10}
      allowDecimal={dollars ?? false}
      allowNegative={false}
      prefix={dollars ? "$" : undefined}
      disabled={disabled}
      error={!valid}
    />
  );
}
