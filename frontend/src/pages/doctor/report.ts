import type { Schemas } from "../../api/client";
import type { Tone } from "../../ui/Parts";

export type Report = Schemas["Report"];
export type Check = Schemas["Check"];

/** What a state is called, and how it looks. */
export const states: Record<Check["state"], { tone: Tone; word: string }> = {
  ok: { tone: "good", word: "Fine" },
  warn: { tone: "warn", word: "Look at this" },
  fail: { tone: "bad", word: "Failed" },
  running: { tone: "busy", word: "Looking" },
  stopped: { tone: "off", word: "Not looked at" },
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
  if (report.running) return `Looking: ${all - ofState(report, "running")} of ${all} done`;
  const look = warn === 0 ? "" : warn === 1 ? "one thing deserves a look" : `${warn} things deserve a look`;
  if (fail > 0) return `${fail === 1 ? "One thing has" : `${fail} things have`} failed${look && `, and ${look}`}`;
  if (stopped > 0) return "Stopped before all was looked at";
  return look ? `Nothing has failed; ${look}` : "Nothing stands in the way";
}

/** The report as text, for others to read. */
export function asText(report: Report, version: string): string {
  const lines = [`Metapi ${version}, ${report.ended ?? report.started ?? ""}: ${verdict(report)}.`];
  for (const [group, checks] of groups(report)) {
    lines.push("", group);
    for (const c of checks) {
      lines.push(`  ${states[c.state].word.padEnd(13)} ${c.name}: ${c.detail}`);
      if (c.next) lines.push(`                  -> ${c.next}`);
      if (c.command) lines.push(`                     ${c.command}`);
    }
  }
  return lines.join("\n") + "\n";
}
