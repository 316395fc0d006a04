import { expect, test } from "vitest";

import type { Schemas } from "../../api/client";
import { report } from "./report";

test("a report says what was tried, by provider and not by account", () => {
  const request = {
    row: { id: "r1", start: "2026-11-26T00:00:00Z", protocol: "openai-chat", stream: true, state: "failed", status: 429, error: "All are cooling." },
    record: {
      asked: "gpt-4o",
      mode: "failover",
      candidates: [{}, {}],
      attempts: [{ account: "a1", upstream: "gpt-4o", status: 429, took: 5e6, kind: "rate-limit", error: "Slow down." }],
      excluded: [{ account: "a2", reason: "no credit" }],
    },
  } as unknown as Schemas["Request"];
  expect(report(request, "1.0", (id) => ({ a1: "openai", a2: "gemini" })[id]!)).toBe(
    [
      "Metapi 1.0, request r1",
      "2026-11-26T00:00:00Z · asked for gpt-4o · openai-chat, streamed · failed",
      "The tool was told: 429 All are cooling.",
      "Mode: failover, 2 could serve",
      "1. openai, as gpt-4o: HTTP 429 after 5 ms (rate-limit: Slow down.)",
      "Left out: gemini: no credit",
    ].join("\n"),
  );
});
