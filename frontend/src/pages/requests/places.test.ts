import { expect, test } from "vitest";

import { Places } from "./places";

const hour = (n: number, requests: number) => ({ start: n * 3600, requests });

test("every row has one place, whatever the hours hold", () => {
  const places = new Places([hour(1, 30), hour(2, 250), hour(7, 1), hour(8, 40)]);
  expect(places.total).toBe(321);
  expect([0, 1, 2, 3].map((s) => places.place(s))).toEqual([
    { since: "1970-01-01T01:00:00.000Z", skip: 0 },
    { since: "1970-01-01T02:00:00.000Z", skip: 70 },
    { since: "1970-01-01T02:00:00.000Z", skip: 170 },
    { since: "1970-01-01T08:00:00.000Z", skip: 19 },
  ]);
  expect(places.hour(280)).toBe("1970-01-01T07:00:00.000Z");
});

test("an hour that is cut begins at the cut; later ones do not", () => {
  const places = new Places([hour(1, 150), hour(2, 60)], "1970-01-01T01:20:00.000Z");
  expect(places.place(1)).toEqual({ since: "1970-01-01T01:20:00.000Z", skip: 100 });
  expect(places.place(2)).toEqual({ since: "1970-01-01T02:00:00.000Z", skip: 50 });
});

test("what comes later moves nothing", () => {
  const before = new Places([hour(1, 30), hour(2, 250)]);
  const later = new Places([hour(1, 30), hour(2, 260), hour(3, 5)]);
  for (const s of [0, 1, 2]) expect(later.place(s)).toEqual(before.place(s));
});

test("nothing at all", () => expect(new Places([]).total).toBe(0));
