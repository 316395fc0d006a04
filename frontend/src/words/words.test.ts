import ts from "typescript";
import { describe, expect, test } from "vitest";

const sources = import.meta.glob<string>(["../**/*.{ts,tsx}", "!../**/*.test.ts", "!../**/*.d.ts", "!./**"], { query: "?raw", import: "default", eager: true });
const tables = import.meta.glob<Record<string, string>>("./*/*.json", { import: "default", eager: true });

/** Every text of the pages that a table must have, and where it stands. */
const texts = new Map<string, string>();
for (const [name, source] of Object.entries(sources)) {
  const file = ts.createSourceFile(name, source, ts.ScriptTarget.Latest, true, ts.ScriptKind.TSX);
  const add = (key: string, node: ts.Node) => texts.set(key, `${name}:${file.getLineAndCharacterOfPosition(node.getStart()).line + 1}`);
  const walk = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && ts.isIdentifier(node.expression)) {
      const [first, second, third] = node.arguments.map(literals);
      if (["t", "w"].includes(node.expression.text)) first?.forEach((s) => add(s, node));
      if (node.expression.text === "plural") {
        const many = third?.length ? third : second?.map((s) => `${s}s`);
        many?.forEach((s) => add(s.includes("{{count}}") ? s : `{{count}} ${s}`, node));
      }
    }
    if (ts.isJsxAttribute(node) && node.name.getText() === "text" && node.parent.parent.getText().startsWith("<Trans")) {
      const value = node.initializer;
      if (value) literals(ts.isJsxExpression(value) ? value.expression! : value).forEach((s) => add(s, node));
    }
    ts.forEachChild(node, walk);
  };
  walk(file);
}

/** The texts that an expression may be: a literal, or either side of a choice. */
function literals(node: ts.Expression): string[] {
  if (ts.isStringLiteralLike(node)) return [node.text];
  if (ts.isConditionalExpression(node)) return [...literals(node.whenTrue), ...literals(node.whenFalse)];
  if (ts.isParenthesizedExpression(node)) return literals(node.expression);
  return [];
}

/** Names of parts that HTML never puts anything into: what is in them would not be shown. */
const empty = /<(area|base|br|col|embed|hr|img|input|link|meta|param|source|track|wbr)>/;

test("parts have names that may hold something", () => expect([...texts].filter(([key]) => empty.test(key))).toEqual([]));

const places = (s: string) => [...s.matchAll(/\{\{\w+\}\}|<\/?\w+>/g)].map((m) => m[0]).sort();

const languages = [...new Set(Object.keys(tables).map((path) => path.split("/")[1]!))];

describe.each(languages)("%s", (language) => {
  const table = new Map<string, string>();
  const twice: string[] = [];
  for (const [path, own] of Object.entries(tables).filter(([path]) => path.startsWith(`./${language}/`))) {
    for (const [key, text] of Object.entries(own)) {
      if (table.has(key) && table.get(key) !== text) twice.push(`${path}: ${key}`);
      table.set(key, text);
    }
  }
  test("has every text of the pages", () => expect([...texts].filter(([key]) => !table.has(key)).map(([key, at]) => `${at}: ${key}`)).toEqual([]));
  test("has no text that no page has", () => expect([...table.keys()].filter((key) => !texts.has(key))).toEqual([]));
  test("says the same for the same everywhere", () => expect(twice).toEqual([]));
  test("keeps the places", () => expect([...table].filter(([key, text]) => String(places(key)) !== String(places(text))).map(([key]) => key)).toEqual([]));
});
