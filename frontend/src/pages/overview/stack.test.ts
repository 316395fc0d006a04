import { expect, test } from "vitest";

import type { Group } from "../../api/queries";
import { stack } from "./stack";

const use = (day: string, key: string, more: Partial<Group>) => ({ day, key, name: key, ok: 0, failed: 0, cancelled: 0, interrupted: 0, cost_usd: 0, input_tokens: 0, cache_read_tokens: 0, cache_write_tokens: 0, output_tokens: 0, ...more }) as Group;
const since = new Date(2026, 1, 20).toISOString();

test("every day has its parts, those with most first, and what is left is one part", () => {
  const groups = [use("2026-02-20", "a", { cost_usd: 1 }), use("2026-03-01", "a", { cost_usd: 1 }), ..."bcdefg".split("").map((key, i) => use("2026-03-01", key, { cost_usd: 3 - i / 4 }))];
  const { days, parts } = stack(groups, since, "cost", (g) => g.name);
  expect(days).toHaveLength(30);
  expect(parts).toEqual(["b", "c", "d", "e", "a", ""]);
  expect(days[0]).toEqual({ day: "2026-02-20", values: [0, 0, 0, 0, 1, 0] });
  expect(days.find((d) => d.day === "2026-03-01")!.values).toEqual([3, 2.75, 2.5, 2.25, 1, 3.75]);
  expect(days.at(-1)!.day).toBe("2026-03-21");
});

test("requests are told apart by how they ended", () => {
  const { days } = stack([use("2026-02-21", "a", { ok: 3, failed: 1 }), use("2026-02-21", "b", { ok: 2, cancelled: 1 })], since, "requests", (g) => g.name);
  expect(days[1]!.values).toEqual([5, 2]);
});
