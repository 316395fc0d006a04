import { expect, test } from "vitest";

import type { DeploymentHealth, Model } from "../../api/queries";
import { best, filtered, group, sorted, type Wanted, withHealth } from "./names";

const model = (name: string, account: string, more: Partial<Model> = {}): Model => ({ name, model: name, account, provider: "openai", protocols: ["openai-chat"], last_seen: "", ...more });
const all = withHealth(
  group([
    model("a", "one", { input_usd: 3, output_usd: 9, context: 100, can: ["images"] }),
    model("a", "two", { input_usd: 2, output_usd: 9, provider: "openrouter" }),
    model("b", "one", { input_usd: 0, output_usd: 0, price_free: true }),
    model("c", "one"),
    model("d", "one", { gone: "2026-01-01T00:00:00Z" }),
  ]),
  [{ name: "c", account: "one", available: 0.9, first_p50_ms: 300 } as DeploymentHealth],
);
const names = (list: { name: string }[]) => list.map((n) => n.name).join("");
const any: Wanted = { words: "", accounts: [], provider: null, traits: [], gone: false };

test.each<[Partial<Wanted>, string]>([
  [{}, "abc"],
  [{ gone: true }, "abcd"],
  [{ words: "two A" }, "a"],
  [{ accounts: ["two"] }, "a"],
  [{ provider: "openrouter" }, "a"],
  [{ traits: ["priced"] }, "ab"],
  [{ traits: ["free"] }, "b"],
  [{ traits: ["images", "talks"] }, "a"],
  [{ traits: ["asked"] }, "c"],
])("%j leaves %s", (wanted, left) => expect(names(filtered(all, { ...any, ...wanted }))).toBe(left));

test("sorted, what is not known last", () => {
  expect(names(sorted(all, { by: "input", down: false }))).toBe("bacd");
  expect(names(sorted(all, { by: "input", down: true }))).toBe("abcd");
  expect(names(sorted(all, { by: "first", down: false }))[0]).toBe("c");
  expect(names(sorted(all, { by: "name", down: true }))).toBe("dcba");
});

test.each([
  [[3, 2, undefined], true, [1]],
  [[3, 2, 3], false, [0, 2]],
  [[2, 2], true, []],
  [[2, undefined], true, []],
])("the best of %j", (values, less, want) => expect([...best(values, less)]).toEqual(want));
