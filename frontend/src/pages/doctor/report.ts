import type { Schemas } from "../../api/client";
import type { Tone } from "../../ui/Parts";
import { plural, say, t, w } from "../../words";

export type Report = Schemas["Report"];
export type Check = Schemas["Check"];

/** What a state is called, and how it looks: the word is for t(). */
export const states: Record<Check["state"], { tone: Tone; word: string }> = {
  ok: { tone: "good", word: w("Fine") },
  warn: { tone: "warn", word: w("Look at this") },
  fail: { tone: "bad", word: w("Failed") },
  running: { tone: "busy", word: w("Looking") },
  stopped: { tone: "off", word: w("Not looked at") },
};

/** The checks by group, in the order of the report. */
export function groups(report: Report): [string, Check[]][] {
  const by = new Map<string, Check[]>();
  for (const c of report.checks ?? []) by.set(c.group, [...(by.get(c.group) ?? []), c]);
  return [...by];
}

export const ofState = (report: Report, state: Check["state"]) => (report.checks ?? []).filter((c) => c.state === state).length;

/** What it comes to, in a sentence. */
export function verdict(report: Report): string {
  const all = report.checks?.length ?? 0;
  const [fail, warn, stopped] = [ofState(report, "fail"), ofState(report, "warn"), ofState(report, "stopped")];
  if (report.running) return t("Looking: {{done}} of {{all}} done", { done: all - ofState(report, "running"), all });
  if (fail > 0 && warn > 0) return t("{{failed}}, and {{look}}", { failed: failed(fail), look: deserving(warn) });
  if (fail > 0) return failed(fail);
  if (stopped > 0) return t("Stopped before all was looked at");
  return warn > 0 ? t("Nothing has failed; {{look}}", { look: deserving(warn) }) : t("Nothing stands in the way");
}

const failed = (n: number) => plural(n, "{{count}} thing has failed", "{{count}} things have failed");
const deserving = (n: number) => plural(n, "{{count}} thing deserves a look", "{{count}} things deserve a look");

/** The report as text, for others to read. */
export function asText(report: Report, version: string): string {
  const lines = [`Metapi ${version}, ${report.ended ?? report.started ?? ""}: ${verdict(report)}.`];
  for (const [group, checks] of groups(report)) {
    lines.push("", say(group));
    for (const c of checks) {
      lines.push(`  ${t(states[c.state].word).padEnd(13)} ${say(c.name)}: ${say(c.detail)}`);
      if (c.next) lines.push(`                  -> ${say(c.next)}`);
      if (c.command) lines.push(`                     ${c.command}`);
    }
  }
  return lines.join("\n") + "\n";
}
