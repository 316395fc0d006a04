import { expect, test } from "vitest";

import { asText, type Check, groups, type Report, verdict } from "./report";

const check = (name: string, state: Check["state"], group = "Metapi"): Check => ({ name, group, state, detail: `about ${name}` });
const report = (running: boolean, ...checks: Check[]): Report => ({ ok: false, running, version: 1, checks });

test("the verdict names the worst first", () => {
  expect(verdict(report(true, check("a", "ok"), check("b", "running")))).toBe("Looking: 1 of 2 done");
  expect(verdict(report(false, check("a", "ok")))).toBe("Nothing stands in the way");
  expect(verdict(report(false, check("a", "ok"), check("b", "warn")))).toBe("Nothing has failed; 1 thing deserves a look");
  expect(verdict(report(false, check("a", "fail"), check("b", "fail"), check("c", "warn"), check("d", "warn")))).toBe("2 things have failed, and 2 things deserve a look");
  expect(verdict(report(false, check("a", "fail")))).toBe("1 thing has failed");
  expect(verdict(report(false, check("a", "stopped"), check("b", "warn")))).toBe("Stopped before all was looked at");
});

test("groups keep the order of the report", () => {
  const found = groups(report(false, check("a", "ok", "X"), check("b", "ok", "Y"), check("c", "ok", "X")));
  expect(found.map(([g, list]) => `${g}:${list.map((c) => c.name).join("")}`)).toEqual(["X:ac", "Y:b"]);
});

test("the text has what was found and what to do", () => {
  const text = asText(report(false, { ...check("disk", "warn"), next: "Free some.", command: "rm it" }), "v1");
  expect(text).toContain("Metapi v1");
  expect(text).toMatch(/Look at this +disk: about disk\n +-> Free some\.\n +rm it\n/);
});
