import { expect, test } from "vitest";

import type { Schemas } from "./client";
import { Lately, longestPage, tooLong, withRow } from "./rows";

const row = (id: string, state = "ok") => ({ id, state }) as Schemas["Row"];
const list = (...pages: [string[], string?][]) => ({
  pages: pages.map(([ids, next]) => ({ rows: ids.map((id) => row(id)), next })),
  pageParams: pages.map(() => undefined),
});
const ids = (l: ReturnType<typeof list>) => l.pages.map((p) => p.rows.map((r) => r.id).join(""));

test("a row goes where its time puts it", () => {
  expect(ids(withRow(list([["d", "b"], "x"], [["a"]]), row("e")) as never)).toEqual(["edb", "a"]);
  expect(ids(withRow(list([["d", "b"], "x"], [["a"]]), row("c")) as never)).toEqual(["dcb", "a"]);
  expect(ids(withRow(list([["d", "c"], "x"]), row("a")) as never)).toEqual(["dc"]);
  expect(ids(withRow(list([[]]), row("a")) as never)).toEqual(["a"]);
});

test("a row takes its own place, and what has ended does not run again", () => {
  const before = list([["b", "a"]]);
  expect(withRow(before, row("a", "failed")).pages[0]!.rows![1]!.state).toBe("failed");
  expect(withRow(before, row("a", "running")).pages[0]!.rows![1]!.state).toBe("ok");
  expect(before.pages[0]!.rows[1]!.state).toBe("ok");
});

test("a page that has grown too long is known", () => {
  const many = Array.from({ length: longestPage }, (_, i) => String(i));
  expect(tooLong(list([many]))).toBe(false);
  expect(tooLong(list([[...many, "one more"]]))).toBe(true);
  expect(tooLong(undefined)).toBe(false);
});

test("what comes while a page is read is not lost, and what came before is not brought back", () => {
  const lately = new Lately(2);
  lately.add(row("z"), 1);
  lately.add(row("b"), 10);
  lately.add(row("c"), 20);
  const page = lately.after({ rows: [row("a")] }, 10);
  expect(page.rows!.map((r) => r.id)).toEqual(["c", "b", "a"]);
});
