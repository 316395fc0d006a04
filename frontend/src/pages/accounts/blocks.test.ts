import { expect, test } from "vitest";

import type { Account } from "../../api/queries";
import { blocksOf, moved } from "./blocks";

const account = (id: string, pool?: string) => ({ id, name: id, pool }) as Account;

test("a pool has one place, and moves as a whole", () => {
  const blocks = blocksOf([account("a"), account("b", "p"), account("c", "p"), account("d")]);
  expect(blocks.map((b) => b.accounts.map((a) => a.id).join(""))).toEqual(["a", "bc", "d"]);
  expect(moved(blocks, 1, 2).map((a) => a.id)).toEqual(["a", "d", "b", "c"]);
  expect(moved(blocks, 2, 0).map((a) => a.id)).toEqual(["d", "a", "b", "c"]);
});
