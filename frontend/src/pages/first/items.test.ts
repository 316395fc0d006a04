import { expect, test } from "vitest";

import { items, whose } from "./items";

test.each([
  ["", []],
  ["  sk-abc  ", [{ key: "sk-abc" }]],
  ['export OPENAI_API_KEY="sk-abc"', [{ key: 'export OPENAI_API_KEY="sk-abc"' }]],
  ['curl https://relay.example/v1/chat/completions \\\n  -H "Authorization: Bearer sk-abc" -d \'{}\'', [{ key: "sk-abc", url: "https://relay.example/v1/chat/completions" }]],
  ["OPENAI_BASE_URL=https://relay.example/v1\nOPENAI_API_KEY=sk-abc\n", [{ key: "sk-abc", url: "https://relay.example/v1" }]],
  ["# mine\nOPENAI_API_KEY=sk-abc\nDEBUG=1\nGROQ_API_KEY=gsk_abc\n", [{ key: "OPENAI_API_KEY=sk-abc" }, { key: "GROQ_API_KEY=gsk_abc" }]],
  ["OPENAI_API_KEY=sk-abc\nGROQ_API_KEY=gsk_abc\nOPENAI_BASE_URL=https://relay.example/v1", [{ key: "OPENAI_API_KEY=sk-abc", url: "https://relay.example/v1" }, { key: "GROQ_API_KEY=gsk_abc" }]],
])("the keys in %j", (text, want) => expect(items(text)).toEqual(want));

const openai = { provider: "openai", name: "OpenAI", why: "" };
const relay = { provider: "openai-compatible", name: "Relay", why: "" };
const providers = [{ id: "openai", name: "OpenAI", base_url: "https://api.openai.com/v1" }, { id: "openai-compatible", name: "OpenAI-compatible" }] as never[];

test("whose it is", () => {
  expect(whose({ key: "k" }, [openai], providers)).toBe(openai);
  expect(whose({ key: "k" }, [openai, relay], providers)).toBeUndefined();
  expect(whose({ key: "k", url: "https://relay.example/v1" }, [openai, relay], providers)).toBe(relay);
  expect(whose({ key: "k", url: "https://api.openai.com/v1/models" }, [openai, relay], providers)).toBe(openai);
});
