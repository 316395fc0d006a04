import { expect, test } from "vitest";

import { type Event, events } from "./subscribe";

/** A stream of bytes, cut after each n of them: within lines, and within characters. */
function cut(text: string, n: number): ReadableStream<Uint8Array> {
  const bytes = new TextEncoder().encode(text);
  return new ReadableStream({
    start(c) {
      for (let i = 0; i < bytes.length; i += n) c.enqueue(bytes.slice(i, i + n));
      c.close();
    },
  });
}

test.each([1, 2, 3, 7, 10_000])("events are read whole, however they are cut (%i bytes at a time)", async (n) => {
  const text = 'data: {"type":"resync"}\n\n: alive\n\ndata: {"type":"request","request":{"client":"Grüße 世界"}}\n\ndata: {"type":"cha';
  const got: Event[] = [];
  for await (const e of events(cut(text, n))) got.push(e);
  expect(got).toEqual([{ type: "resync" }, { type: "request", request: { client: "Grüße 世界" } }]); // what is not whole is not told
});
