import { Stack } from "@mantine/core";

import { type Settings as Saved, useEditSettings } from "../../api/queries";
import { refused } from "../../ui/notify";
import { Section } from "../../ui/Parts";
import { t, w } from "../../words";
import { Choice, Limit } from "./Rows";

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
          <Choice key={kind} name={t(name)} about={t(about)} checked={s[kind]} change={(on) => change({ [kind]: on })} />
        ))}
        <Limit key={s.notify_quiet_minutes} label={t("Minutes until the same is told again, at the earliest")} value={s.notify_quiet_minutes} max={1440} save={(v) => change({ notify_quiet_minutes: v })} />
      </Stack>
    </Section>
  );
}
