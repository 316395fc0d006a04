import { NumberInput, Stack, Switch } from "@mantine/core";
import { useState } from "react";

import { type Settings as Saved, useEditSettings } from "../../api/queries";
import { refused } from "../../ui/notify";
import { Section } from "../../ui/Parts";
import { t, w } from "../../words";

type Kind = "notify_budget" | "notify_key" | "notify_failover" | "notify_gateway";

const kinds: { kind: Kind; name: string; about: string }[] = [
  { kind: "notify_budget", name: w("Budgets"), about: w("When 80 % of a budget is spent, and when all of it is.") },
  { kind: "notify_key", name: w("Keys and money"), about: w("When an account refuses its key, or is out of money.") },
  { kind: "notify_failover", name: w("Accounts that keep failing"), about: w("When request after request has to go on from an account to another.") },
  { kind: "notify_gateway", name: w("Tools that cannot be served"), about: w("When the port is taken, keys cannot be read, or no account can serve.") },
];

/** What the person is told of at once: in the pages, and by the desktop while the window is not in front. */
export function Notifications({ settings: s }: { settings: Saved }) {
  const edit = useEditSettings();
  const change = (body: Parameters<typeof edit.mutate>[0]) => edit.mutate(body, { onError: refused });
  return (
    <Section title={t("Notifications")}>
      <Stack gap="md">
        {kinds.map(({ kind, name, about }) => (
          <Switch
            key={kind}
            labelPosition="left"
            styles={{ body: { justifyContent: "space-between" } }}
            label={t(name)}
            description={t(about)}
            checked={s[kind]}
            onChange={(e) => change({ [kind]: e.currentTarget.checked })}
          />
        ))}
        <Quiet key={s.notify_quiet_minutes} minutes={s.notify_quiet_minutes} save={(v) => change({ notify_quiet_minutes: v })} />
      </Stack>
    </Section>
  );
}

const longest = 1440; // a day

function Quiet({ minutes, save }: { minutes: number; save: (v: number) => void }) {
  const [typed, setTyped] = useState<number | string>(minutes);
  const valid = typeof typed === "number" && typed >= 0 && typed <= longest;
  const done = () => {
    if (valid && typed !== minutes) save(typed);
    if (!valid) setTyped(minutes);
  };
  return (
    <NumberInput
      label={t("Minutes until the same is told again, at the earliest")}
      value={typed}
      onChange={setTyped}
      onBlur={done}
      onKeyDown={(e) => e.key === "Enter" && done()}
      min={0}
      max={longest}
      step={10}
      allowDecimal={false}
      allowNegative={false}
      error={!valid}
    />
  );
}
