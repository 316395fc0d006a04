import { expect, test } from "vitest";

import { diff } from "./diff";

const said = (before: string, after: string) => diff(before, after).map((l) => l.sign + l.text);

test.each([
  ["a line changes", "a\nb\nc\n", "a\nB\nc\n", ["a", "−b", "+B", "c"]],
  ["lines come at the end", "a\n", "a\nb\nc\n", ["a", "+b", "+c"]],
  ["a line goes that stands twice", "a\na\nb\n", "a\nb\n", ["a", "−a", "b"]],
  ["all of it comes", "", "a\n", ["+a"]],
  ["nothing changes", "a\n", "a\n", ["a"]],
])("%s", (_, before, after, want) => expect(said(before, after)).toEqual(want));
