// What a person reads, in their language. English is what the source says; every other language is a folder of tables beside this file, from
// English to its own words. words.test.ts finds what a table lacks. Another language is another folder, and a line in `languages`.
//
//   t("Move")                                                   a text
//   t("Served at port {{port}}.", { port })                     with places; figures in them are written as the locale writes them
//   plural(n, "request")                                        "1 request", "2,000 requests"; the table has "{{count}} requests"
//   plural(n, "{{count}} request runs", "{{count}} requests run")
//   <Trans text="See the <to>settings</to>." parts={{ to: <Anchor href="..." /> }} />
//   w("Overview")                                               marks a text that stands in data, for t(name) where it is shown
//   say(sentence)                                               what Metapi itself says: errors, reasons, meanings
//
// They are called while something is drawn, never when a module is loaded: the language changes, and then all is drawn anew.
import i18next, { type FormatterModule } from "i18next";
import { type ReactElement, useEffect, useState } from "react";
import { initReactI18next, Trans as Parts } from "react-i18next";

import { learn } from "./say";

export { say } from "./say";

export const languages = [
  { code: "en", name: "English" },
  { code: "zh-Hans", name: "简体中文" },
] as const;

export type Language = (typeof languages)[number]["code"];

type Table = Record<string, string>;
const tables = import.meta.glob<Table>("./*/*.json", { import: "default" });

/** Figures in texts are written as the locale writes them. */
const figures: FormatterModule = {
  type: "formatter",
  init: () => undefined,
  add: () => undefined,
  addCached: () => undefined,
  format: (v: unknown) => (typeof v === "number" ? v.toLocaleString(locale()) : String(v)),
};

void i18next.use(initReactI18next).use(figures).init({
  lng: "en",
  fallbackLng: false,
  resources: {},
  keySeparator: false,
  nsSeparator: false,
  interpolation: { escapeValue: false, alwaysFormat: true },
});

let chosen: string = "system";

/** The language that is spoken now. */
export const language = (): Language => i18next.language as Language;

/** How the user writes numbers, money and times: as their system says, unless they chose a language that it does not know. */
export function locale(): string {
  const known = preferred();
  if (chosen === "system") return known[0] ?? "en-US";
  return known.find((l) => base(l) === base(chosen)) ?? chosen;
}

const base = (code: string) => code.split("-")[0];
const preferred = (): readonly string[] => (typeof navigator === "undefined" ? [] : (navigator.languages ?? []).filter(known));

/** The window of a desktop in the "C" locale names one that no figure can be written in. */
const known = (language: string): boolean => {
  try {
    return Intl.getCanonicalLocales(language).length > 0;
  } catch {
    return false;
  }
};

const remembered = "metapi:language";

/** Speaks what was spoken last, before anything is drawn: the setting itself comes only with Metapi's answer. */
export const speakAsBefore = (): Promise<void> => speak(localStorage.getItem(remembered) ?? "system");

/** Speaks what the setting says from now on; the code changes once it does. */
export function useSpeech(setting: string | undefined): Language {
  const [code, setCode] = useState(language());
  useEffect(() => {
    if (setting === undefined) return;
    localStorage.setItem(remembered, setting);
    void speak(setting).then(() => setCode(language()));
  }, [setting]);
  useEffect(() => {
    document.documentElement.lang = code;
  }, [code]);
  return code;
}

/** Speaks a language from now on; "system" is the first of the user's that there is a table for. */
export async function speak(setting: string): Promise<void> {
  const code = setting === "system" ? (preferred().map((l) => languages.find((k) => base(k.code) === base(l))).find(Boolean)?.code ?? "en") : setting;
  const own = Object.entries(tables).filter(([path]) => path.startsWith(`./${code}/`));
  for (const table of await Promise.all(own.map(([, load]) => load()))) i18next.addResources(code, "translation", table);
  await learn(code);
  chosen = setting;
  await i18next.changeLanguage(code);
}

type Values = Record<string, string | number>;

export const t = (text: string, values?: Values): string => i18next.t(text, values);

export const w = (text: string): string => text;

/** A number of things. The forms are nouns behind the number, or whole sentences with {{count}} in them. */
export function plural(n: number, one: string, many = `${one}s`, values?: Values): string {
  const whole = (form: string) => (form.includes("{{count}}") ? form : `{{count}} ${form}`);
  return i18next.t(whole(many), { ...values, count: n, defaultValue_one: whole(one), defaultValue_other: whole(many) });
}

/** A text with parts that are more than text: a link, a key, a bold word. */
export function Trans({ text, parts, values }: { text: string; parts: Record<string, ReactElement>; values?: Values }) {
  return <Parts i18n={i18next} i18nKey={text} defaults={text} components={parts} values={values} />;
}
