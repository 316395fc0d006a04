// What rules and plans do, in words, and how the forms have them.
import type { Choice, Plan, Rule, Use } from "../../api/routing";
import { modeName } from "../../ui/ModeSwitch";
import { language, plural, t, w } from "../../words";

export const tiersOf = (p: Plan): Choice[][] => (p.tiers?.length ? p.tiers.map((t) => t ?? []) : [p.models ?? [], p.then ?? []].filter((t) => t.length > 0));

/** A plan with other tiers: in the shorter form, as long as that can say it. */
export function withTiers(p: Plan, tiers: Choice[][]): Plan {
  const kept = tiers.filter((t) => t.length > 0);
  const rest: Plan = { ...p };
  delete rest.models;
  delete rest.then;
  delete rest.tiers;
  if (p.tiers?.length || kept.length > 2) return kept.length > 0 ? { ...rest, tiers: kept } : rest;
  return { ...rest, ...(kept[0] && { models: kept[0] }), ...(kept[1] && { then: kept[1] }) };
}

/** Things one after the other, as the language lists them. */
export const listed = (things: string[]): string => new Intl.ListFormat(language(), { type: "unit" }).format(things);

const said = (list: (string | false | undefined | 0)[]): string[] => list.filter((s): s is string => typeof s === "string");

const named = (c: Choice) => (c.weight ? t("{{model}} (share {{share}})", { model: c.model, share: c.weight }) : c.model);

/** What a plan does, a phrase each. */
export function planInWords(p: Plan): string[] {
  const [first, ...others] = tiersOf(p).map((tier) => listed(tier.map(named)));
  return said([
    first && t("Use {{models}}", { models: first }),
    ...others.map((models) => t("where none of them can: {{models}}", { models })),
    p.mode && t("in the mode {{mode}}", { mode: modeName(p.mode) }),
    p.within && t("slower than {{time}} comes last", { time: p.within }),
  ]);
}

const settings: Record<string, string> = {
  temperature: w("temperature {{value}}"),
  max_output: w("at most {{value}} tokens of output"),
  effort: w("thinking {{value}}"),
  top_p: "top_p {{value}}",
  seed: "seed {{value}}",
  verbosity: w("verbosity {{value}}"),
};

export function ruleInWords(r: Rule): string[] {
  return said([
    ...planInWords(r),
    r.only?.length && t("only {{names}}", { names: listed(r.only) }),
    r.never?.length && t("never {{names}}", { names: listed(r.never) }),
    ...Object.entries(r.set ?? {}).map(([key, value]) => t(settings[key] ?? `${key} {{value}}`, { value: value as string | number })),
  ]);
}

const money = (usd: number) => `$${usd}`; // as the file has it, whatever money is shown in

/** How much of an account may be used, a sentence each. */
export function inWords(u: Use): string[] {
  const c = u.caps ?? {};
  const r = u.reserve ?? {};
  const kept = said([r.percent && t("{{percent}} % of each cap", { percent: r.percent }), r.requests && plural(r.requests, "request"), r.dollars && money(r.dollars)]);
  const whom = [...(r.clients ?? []), ...(r.rules ?? []).map((name) => t("the rule {{name}}", { name }))];
  return said([
    c.requests_per_minute && plural(c.requests_per_minute, "At most {{count}} request a minute", "At most {{count}} requests a minute"),
    c.concurrent && t("At most {{n}} at once", { n: c.concurrent }),
    c.tokens_per_minute && t("At most {{n}} tokens a minute", { n: c.tokens_per_minute }),
    c.dollars_per_day && t("At most {{money}} a day", { money: money(c.dollars_per_day) }),
    c.dollars_per_month && t("At most {{money}} a month", { money: money(c.dollars_per_month) }),
    kept.length > 0 && t("Kept back for {{whom}}: {{what}}", { whom: listed(whom), what: listed(kept) }),
    ...(u.schedule ?? []).map((h) =>
      h.days?.length
        ? t("{{days}}, {{from}} to {{to}}", { days: listed(h.days.map(dayName)), from: h.from || "00:00", to: h.to || "24:00" })
        : t("Every day, {{from}} to {{to}}", { from: h.from || "00:00", to: h.to || "24:00" }),
    ),
  ]);
}

export const days = ["monday", "tuesday", "wednesday", "thursday", "friday", "saturday", "sunday"];

/** A day as the language calls it. */
export function dayName(day: string): string {
  const at = days.indexOf(day.toLowerCase());
  return at < 0 ? day : new Date(2024, 0, 1 + at).toLocaleDateString(language(), { weekday: "long" }); // which was a Monday
}
