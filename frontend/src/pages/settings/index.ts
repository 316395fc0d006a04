import type { Schemas } from "../../api/client";
import { t, w } from "../../words";

/** The parts of the settings, in their order, and what can be found in each. The command palette has them, too. */
export const parts = [
  { id: "appearance", name: w("Appearance"), settings: [w("Theme"), w("Language")] },
  { id: "desktop", name: w("Desktop"), settings: [w("Start at login"), w("Start hidden"), w("Close to the tray"), w("Quit Metapi")] },
  { id: "notifications", name: w("Notifications"), settings: [w("Budgets"), w("Keys and money"), w("Accounts that keep failing"), w("Tools that cannot be served")] },
  { id: "gateway", name: w("Gateway"), settings: [w("Port"), w("Keep what tools may continue"), w("Ask twice where the first answer is late")] },
  { id: "network", name: w("Network"), settings: [w("Proxy"), w("Certificates")] },
  { id: "worth", name: w("What answers are worth to you"), settings: [w("A right answer is worth"), w("An hour of waiting costs me"), w("Good enough for the cheapest mode")] },
  { id: "money", name: w("Money"), settings: [w("Savings are counted against"), w("Currency"), w("When a tool seems to have run away")] },
  { id: "prices", name: w("Prices"), settings: [w("Refresh the list of prices once a day")] },
  { id: "records", name: w("Records"), settings: [w("Keep requests one by one"), w("Captured prompts and replies")] },
  { id: "probes", name: w("Probes"), settings: [w("Look after accounts"), w("Ask models for one token, too")] },
  { id: "backup", name: w("Backup and restore"), settings: [w("Make a backup"), w("Restore a backup")] },
  { id: "about", name: w("About"), settings: [w("Diagnostics"), w("Version")] },
] as const;

export type Part = (typeof parts)[number]["id"];

/** The parts in which a word is found: in their names, in those of their settings, in the language that is spoken and in English. */
export function found(word: string): Part[] {
  const wanted = word.trim().toLowerCase().split(/\s+/);
  return parts
    .filter(({ id, name, settings }) => {
      const text = [id, name, t(name), ...settings, ...settings.map((s) => t(s))].join(" ").toLowerCase();
      return wanted.every((one) => text.includes(one));
    })
    .map((p) => p.id);
}

/** What each setting of the API is called here. */
const names: Record<keyof Omit<Schemas["EditSettings"], "$schema">, string> = {
  port: w("Port"),
  theme: w("Theme"),
  language: w("Language"),
  close_to_tray: w("Close to the tray"),
  start_hidden: w("Start hidden"),
  proxy: w("Proxy"),
  ca_file: w("Certificates"),
  refresh_prices: w("Refresh the list of prices once a day"),
  prices_url: w("Where the list of prices comes from"),
  hedge: w("Ask twice where the first answer is late"),
  keep_responses: w("Keep what tools may continue"),
  probe: w("Look after accounts"),
  probe_models: w("Ask models for one token, too"),
  probes_per_day: w("Probes a day, at most"),
  probe_usd_per_day: w("Dollars a day, at most"),
  baseline: w("Savings are counted against"),
  currency: w("Currency"),
  rate: w("Rate"),
  keep_days: w("Keep requests one by one"),
  runaway: w("When a tool seems to have run away"),
  welcomed: w("Three steps to the first answer"),
  notify_budget: w("Budgets"),
  notify_key: w("Keys and money"),
  notify_failover: w("Accounts that keep failing"),
  notify_gateway: w("Tools that cannot be served"),
  notify_quiet_minutes: w("Minutes until the same is told again, at the earliest"),
  answer_usd: w("A right answer is worth"),
  second_usd: w("An hour of waiting costs me"),
  tolerance: w("Good enough for the cheapest mode"),
};

export const nameOf = (setting: string): string => t((names as Record<string, string>)[setting] ?? setting);
