import { describe, expect, test } from "vitest";

import { recipeFor, recipes } from "./recipes";

const setUp = { at: "127.0.0.1:4747", key: "mp-key", model: "house/model-1", context: 200_000 };

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

const text = (id: string, windows = false) => recipes.find((r) => r.id === id)!.text({ ...setUp, windows });

/** What a text has of JSON: from its first brace to its last. */
const json = (text: string) => JSON.parse(text.slice(text.indexOf("{"), text.lastIndexOf("}") + 1)) as unknown;

test("settings are whole, and name a model where the tool asks for none by itself", () => {
  const model = { name: "house/model-1", display_name: "house/model-1", max_tokens: 200_000 };
  expect(json(text("zed"))).toEqual({ language_models: { openai_compatible: { Metapi: { api_url: "http://127.0.0.1:4747/v1", available_models: [model] } } } });
  expect(json(text("opencode"))).toHaveProperty(["provider", "metapi", "models", "house/model-1"]);
  expect(text("continue")).toMatch(/^# ~\/\.continue\/config\.yaml\n[^]*model: "house\/model-1"\n {4}apiBase: http:\/\/127\.0\.0\.1:4747\/v1\n {4}apiKey: mp-key\n/);
  expect(text("continue", true)).toMatch(/^# %USERPROFILE%\\\.continue\\config\.yaml\n/);
  expect(text("qwen-code")).toContain("export OPENAI_MODEL=house/model-1");
});

test("an address ends as each SDK wants it", () => {
  expect(text("openai")).toMatch(/OPENAI_BASE_URL=http:\/\/127\.0\.0\.1:4747\/v1$/m);
  expect(text("anthropic")).toMatch(/ANTHROPIC_BASE_URL=http:\/\/127\.0\.0\.1:4747$/m);
  expect(text("gemini")).toMatch(/GOOGLE_GEMINI_BASE_URL=http:\/\/127\.0\.0\.1:4747$/m);
});

test.each([
  ["Claude Code", "claude-code"],
  ["claude at work", "claude-code"],
  ["Gemini SDK", "gemini"],
  ["Gemini CLI", "gemini-cli"],
  ["My Qwen", "qwen-code"],
  ["OpenAI SDKs", "openai"],
  ["Organized notes", "curl"],
])("the set-up of %s is that of %s", (name, id) => expect(recipeFor(name)).toBe(id));
