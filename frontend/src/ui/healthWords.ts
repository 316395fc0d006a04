import type { Vitals } from "../api/queries";
import { duration } from "../format";
import { say, t, w } from "../words";

/** A share of attempts as a percentage: never 100 % of what is not all. */
export function percent(share: number): string {
  const p = Math.min(100 * share, share < 1 ? 99.9 : 100);
  return `${p < 10 || p > 99 ? +p.toFixed(1) : Math.round(p)} %`;
}

/** What failed, the most frequent first. */
export function failures(v: Vitals): string {
  const errors = v.errors ?? [];
  return errors.length === 0 ? t("Nothing failed lately.") : t("Failed of {{kinds}}.", { kinds: errors.map((e) => `${say(e.why)} (${percent(e.share)})`).join(t(", ")) });
}

/** The times that are shown: those to the first token where replies are streamed, else those to the end. */
export function waits(v: Vitals): { half: number; most: number; what: string } | undefined {
  if (v.first_p95_ms) return { half: v.first_p50_ms ?? v.first_p95_ms, most: v.first_p95_ms, what: w("first token in {{time}}") };
  if (v.took_p95_ms) return { half: v.took_p50_ms ?? v.took_p95_ms, most: v.took_p95_ms, what: w("whole reply in {{time}}") };
  return undefined;
}

/** All that is known, in sentences. */
export function inWords(v: Vitals): string {
  if (v.available === undefined) return t("Not asked lately.");
  const within = (text: string, half?: number, most?: number) => (half && most ? t(text, { half: duration(half), most: duration(most) }) : "");
  return [
    t("Answered {{share}} of attempts.", { share: percent(v.available) }),
    failures(v),
    within(w("First token within {{half}} for half, {{most}} for 19 of 20."), v.first_p50_ms, v.first_p95_ms),
    within(w("Whole reply within {{half}} for half, {{most}} for 19 of 20."), v.took_p50_ms, v.took_p95_ms),
    v.tokens_per_second ? t("{{n}} tokens a second.", { n: Math.round(v.tokens_per_second) }) : "",
    v.last_error ? t("Last failure: {{what}}", { what: say(v.last_error.message) }) : "",
  ]
    .filter(Boolean)
    .join(t(" "));
}

const fastest = 100; // ms, at the left end of the scale
const slowest = 60_000;

/** Where a time stands on a scale on which each tenfold is as wide as another, from 0 to 1. */
export function place(ms: number): number {
  const at = Math.log(ms / fastest) / Math.log(slowest / fastest);
  return Math.min(1, Math.max(0, at));
}
