import type { Standing, Status } from "../api/queries";
import type { Tone } from "../ui/Parts";

/** The state of the whole in a word. */
export function stateOf(s: Status): { tone: Tone; word: string } {
  if (s.locked) return { tone: "bad", word: "Locked" };
  if (!s.running) return { tone: "bad", word: "Not serving" };
  if (s.paused) return { tone: "off", word: "Paused" };
  const accounts = s.accounts ?? [];
  if (accounts.length === 0) return { tone: "off", word: "No account" };
  const able = accounts.filter((a) => a.state === "ready" || a.state === "partly-cooling").length;
  if (able === 0) return { tone: "bad", word: "Nothing can serve" };
  if (accounts.some((a) => a.state !== "ready" && a.state !== "paused")) return { tone: "warn", word: "Running" };
  return s.in_flight > 0 ? { tone: "busy", word: "Working" } : { tone: "good", word: "Running" };
}

/** How one account stands, in a word. */
export function standingOf(a: Standing | undefined): { tone: Tone; word: string } {
  switch (a?.state) {
    case "paused":
      return { tone: "off", word: "Paused" };
    case "ready":
      return { tone: "good", word: "Ready" };
    case "cooling":
      return { tone: "warn", word: "Cooling" };
    case "partly-cooling":
      return { tone: "warn", word: "Partly cooling" };
    case "blocked":
      return { tone: "bad", word: "Blocked" };
    case "no-models":
      return { tone: "warn", word: "No models" };
  }
  return { tone: "off", word: "Unknown" };
}
