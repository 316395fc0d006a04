import type { Account } from "../../api/queries";

/** One place in the order: an account, or a pool of them. */
export interface Block {
  key: string;
  pool?: string;
  accounts: Account[];
}

/** The places of a list that is in order: those of a pool stand together in it. */
export function blocksOf(list: Account[]): Block[] {
  const blocks: Block[] = [];
  for (const a of list) {
    const last = blocks.at(-1);
    if (a.pool !== undefined && last?.pool === a.pool) last.accounts.push(a);
    else blocks.push({ key: a.pool === undefined ? a.id : `pool ${a.pool}`, pool: a.pool, accounts: [a] });
  }
  return blocks;
}

/** The list after a block has come to another place. */
export function moved(blocks: Block[], from: number, to: number): Account[] {
  const next = blocks.slice();
  next.splice(to, 0, ...next.splice(from, 1));
  return next.flatMap((b) => b.accounts);
}

/** What a place is called. */
export const nameOf = (b: Block): string => b.pool ?? b.accounts[0]!.name;
