import { afterAll, expect, test } from "vitest";

import { ago, dollars, duration, showIn } from "../format";
import { plural, speak, t } from ".";

afterAll(() => speak("en"));

test("English is what the source says", () => {
  expect(plural(1, "request")).toBe("1 request");
  expect(plural(2000, "request")).toBe("2,000 requests");
  expect(plural(2, "{{count}} of <b> runs", "{{count}} of {{name}} run", { name: "<b> & {{c}}" })).toBe("2 of <b> & {{c}} run");
  expect(t("{{n}} ms", { n: 2000 })).toBe("2,000 ms");
});

test("another language is spoken from then on", async () => {
  await speak("zh-Hans");
  expect([plural(1, "request"), plural(2000, "request")]).toEqual(["1 个请求", "2,000 个请求"]);
  expect([t("just now"), duration(61_000), ago("2026-01-02T11:59:00Z", Date.parse("2026-01-02T12:00:00Z"))]).toEqual(["刚刚", "1 分 1 秒", "1分钟前"]);
  showIn("EUR", 2);
  expect(dollars(-3)).toBe("−€6.00");
  showIn("", 0);
});
