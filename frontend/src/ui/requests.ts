import { type Choice, type Row, startOfDay } from "../api/queries";
import { w } from "../words";
import type { Tone } from "./Parts";

export const states: Record<Row["state"], { tone: Tone; word: string }> = {
  running: { tone: "busy", word: w("Running") },
  ok: { tone: "good", word: w("OK") },
  failed: { tone: "bad", word: w("Failed") },
  cancelled: { tone: "off", word: w("Cancelled") },
  interrupted: { tone: "warn", word: w("Interrupted") },
};

/** The state of a request in a word, for t(); one that another account had to finish says so. */
export function requestState(r: Row): { tone: Tone; word: string } {
  return r.state === "ok" && r.attempts > 1 ? { tone: "good", word: w("Failed over") } : states[r.state]!;
}

/** Which requests are looked at. A time that moves on with the clock stands as its word, for who comes back to it tomorrow. */
export interface Filter extends Choice {
  time?: keyof typeof times;
}

/** Whole hours ago: what is shown need not be read anew each minute. */
const before = (now: number, hours: number) => new Date((Math.floor(now / 3_600_000) - hours) * 3_600_000).toISOString();

/** The times that move on with the clock, and when each began. */
export const times = {
  today: { word: w("Today"), since: startOfDay },
  "24h": { word: w("Last 24 hours"), since: (now: number) => before(now, 24) },
  "7d": { word: w("Last 7 days"), since: (now: number) => before(now, 7 * 24) },
};

/** A filter as the API wants it. */
export function choiceOf({ time, ...choice }: Filter, now: number): Choice {
  return time && times[time] ? { ...choice, since: times[time].since(now) } : choice;
}

/** Where the requests of a filter are shown, and one of them. */
export function addressOf(filter: Filter, id = ""): string {
  const set = Object.entries(filter).filter(([, v]) => v !== undefined) as [string, string][];
  return ["/requests", set.length > 0 && `of/${new URLSearchParams(set)}`, id].filter(Boolean).join("/");
}

/** What an address, behind /requests/, asks for. */
export function askedOf(path: string): { filter: Filter; id: string } {
  const parts = path.split("/");
  const id = parts[0] === "of" ? parts[2] : parts[0];
  return { filter: parts[0] === "of" ? Object.fromEntries(new URLSearchParams(parts[1])) : {}, id: id ?? "" };
}
