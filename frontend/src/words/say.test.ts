import { afterEach, expect, it } from "vitest";

import shared from "../../../backend/words/testdata/cases.json";
import { learn, say, Table } from "./say";

afterEach(() => learn("en"));

it("says the same as its twin", () => {
  const table = new Table(shared.table);
  for (const [english = "", said] of shared.cases) expect(table.say(english, 0, 12).said).toBe(said);
});

it("says what it has learned, and English where it has learned nothing", async () => {
  const sentence = 'The key "notes" was revoked on 2026-01-02. It is empty.';
  expect(say(sentence)).toBe(sentence);
  await learn("zh-Hans");
  expect(say(sentence)).toBe("密钥「notes」已于 2026-01-02 吊销。内容为空。");
  expect(say("A word that nobody knows.")).toBe("A word that nobody knows.");
});

it("does not work long on what is hostile", async () => {
  await learn("zh-Hans");
  for (const part of ["the account was not added: ", "a; b, c: d. ", "would cost ", '" ']) {
    const text = part.repeat(Math.floor(4000 / part.length));
    const began = Date.now();
    say(text);
    expect(Date.now() - began).toBeLessThan(10_000); // it takes some hundredths of a second
  }
});
