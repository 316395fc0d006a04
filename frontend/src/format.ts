// How figures are shown. Money is never shown more exactly than it is known: what is estimated says "about", what leaves
// something out says "at least", what is not known is a dash.

/** What is known of a sum of money. */
export interface Money {
  usd: number | null;
  estimated?: boolean; // it stands on counts of ours, not the upstream's
  partial?: boolean; // some of it has no known price and is left out
  by?: string; // who told it, in place of a sum of ours
}

export function money({ usd, estimated, partial }: Money): string {
  if (usd === null || (partial && usd === 0)) return "–";
  const sign = partial ? "≥ " : estimated ? "≈ " : "";
  return sign + dollars(usd);
}

/** What a number of requests cost together. */
export function sum(t: { cost_usd: number; cost_estimated: number; cost_unknown: number }): Money {
  return { usd: t.cost_usd, estimated: t.cost_estimated > 0, partial: t.cost_unknown > 0 };
}

/** The currency that money is shown in, and what a dollar is in it. */
let shown = { sign: "$", rate: 1 };

/** Has money shown in another currency from now on; "" in dollars. */
export function showIn(currency: string, rate: number): void {
  const own = currency !== "" && currency !== "USD" && rate > 0;
  shown = own ? { sign: signOf(currency), rate } : { sign: "$", rate: 1 };
}

/** How a currency is written in front of an amount: €, or "CHF ". */
function signOf(currency: string): string {
  const parts = new Intl.NumberFormat("en-US", { style: "currency", currency, currencyDisplay: "narrowSymbol" }).formatToParts(0);
  const sign = parts.find((p) => p.type === "currency")?.value ?? currency;
  return /\w$/.test(sign) ? sign + "\u00a0" : sign;
}

/** Dollars, in the currency that money is shown in, with as many places as it takes to see a figure. */
export function dollars(usd: number): string {
  const { sign, rate } = shown;
  const v = Math.abs(usd * rate);
  const minus = usd < 0 ? "−" : "";
  if (v === 0) return sign + "0";
  if (v < 0.00005) return `< ${minus}${sign}0.0001`;
  if (v < 1) return minus + sign + v.toFixed(v < 0.1 ? 4 : 3).replace(/(\.\d\d+?)0+$/, "$1");
  return minus + sign + v.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 2 });
}

/** What was saved, where anything could be compared. */
export function saved(t: { saved_usd: number; compared: number }): string {
  return t.compared === 0 ? "–" : dollars(t.saved_usd);
}

/** What is left of some money, in its own currencies. */
export function left(amounts: { currency: string; value: number }[]): string {
  const places = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return amounts.map((a) => `${a.value.toLocaleString("en-US", places)} ${a.currency}`).join(" and ");
}

/** A price per million tokens. */
export function rate(usd: number | undefined): string {
  if (usd === undefined) return "–";
  if (usd === 0) return "free";
  return "$" + usd.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 4 });
}

export function count(n: number): string {
  return n.toLocaleString("en-US");
}

/** A count in at most four characters and a unit: 950, 12.3k, 2.1M. */
export function compact(n: number): string {
  return n.toLocaleString("en-US", { notation: "compact", maximumFractionDigits: n < 1000 ? 0 : 1 });
}

/** A number of bytes. */
export function kilobytes(bytes: number): string {
  return bytes < 1 << 20 ? `${Math.ceil(bytes / 1024)} KB` : `${(bytes / (1 << 20)).toFixed(1)} MB`;
}

export function plural(n: number, one: string, many = one + "s"): string {
  return `${count(n)} ${n === 1 ? one : many}`;
}

/** A duration in milliseconds. */
export function duration(ms: number): string {
  if (ms < 1) return "< 1 ms";
  if (ms < 1000) return `${Math.round(ms)} ms`;
  if (ms < 60_000) return `${(ms / 1000).toFixed(ms < 10_000 ? 1 : 0)} s`;
  const seconds = Math.round(ms / 1000);
  return `${Math.floor(seconds / 60)} min ${seconds % 60} s`;
}

/** A duration of the ledger, which counts in nanoseconds. */
export const fromNanos = (ns: number | undefined): number => (ns ?? 0) / 1e6;

/** How long ago something was, in words. */
export function ago(time: string | undefined, now: number): string {
  if (time === undefined) return "never";
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  if (seconds < 10) return "just now";
  if (seconds < 60) return `${seconds} seconds ago`;
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return `${plural(minutes, "minute")} ago`;
  const hours = Math.round(minutes / 60);
  if (hours < 48) return `${plural(hours, "hour")} ago`;
  return `${plural(Math.round(hours / 24), "day")} ago`;
}

/** How long until something is, in words. */
export function until(time: string, now: number): string {
  const ms = Date.parse(time) - now;
  return ms <= 0 ? "now" : `in ${duration(Math.max(1000, ms))}`;
}

/** The time of day, and the day where it is not today. */
export function clock(time: string, now: number): string {
  const t = new Date(time);
  const day = t.toDateString() === new Date(now).toDateString() ? "" : t.toLocaleDateString(undefined, { month: "short", day: "numeric" }) + ", ";
  return day + t.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", second: "2-digit", hourCycle: "h23" });
}

/** The time of day without its seconds, or the day where it is not today: for where there is little room. */
export function when(time: string, now: number): string {
  const t = new Date(time);
  if (t.toDateString() !== new Date(now).toDateString()) return t.toLocaleDateString(undefined, { month: "short", day: "numeric" });
  return t.toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" });
}

/** A share of a whole in words: never 0 % of what is something, nor 100 % of what is not all. */
export function share(part: number, whole: number): string {
  const percent = (100 * part) / whole;
  if (percent < 1) return "under 1 %";
  return `${percent > 99 && part < whole ? 99 : Math.round(percent)} %`;
}

/** A size on disk. */
export function bytes(n: number): string {
  return n < 1e6 ? `${Math.ceil(n / 1e3)} kB` : n < 1e9 ? `${(n / 1e6).toFixed(1)} MB` : `${(n / 1e9).toFixed(1)} GB`;
}

/** A number of tokens as a context size: 200k, 1M. */
export function size(tokens: number | undefined): string {
  if (!tokens) return "–";
  return tokens >= 1_000_000 ? `${+(tokens / 1_000_000).toFixed(1)}M` : tokens >= 1000 ? `${Math.round(tokens / 1000)}k` : String(tokens);
}
