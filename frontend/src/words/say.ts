// What Metapi itself says - errors, reasons, meanings - in the language that is chosen: the twin of backend/words, with its tables and by its rules. Both are
// held to the cases in backend/words/testdata. Nothing of it is loaded for English.

type Entries = Record<string, string>;

interface Template {
  pieces: string[]; // what stands before, between and behind the places
  said: string[]; // likewise
  order: number[]; // which place stands behind each of said but the last
  weight: number; // how many signs of it are told
}

const files = import.meta.glob<Entries>("../../../backend/words/*.json", { import: "default" });

const longest = 4000;
const deepest = 12;
const separators = ["\n", ". ", " · ", "; ", ", ", ": "];
const apart = separators.slice(0, 4);

let known: Table | undefined;
const before = new Map<string, string>(); // what was said: lists draw the same again and again

/** Learns the language that is spoken from now on. */
export async function learn(language: string): Promise<void> {
  const load = files[`../../../backend/words/${language}.json`];
  known = load && new Table(await load());
  before.clear();
}

/** Says a sentence, or several, that Metapi made in English. What is not known stays as it is. */
export function say(text: string): string {
  if (known === undefined || text.length > longest) return text;
  let said = before.get(text);
  if (said === undefined) {
    if (before.size > 2000) before.clear();
    said = known.say(text, 0, deepest).said;
    before.set(text, said);
  }
  return said;
}

interface Said {
  said: string;
  known: boolean;
}

export class Table {
  private whole = new Map<string, string>();
  private first = new Map<string, Template[]>();
  private last = new Map<string, Template[]>();
  private others: Template[] = [];

  constructor(entries: Entries) {
    for (const [english, said] of Object.entries(entries)) {
      const key = folded(english);
      if (!english.includes("{}")) {
        this.whole.set(key, said);
        continue;
      }
      const pieces = key.split("{}");
      const m: Template = { pieces, ...places(said), weight: pieces.reduce((n, p) => n + [...p].length, 0) };
      const [front, back] = ends(m);
      if (front.includes(" ")) put(this.first, front.slice(0, front.indexOf(" ")), m);
      else if (back.includes(" ")) put(this.last, back.slice(back.lastIndexOf(" ") + 1), m);
      else this.others.push(m);
    }
    for (const list of [...this.first.values(), ...this.last.values(), this.others]) list.sort(tellsMore);
  }

  say(text: string, from: number, depth: number): Said {
    if (depth === 0 || text === "") return { said: text, known: false };
    const ended = text.endsWith(".");
    const sentence = ended ? text.slice(0, -1) : text;
    const end = ended ? this.between(".") : "";
    const strict = this.match(sentence, true, depth);
    if (strict !== undefined) return { said: strict + end, known: true };
    const separator = separators.findIndex((s, i) => i >= from && text.includes(s));
    if (separator >= 0) {
      const parts = this.parts(text, separator, depth);
      if (parts.known) return parts;
    }
    const loose = this.match(sentence, false, depth);
    return loose === undefined ? { said: text, known: false } : { said: loose + end, known: true };
  }

  private parts(text: string, separator: number, depth: number): Said {
    const sign = separators[separator] ?? "";
    const all: Said = { said: "", known: false };
    let previous: Said | undefined;
    for (const part of text.split(sign)) {
      const one = this.say(part, separator + 1, depth - 1);
      if (previous) all.said += previous.known ? this.between(sign) : sign; // what stays English ends as such
      all.said += one.said;
      all.known ||= one.known;
      previous = one;
    }
    return all;
  }

  private between(separator: string): string {
    return this.whole.get(separator) ?? separator;
  }

