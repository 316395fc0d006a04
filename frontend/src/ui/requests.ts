import type { Row } from "../api/queries";
import type { Tone } from "./Parts";

const states: Record<string, { tone: Tone; word: string }> = {
  running: { tone: "busy", word: "Running" },
  ok: { tone: "good", word: "OK" },
  failed: { tone: "bad", word: "Failed" },
  cancelled: { tone: "off", word: "Cancelled" },
  interrupted: { tone: "warn", word: "Interrupted" },
};

/** The state of a request in a word; one that another account had to finish says so. */
export function requestState(r: Row): { tone: Tone; word: string } {
  if (r.state === "ok" && r.attempts > 1) return { tone: "good", word: "Failed over" };
  return states[r.state] ?? { tone: "off", word: r.state };
}
