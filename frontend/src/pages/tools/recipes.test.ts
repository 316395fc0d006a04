import { describe, expect, test } from "vitest";

import { recipes } from "./recipes";

const setUp = { at: "127.0.0.1:4747", key: "mp-key", model: "house/model-1" };

describe.each([false, true])("on Windows: %s", (windows) => {
  test.each(recipes)("$name has the address and the key", ({ text }) => {
    const it = text({ ...setUp, windows });
    expect(it).toContain("127.0.0.1:4747");
    expect(it).toContain("mp-key");
    expect(windows && it.includes("export ")).toBe(false);
    expect(it).not.toMatch(/MODEL-NAME|undefined/);
  });
});

test("what is for a shell is for the user's", () => {
  const claude = recipes.find((r) => r.id === "claude-code")!;
  expect(claude.text({ ...setUp, windows: true })).toContain('$env:ANTHROPIC_BASE_URL = "http://127.0.0.1:4747"');
  expect(claude.text({ ...setUp, windows: false })).toContain("export ANTHROPIC_BASE_URL=http://127.0.0.1:4747");
  const other = recipes.find((r) => r.id === "curl")!;
  expect(other.text({ ...setUp, windows: false })).toMatch(/^curl [^]*"model":"house\/model-1"/);
  expect(other.text({ ...setUp, windows: true })).toMatch(/^Invoke-RestMethod /);
});
