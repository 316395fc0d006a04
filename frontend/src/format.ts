// How figures are shown. Money is never shown more exactly than it is known: what is estimated says "about", what leaves
// something out says "at least", what is not known is a dash. All is written as the user's locale writes it.

import { language, locale, t } from "./words";

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
let shown = { currency: "USD", rate: 1 };

/** Has money shown in another currency from now on; "" in dollars. */
export function showIn(currency: string, rate: number): void {
  shown = currency !== "" && rate > 0 ? { currency, rate } : { currency: "USD", rate: 1 };
}

/** An amount of a currency. */
function amount(v: number, currency: string, minimumFractionDigits: number, maximumFractionDigits = minimumFractionDigits): string {
  return v.toLocaleString(locale(), { style: "currency", currency, currencyDisplay: "narrowSymbol", minimumFractionDigits, maximumFractionDigits });
}

/** Dollars, in the currency that money is shown in, with as many places as it takes to see a figure. */
export function dollars(usd: number): string {
  const v = Math.abs(usd * shown.rate);
  const minus = usd < 0 ? "−" : "";
  if (v === 0) return amount(0, shown.currency, 0);
  if (v < 0.00005) return `< ${minus}${amount(0.0001, shown.currency, 4)}`;
  return minus + (v < 1 ? amount(v, shown.currency, 2, v < 0.1 ? 4 : 3) : amount(v, shown.currency, 2));
}

/** What was saved, where anything could be compared. */
export function saved(t: { saved_usd: number; compared: number }): string {
  return t.compared === 0 ? "–" : dollars(t.saved_usd);
}

/** What is left of some money, in its own currencies. */
export function left(amounts: { currency: string; value: number }[]): string {
  const places = { minimumFractionDigits: 2, maximumFractionDigits: 2 };
  return new Intl.ListFormat(language()).format(amounts.map((a) => `${a.value.toLocaleString(locale(), places)} ${a.currency}`));
}

/** A price, of a million tokens or something else, in the currency that money is shown in. */
export function rate(usd: number | undefined, places = 4): string {
  if (usd === undefined) return "–";
  if (usd === 0) return t("free");
  return amount(usd * shown.rate, shown.currency, 2, places);
}

/** A figure with some places behind the point, without zeros at its end. */
const figure = (n: number, places = 0): string => n.toLocaleString(locale(), { maximumFractionDigits: places });

export const count = (n: number): string => figure(n);

/** A count in at most four characters and a unit: 950, 12.3K, 2.1M. */
export function compact(n: number): string {
  return n.toLocaleString(locale(), { notation: "compact", maximumFractionDigits: n < 1000 ? 0 : 1 });
}

/** A duration in milliseconds. */
export function duration(ms: number): string {
  if (ms < 1) return t("< 1 ms");
  if (ms < 1000) return t("{{n}} ms", { n: Math.round(ms) });
  if (ms < 60_000) return t("{{n}} s", { n: +(ms / 1000).toFixed(ms < 10_000 ? 1 : 0) });
  const seconds = Math.round(ms / 1000);
  return t("{{minutes}} min {{seconds}} s", { minutes: Math.floor(seconds / 60), seconds: seconds % 60 });
}

/** A duration of the ledger, which counts in nanoseconds. */
export const fromNanos = (ns: number | undefined): number => (ns ?? 0) / 1e6;

/** How long ago something was, in words. */
export function ago(time: string | undefined, now: number): string {
  if (time === undefined) return t("never");
  const was = (n: number, unit: Intl.RelativeTimeFormatUnit) => new Intl.RelativeTimeFormat(language()).format(-n, unit);
  const seconds = Math.round((now - Date.parse(time)) / 1000);
  if (seconds < 10) return t("just now");
  if (seconds < 60) return was(seconds, "second");
  const minutes = Math.round(seconds / 60);
  if (minutes < 60) return was(minutes, "minute");
  const hours = Math.round(minutes / 60);
  return hours < 48 ? was(hours, "hour") : was(Math.round(hours / 24), "day");
}

/** How long until something is, in words. */
export function until(time: string, now: number): string {
  const ms = Date.parse(time) - now;
  return ms <= 0 ? t("now") : t("in {{duration}}", { duration: duration(Math.max(1000, ms)) });
}

const today = (time: Date, now: number) => time.toDateString() === new Date(now).toDateString();
/** A day without its year. */
export const day = (time: Date): string => time.toLocaleDateString(locale(), { month: "short", day: "numeric" });

/** An hour of a day. */
export const hour = (time: Date): string => time.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" });

/** A day of the API, 2006-01-02, as a place on a chart. */
export const monthDay = (of: string): string => day(new Date(`${of}T00:00`));

/** The time of day, and the day where it is not today. */
export function clock(time: string, now: number): string {
  const at = new Date(time);
  const hour = at.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit", second: "2-digit" });
  return today(at, now) ? hour : `${day(at)}, ${hour}`;
}

/** The time of day without its seconds, or the day where it is not today: for where there is little room. */
export function when(time: string, now: number): string {
  const at = new Date(time);
  return today(at, now) ? at.toLocaleTimeString(locale(), { hour: "2-digit", minute: "2-digit" }) : day(at);
}

/** A ratio as a percentage, which may be more than 100. */
export const percent = (ratio: number): string => (ratio > 0 && ratio < 0.01 ? t("under 1 %") : `${count(Math.round(100 * ratio))} %`);

/** A share of a whole in words: never 0 % of what is something, nor 100 % of what is not all. */
export function share(part: number, whole: number): string {
  const percent = (100 * part) / whole;
  if (percent < 1) return t("under 1 %");
  return `${percent > 99 && part < whole ? 99 : Math.round(percent)} %`;
}

/** A size on disk, or of what was sent. */
export function bytes(n: number): string {
  return n < 1e6 ? `${figure(Math.ceil(n / 1e3))} kB` : n < 1e9 ? `${figure(n / 1e6, 1)} MB` : `${figure(n / 1e9, 1)} GB`;
}

/** A number of tokens as a context size: 200k, 1M. */
export function size(tokens: number | undefined): string {
  if (!tokens) return "–";
  return tokens >= 1_000_000 ? `${figure(tokens / 1_000_000, 1)}M` : tokens >= 1000 ? `${Math.round(tokens / 1000)}k` : String(tokens);
}
