// The models by the names that can be asked for, with all that is known of each in figures that can be sorted and compared.
import type { DeploymentHealth, Model } from "../../api/queries";
import { talks } from "../../ui/protocols";

/** One name that can be asked for, and who offers it. */
export interface Name {
  name: string;
  model: string;
  display?: string;
  offers: Model[];
  gone: boolean;
  /** All that it is searched by, in small letters: made once, since there may be tens of thousands. */
  text: string;
  health: DeploymentHealth[];
}

const none: DeploymentHealth[] = [];

/** Gathers who offers each name, in the user's order of accounts. */
export function group(models: Model[]): Name[] {
  const by = new Map<string, Name>();
  for (const m of models) {
    const n = by.get(m.name) ?? { name: m.name, model: m.model, display: m.display, offers: [], gone: true, text: "", health: none };
    n.offers.push(m);
    n.display ??= m.display;
    n.gone &&= m.gone !== undefined;
    by.set(m.name, n);
  }
  for (const n of by.values()) n.text = `${n.name} ${n.model} ${n.display ?? ""} ${n.offers.map((o) => `${o.account} ${o.provider}`).join(" ")}`.toLowerCase();
  return [...by.values()];
}

/** Adds how each name has done, at those that were asked for it. */
export function withHealth(names: Name[], health: DeploymentHealth[]): Name[] {
  const by = new Map<string, DeploymentHealth[]>();
  for (const d of health) by.set(d.name, [...(by.get(d.name) ?? []), d]);
  return names.map((n) => (by.has(n.name) ? { ...n, health: by.get(n.name)! } : n));
}

export const offered = (n: Name): Model[] => n.offers.filter((o) => o.gone === undefined);

const known = (values: (number | undefined)[]): number[] => values.filter((v) => v !== undefined && v !== 0) as number[];
const least = (values: (number | undefined)[]): number | undefined => (known(values).length === 0 ? undefined : Math.min(...known(values)));
const most = (values: (number | undefined)[]): number | undefined => (known(values).length === 0 ? undefined : Math.max(...known(values)));
const lowest = (n: Name, get: (o: Model) => number | undefined): number | undefined => {
  const prices = offered(n).map(get).filter((v) => v !== undefined);
  return prices.length === 0 ? undefined : Math.min(...prices); // what is free is known to be
};

/** Figures of a name, where known: of all that offer it, the best. */
export const figures = {
  input: (n: Name) => lowest(n, (o) => o.input_usd),
  cached: (n: Name) => lowest(n, (o) => o.cache_read_usd),
  written: (n: Name) => lowest(n, (o) => o.cache_write_usd),
  output: (n: Name) => lowest(n, (o) => o.output_usd),
  context: (n: Name) => most(offered(n).map((o) => o.context)),
  longest: (n: Name) => most(offered(n).map((o) => o.max_output)),
  quality: (n: Name) => most(offered(n).map((o) => o.quality)),
  first: (n: Name) => least(n.health.map((h) => h.first_p50_ms)),
  speed: (n: Name) => most(n.health.map((h) => h.tokens_per_second)),
  answered: (n: Name) => most(n.health.map((h) => h.available)),
};

export type Figure = keyof typeof figures;

/** Whether less of it is better. */
export const lessIsBetter: Record<Figure, boolean> = { input: true, cached: true, written: true, output: true, context: false, longest: false, quality: false, first: true, speed: false, answered: false };

/** Which of some values are the best; none where there is nothing to tell apart. */
export function best(values: (number | undefined)[], less: boolean): Set<number> {
  const all = values.filter((v) => v !== undefined);
  if (all.length < 2 || all.every((v) => v === all[0])) return new Set();
  const top = less ? Math.min(...all) : Math.max(...all);
  return new Set(values.flatMap((v, i) => (v === top ? [i] : [])));
}

export interface Sort {
  by: "name" | Figure;
  down: boolean;
}

/** Sorts; what is not known comes last, either way. By name is the order in which they are read. */
export function sorted(names: Name[], { by, down }: Sort): Name[] {
  if (by === "name") return down ? [...names].reverse() : names;
  const get = figures[by];
  const of = names.map((n) => ({ n, v: get(n) }));
  of.sort((a, b) => (a.v === undefined || b.v === undefined ? Number(a.v === undefined) - Number(b.v === undefined) : down ? b.v - a.v : a.v - b.v));
  return of.map(({ n }) => n);
}

/** What a name can be asked to be, beside its words. */
export const traits = {
  images: (n: Name) => offered(n).some((o) => o.can?.includes("images")),
  reasoning: (n: Name) => offered(n).some((o) => o.can?.includes("reasoning")),
  talks: (n: Name) => offered(n).some((o) => talks(o.protocols)),
  priced: (n: Name) => figures.output(n) !== undefined || figures.input(n) !== undefined,
  free: (n: Name) => offered(n).some((o) => o.price_free),
  asked: (n: Name) => n.health.some((h) => h.available !== undefined),
};

export type Trait = keyof typeof traits;

export interface Wanted {
  words: string;
  accounts: string[];
  provider: string | null;
  traits: Trait[];
  gone: boolean;
}

export function filtered(names: Name[], w: Wanted): Name[] {
  const words = w.words.toLowerCase().split(/\s+/).filter(Boolean);
  return names.filter(
    (n) =>
      (w.gone || !n.gone) &&
      (w.accounts.length === 0 || n.offers.some((o) => w.accounts.includes(o.account))) &&
      (w.provider === null || n.offers.some((o) => o.provider === w.provider)) &&
      w.traits.every((trait) => traits[trait](n)) &&
      words.every((word) => n.text.includes(word)),
  );
}
