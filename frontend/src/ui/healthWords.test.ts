import { describe, expect, test } from "vitest";

import type { Vitals } from "../api/queries";
import { inWords, percent, place, waits } from "./healthWords";

const known: Vitals = {
  in_flight: 0,
  attempts: 40,
  available: 0.925,
  errors: [{ kind: "rate-limited", why: "a rate limit", share: 0.075 }],
  first_p50_ms: 400,
  first_p95_ms: 1200,
  took_p50_ms: 5000,
  took_p95_ms: 20_000,
  tokens_per_second: 84.6,
  last_error: { kind: "rate-limited", message: "Slow down.", at: "2026-01-02T03:04:05Z" },
};

describe("health in words", () => {
  test("all that is known is said, and nothing that is not", () => {
    expect(inWords(known)).toBe(
      "Answered 93 % of attempts. Failed of a rate limit (7.5 %). First token within 400 ms for half, 1.2 s for 19 of 20. Whole reply within 5 s for half, 20 s for 19 of 20. 85 tokens a second. Last failure: Slow down.",
    );
    expect(inWords({ in_flight: 0, attempts: 0 })).toBe("Not asked lately.");
    expect(inWords({ in_flight: 0, attempts: 2, available: 1 })).toBe("Answered 100 % of attempts. Nothing failed lately.");
  });

  test("all is said only of all", () => {
    expect([1, 0.9999, 0.994, 0.984, 0.5, 0.012, 0].map(percent)).toEqual(["100 %", "99.9 %", "99.4 %", "98 %", "50 %", "1.2 %", "0 %"]);
  });

  test("who streams nothing is shown by whole replies", () => {
    expect(waits(known)?.what).toBe("first token in {{time}}");
    expect(waits({ in_flight: 0, attempts: 1, took_p50_ms: 5, took_p95_ms: 9 })).toEqual({ half: 5, most: 9, what: "whole reply in {{time}}" });
    expect(waits({ in_flight: 0, attempts: 1 })).toBeUndefined();
  });

  test("times have a place on the scale, however short or long", () => {
    expect([1, 100, 60_000, 1e9].map(place)).toEqual([0, 0, 1, 1]);
    expect(place(400)).toBeLessThan(place(1200));
  });
});
