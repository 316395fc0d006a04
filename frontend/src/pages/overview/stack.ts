// The days of a chart, each made of parts.
import type { Group } from "../../api/queries";

export type Measure = "cost" | "tokens" | "requests";
export type Parts = "account" | "model";

/** How many parts are told apart; what the others came to is one part, without a name. */
const most = 5;

/** A day of the calendar as the API names it. */
const dayOf = (at: Date) => `${at.getFullYear()}-${String(at.getMonth() + 1).padStart(2, "0")}-${String(at.getDate()).padStart(2, "0")}`;

/** Thirty days from one on, with what each part came to on each. Requests are told apart by how they ended. */
export function stack(groups: Group[], since: string, of: Measure, called: (g: Group) => string): { days: { day: string; values: number[] }[]; parts: string[] } {
  const first = new Date(since);
  const names = Array.from({ length: 30 }, (_, i) => dayOf(new Date(first.getFullYear(), first.getMonth(), first.getDate() + i)));
  const within = (day: string) => groups.filter((g) => g.day === day);
  const total = (list: Group[], value: (g: Group) => number) => list.reduce((sum, g) => sum + value(g), 0);
  if (of === "requests") {
    const bad = (g: Group) => g.failed + g.cancelled + g.interrupted;
    return {
      parts: ["", ""],
      days: names.map((day) => ({ day, values: [total(within(day), (g) => g.ok), total(within(day), bad)] })),
    };
  }
  const value = of === "cost" ? (g: Group) => g.cost_usd : (g: Group) => g.input_tokens + g.cache_read_tokens + g.cache_write_tokens + g.output_tokens;
  const all = new Map<string, { label: string; sum: number }>();
  for (const g of groups) all.set(g.key, { label: called(g), sum: (all.get(g.key)?.sum ?? 0) + value(g) });
  const ranked = [...all].filter(([, p]) => p.sum > 0).sort(([, a], [, b]) => b.sum - a.sum);
  const [own, others] = [ranked.slice(0, most).map(([key]) => [key]), ranked.slice(most).map(([key]) => key)];
  const keys = others.length > 0 ? [...own, others] : own;
  return {
    parts: keys.map((list) => (list === others ? "" : all.get(list[0]!)!.label)),
    days: names.map((day) => ({ day, values: keys.map((list) => total(within(day).filter((g) => list.includes(g.key)), value)) })),
  };
}
