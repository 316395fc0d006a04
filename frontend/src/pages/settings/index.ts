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
