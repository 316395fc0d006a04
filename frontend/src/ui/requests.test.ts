import { expect, test } from "vitest";

import { addressOf, askedOf, choiceOf, type Filter } from "./requests";

const filters: Filter[] = [{}, { state: "failed" }, { client: "c 1", model: "vendor/model+x 50%&=", time: "7d" }, { since: "2026-11-26T08:00:00.000Z", until: "2026-11-27T08:00:00.000Z" }];

test.each(filters)("a filter is in the address: %j", (filter) => {
  for (const id of ["", "0123456789abcdefghjk"]) expect(askedOf(addressOf(filter, id).replace(/^\/requests\/?/, ""))).toEqual({ filter, id });
});

test("a time moves on with the clock", () => {
  const now = Date.parse("2026-11-26T12:34:56.789Z");
  expect(choiceOf({ state: "ok", time: "24h" }, now)).toEqual({ state: "ok", since: "2026-11-25T12:00:00.000Z" });
  expect(choiceOf({ since: "2026-11-01T00:00:00.000Z" }, now)).toEqual({ since: "2026-11-01T00:00:00.000Z" });
});
