import type { Standing, Status } from "../api/queries";
import type { Tone } from "../ui/Parts";
import { t } from "../words";

/** The state of the whole in a word. */
export function stateOf(s: Status): { tone: Tone; word: string } {
  if (s.locked) return { tone: "bad", word: t("Locked") };
  if (!s.running) return { tone: "bad", word: t("Not serving") };
  if (s.paused) return { tone: "off", word: t("Paused") };
  const accounts = s.accounts ?? [];
  if (accounts.length === 0) return { tone: "off", word: t("No account") };
  const able = accounts.filter((a) => a.state === "ready" || a.state === "partly-cooling").length;
  if (able === 0) return { tone: "bad", word: t("Nothing can serve") };
  if (accounts.some((a) => a.state !== "ready" && a.state !== "paused")) return { tone: "warn", word: t("Running") };
  return s.in_flight > 0 ? { tone: "busy", word: t("Working") } : { tone: "good", word: t("Running") };
}

/** How one account stands, in a word. */
export function standingOf(a: Standing | undefined): { tone: Tone; word: string } {
  switch (a?.state) {
    case "paused":
      return { tone: "off", word: t("Paused") };
    case "ready":
      return { tone: "good", word: t("Ready") };
    case "cooling":
      return { tone: "warn", word: t("Cooling") };
    case "partly-cooling":
      return { tone: "warn", word: t("Partly cooling") };
    case "blocked":
      return { tone: "bad", word: t("Blocked") };
    case "no-models":
      return { tone: "warn", word: t("No models") };
  }
  return { tone: "off", word: t("Unknown") };
}
