import { describe, expect, test } from "vitest";

import { ago, compact, duration, left, money, rate, showIn, size, until } from "./format";

describe("money says how far it can be trusted", () => {
  test.each([
    [{ usd: 0 }, "$0"],
    [{ usd: 1234.5 }, "$1,234.50"],
    [{ usd: 0.5 }, "$0.50"],
    [{ usd: 0.0031 }, "$0.0031"],
    [{ usd: 0.05 }, "$0.05"],
    [{ usd: 0.00001 }, "< $0.0001"],
    [{ usd: 0.25, estimated: true }, "≈ $0.25"],
    [{ usd: 0.25, estimated: true, partial: true }, "≥ $0.25"],
    [{ usd: 0, partial: true }, "–"],
    [{ usd: null }, "–"],
  ])("%j is %s", (given, want) => expect(money(given)).toBe(want));
});

test("what is left is told in its own currencies", () =>
  expect(
    left([
      { currency: "CNY", value: 1110 },
      { currency: "USD", value: -0.5 },
    ]),
  ).toBe("1,110.00 CNY and -0.50 USD"));

test.each([
  [undefined, "–"],
  [0, "free"],
  [2.5, "$2.50"],
  [0.075, "$0.075"],
])("a rate of %s is %s", (given, want) => expect(rate(given)).toBe(want));

test.each([
  [0.2, "< 1 ms"],
  [850, "850 ms"],
  [1250, "1.3 s"],
  [59_900, "60 s"],
  [61_000, "1 min 1 s"],
])("%s ms is %s", (given, want) => expect(duration(given)).toBe(want));

test.each([
  [950, "950"],
  [12_345, "12.3K"],
  [2_100_000, "2.1M"],
])("%s in short is %s", (given, want) => expect(compact(given)).toBe(want));

test.each([
  [undefined, "–"],
  [8192, "8k"],
  [200_000, "200k"],
  [1_048_576, "1M"],
])("a context of %s is %s", (given, want) => expect(size(given)).toBe(want));

describe("times in words", () => {
  const now = Date.parse("2026-01-02T12:00:00Z");
  test.each([
    [undefined, "never"],
    ["2026-01-02T11:59:58Z", "just now"],
    ["2026-01-02T11:59:00Z", "1 minute ago"],
    ["2026-01-02T09:00:00Z", "3 hours ago"],
    ["2025-12-30T12:00:00Z", "3 days ago"],
  ])("%s was %s", (given, want) => expect(ago(given, now)).toBe(want));
  test("what is over is now", () => expect(until("2026-01-02T11:00:00Z", now)).toBe("now"));
  test("what is to come has its time", () => expect(until("2026-01-02T12:00:30Z", now)).toBe("in 30 s"));
});

test("money may be shown in another currency, at a rate that a person has typed", () => {
  showIn("EUR", 0.5);
  expect([money({ usd: 3 }), money({ usd: 0.005 }), money({ usd: -3 })]).toEqual(["€1.50", "€0.0025", "−€1.50"]);
  showIn("CHF", 2);
  expect(money({ usd: 1 })).toBe("CHF\u00a02.00");
  showIn("", 0);
  expect(money({ usd: 3 })).toBe("$3.00");
});
