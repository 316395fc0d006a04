// Rows of requests that come as live events, and the lists that they are put into.
import type { InfiniteData } from "@tanstack/react-query";

import type { Schemas } from "./client";

type Row = Schemas["Row"];
type Page = Schemas["Requests"];
export type List = InfiniteData<Page>;

/** Puts a row where it belongs in a list that is newest first: ids are ordered by time. */
export function withRow(list: List, row: Row): List {
  const pages = list.pages.map((page) => ({ ...page, rows: [...(page.rows ?? [])] }));
  for (const { rows } of pages) {
    const at = rows.findIndex((other) => other.id <= row.id);
    if (at < 0) continue;
    if (rows[at]!.id !== row.id) rows.splice(at, 0, row);
    else if (row.state !== "running" || rows[at]!.state === "running") rows[at] = row; // what has ended does not run again
    return { ...list, pages };
  }
  const last = pages.at(-1);
  if (last !== undefined && last.next === undefined) last.rows.push(row); // else it is on a page that nobody has asked for
  return { ...list, pages };
}

/** How many rows the newest page may grow to by events. A longer one is read again, and begins with as many as were asked for. */
export const longestPage = 300;

export const tooLong = (list: List | undefined): boolean => (list?.pages[0]?.rows?.length ?? 0) > longestPage;

/** The rows that came lately, so that a page that was being read meanwhile does not lose them again. */
export class Lately {
  private rows: { at: number; row: Row }[] = [];

  constructor(private readonly most = 256) {}

  add(row: Row, at = Date.now()): void {
    this.rows.push({ at, row });
    if (this.rows.length > this.most) this.rows.shift();
  }

  /** A first page with what has come since it was asked for. */
  after(page: Page, asked: number): Page {
    let list: List = { pages: [page], pageParams: [undefined] };
    for (const { at, row } of this.rows) if (at >= asked) list = withRow(list, row);
    return list.pages[0]!;
  }
}