  private match(text: string, strict: boolean, depth: number): string | undefined {
    const key = folded(text);
    const whole = this.whole.get(key);
    if (whole !== undefined && strict) return whole;
    const space = key.indexOf(" ");
    let best: Template | undefined;
    let held: string[] = [];
    for (const list of [this.first.get(space < 0 ? key : key.slice(0, space)), this.last.get(text.slice(text.lastIndexOf(" ") + 1)), this.others]) {
      for (const m of list ?? []) {
        if (best && tellsMore(best, m) < 0) break;
        const fits = fit(m, text, key, strict);
        if (fits) {
          [best, held] = [m, fits];
          break;
        }
      }
    }
    if (!best) return undefined;
    const { pieces, said, order } = best;
    const values = held.map((v, i) => (strict && !quotes(pieces, i) ? this.say(v, 0, depth - 1).said : v));
    return said.reduce((text, piece, i) => join(join(text, piece), values[order[i] ?? -1] ?? ""), "");
  }
}

const folded = (text: string) => (/^[A-Z]/.test(text) ? text.charAt(0).toLowerCase() + text.slice(1) : text);

const ends = (m: Template): [string, string] => [m.pieces[0] ?? "", m.pieces.at(-1) ?? ""];

function put(lists: Map<string, Template[]>, word: string, m: Template): void {
  const list = lists.get(word);
  if (list) list.push(m);
  else lists.set(word, [m]);
}

function tellsMore(a: Template, b: Template): number {
  if (a.weight !== b.weight) return b.weight - a.weight;
  const [x, y] = [a.pieces.join("\0"), b.pieces.join("\0")];
  return x < y ? -1 : x > y ? 1 : 0;
}

/** Parts what is said where {1}, {2}... stand. */
function places(said: string): { said: string[]; order: number[] } {
  const parts = said.split(/\{([1-9][0-9]*)\}/); // text and number, in turn
  return { said: parts.filter((_, i) => i % 2 === 0), order: parts.filter((_, i) => i % 2 === 1).map((n) => Number(n) - 1) };
}

/** What stands in the template's places: each is as short as can be. */
function fit(m: Template, text: string, key: string, strict: boolean): string[] | undefined {
  const [front, back] = ends(m);
  if (key.length < front.length + back.length || !key.startsWith(front) || !key.endsWith(back)) return undefined;
  let rest = text.slice(front.length, text.length - back.length);
  const held: string[] = [];
  for (const piece of m.pieces.slice(1, -1)) {
    const at = rest.indexOf(piece, 1);
    if (at < 0 || rest === "") return undefined;
    held.push(rest.slice(0, at));
    rest = rest.slice(at + piece.length);
  }
  held.push(rest);
  if (held.some((v) => v === "" || v.includes("\n") || (strict && apart.some((s) => v.includes(s))))) return undefined;
  return held;
}

/** Whether a place stands in quotes, or in what is typed. */
function quotes(pieces: string[], place: number): boolean {
  const text = pieces.slice(0, place + 1).join("");
  return text.split('"').length % 2 === 0 || text.split("`").length % 2 === 0;
}

const wide = "[\\u2e80-\\uffef]";
const letter = "[\\u2e80-\\u2fff\\u3040-\\ufeff]";
const tooWide = [new RegExp(`${wide} $`, "u"), new RegExp(`^${wide}`, "u"), new RegExp(`${wide}$`, "u"), new RegExp(`^ ${wide}`, "u")] as const;
const tooNarrow = [new RegExp(`${letter}$`, "u"), /^[a-zA-Z0-9$]/, /[a-zA-Z0-9$]$/, new RegExp(`^${letter}`, "u")] as const;

/** Writes b behind a, with the blanks that Chinese has: one beside Latin letters and figures, none between its own signs. */
function join(a: string, b: string): string {
  if (tooWide[0].test(a) && tooWide[1].test(b)) return a.slice(0, -1) + b;
  if (tooWide[2].test(a) && tooWide[3].test(b)) return a + b.slice(1);
  if ((tooNarrow[0].test(a) && tooNarrow[1].test(b)) || (tooNarrow[2].test(a) && tooNarrow[3].test(b))) return `${a} ${b}`;
  return a + b;
}
