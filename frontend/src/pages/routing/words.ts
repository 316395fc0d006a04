// What rules and plans do, in words, and how the forms have them.
import type { Choice, Plan, Rule, Use } from "../../api/routing";

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

const named = (c: Choice) => (c.weight !== undefined && c.weight !== 0 ? `${c.model} (weight ${c.weight})` : c.model);

export function planInWords(p: Plan): string {
  const tiers = tiersOf(p).map((t) => t.map(named).join(", "));
  return [tiers.length > 0 && `use ${tiers.join("; then ")}`, p.mode && `in ${p.mode} mode`, p.within && `slower than ${p.within} last`].filter(Boolean).join(", ");
}

export function ruleInWords(r: Rule): string {
  const set = Object.entries(r.set ?? {}).map(([k, v]) => `${k.replace("_", " ")} ${String(v)}`);
  return [planInWords(r), r.only?.length && `only ${r.only.join(", ")}`, r.never?.length && `never ${r.never.join(", ")}`, set.length > 0 && `set ${set.join(", ")}`].filter(Boolean).join("; ");
}

const money = (n: number) => `$${n}`;

export function inWords(u: Use): string[] {
  const c = u.caps ?? {};
  const caps = [
    c.requests_per_minute && `${c.requests_per_minute} requests a minute`,
    c.concurrent && `${c.concurrent} at once`,
    c.tokens_per_minute && `${c.tokens_per_minute} tokens a minute`,
    c.dollars_per_day && `${money(c.dollars_per_day)} a day`,
    c.dollars_per_month && `${money(c.dollars_per_month)} a month`,
  ].filter(Boolean);
  const r = u.reserve ?? {};
  const kept = [r.percent && `${r.percent} %`, r.requests && `${r.requests} requests`, r.dollars && money(r.dollars)].filter(Boolean);
  return [
    ...(caps.length > 0 ? [`At most ${caps.join(", ")}.`] : []),
    ...(kept.length > 0 ? [`${kept.join(", ")} kept back for ${[...(r.clients ?? []), ...(r.rules ?? []).map((n) => `the rule ${n}`)].join(", ")}.`] : []),
    ...(u.schedule ?? []).map((h) => `${h.days?.length ? h.days.join(", ") : "Every day"}, ${h.from || "00:00"} to ${h.to || "24:00"}.`),
  ];
}
