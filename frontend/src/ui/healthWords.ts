import type { Vitals } from "../api/queries";
import { duration } from "../format";

/** A share of attempts as a percentage: never 100 % of what is not all. */
export function percent(share: number): string {
  const p = Math.min(100 * share, share < 1 ? 99.9 : 100);
  return `${p < 10 || p > 99 ? +p.toFixed(1) : Math.round(p)} %`;
}

/** What failed, the most frequent first. */
export function failures(v: Vitals): string {
  const errors = v.errors ?? [];
  return errors.length === 0 ? "Nothing failed lately." : `Failed of ${errors.map((e) => `${e.why} (${percent(e.share)})`).join(", ")}.`;
}

/** The times that are shown: those to the first token where replies are streamed, else those to the end. */
export function waits(v: Vitals): { half: number; most: number; what: string } | undefined {
  if (v.first_p95_ms) return { half: v.first_p50_ms ?? v.first_p95_ms, most: v.first_p95_ms, what: "first token" };
  if (v.took_p95_ms) return { half: v.took_p50_ms ?? v.took_p95_ms, most: v.took_p95_ms, what: "whole reply" };
  return undefined;
}

/** All that is known, in sentences. */
export function inWords(v: Vitals): string {
  if (v.available === undefined) return "Not asked lately.";
  const of = (what: string, half?: number, most?: number) => (half && most ? `${what} within ${duration(half)} for half, ${duration(most)} for 19 of 20.` : "");
  return [
    `Answered ${percent(v.available)} of attempts.`,
    failures(v),
    of("First token", v.first_p50_ms, v.first_p95_ms),
    of("Whole reply", v.took_p50_ms, v.took_p95_ms),
    v.tokens_per_second ? `${Math.round(v.tokens_per_second)} tokens a second.` : "",
    v.last_error ? `Last failure: ${v.last_error.message}` : "",
  ]
    .filter(Boolean)
    .join(" ");
}

const fastest = 100; // ms, at the left end of the scale
const slowest = 60_000;

/** Where a time stands on a scale on which each tenfold is as wide as another, from 0 to 1. */
export function place(ms: number): number {
  const at = Math.log(ms / fastest) / Math.log(slowest / fastest);
  return Math.min(1, Math.max(0, at));
}
