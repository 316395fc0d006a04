import { expect, test } from "vitest";

import { sameHost, takeApart } from "./pasted";

const url = "https://relay.example/v1";
test.each([
  ["https://relay.example/v1", { url, key: undefined }],
  ["https://relay.example/v1 sk-abcdefgh0123456789", { url, key: "sk-abcdefgh0123456789" }],
  ["Address: https://relay.example/v1\nKey: sk-abcdefgh0123456789", { url, key: "sk-abcdefgh0123456789" }],
  ['export OPENAI_BASE_URL="https://relay.example/v1"\nexport OPENAI_API_KEY="abc=="', { url, key: "abc==" }],
  ['{"base_url": "https://relay.example/v1", "api_key": "hk_1"}', { url, key: "hk_1" }],
  ['curl https://relay.example/v1/chat/completions -H "Authorization: Bearer hk_2" -d \'{}\'', { url: url + "/chat/completions", key: "hk_2" }],
  ["Use https://relay.example/v1. with 0123456789abcdef0123456789abcdef", { url, key: "0123456789abcdef0123456789abcdef" }],
])("%s", (text, want) => expect(takeApart(text)).toEqual(want));

test.each(["sk-proj-abc", 'export OPENAI_API_KEY="sk-abc"', ""])("no address: %s", (text) => expect(takeApart(text)).toBeUndefined());

test("hosts", () => {
  expect(sameHost("https://api.openai.com/v1", "https://api.openai.com")).toBe(true);
  expect(sameHost("https://relay.example", "https://api.openai.com")).toBe(false);
  expect(sameHost("", undefined)).toBe(false);
});
