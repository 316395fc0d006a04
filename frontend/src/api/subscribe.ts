import type { Schemas } from "./client";
import { inWindow, token } from "./session";

export type Event = Schemas["Event"];
export type Link = "open" | "lost";

const firstWait = 500;
const longestWait = 10_000;

/**
 * Calls fn with each live event until the returned function is called. In the window events come through its runtime, in a
 * browser as Server-Sent Events over fetch (an EventSource could not send the token). A lost connection is taken up again,
 * and the first event of each is "resync".
 */
export function subscribe(fn: (event: Event) => void, link: (state: Link) => void): () => void {
  return inWindow() ? fromWindow(fn, link) : fromStream(fn, link);
}

function fromWindow(fn: (event: Event) => void, link: (state: Link) => void): () => void {
  const off = window.runtime!.EventsOn("metapi", (event: Event) => {
    link("open");
    fn(event);
  });
  const offLost = window.runtime!.EventsOn("metapi:lost", () => link("lost"));
  // What a person sees here, the desktop need not tell them.
  const front = () => window.runtime!.EventsEmit("metapi:front", document.hasFocus());
  front();
  window.addEventListener("focus", front);
  window.addEventListener("blur", front);
  return () => {
    off();
    offLost();
    window.removeEventListener("focus", front);
    window.removeEventListener("blur", front);
  };
}

function fromStream(fn: (event: Event) => void, link: (state: Link) => void): () => void {
  const stop = new AbortController();
  void (async () => {
    for (let wait = firstWait; !stop.signal.aborted; wait = Math.min(2 * wait, longestWait)) {
      try {
        const answer = await fetch("/api/events", {
          headers: { Authorization: `Bearer ${token() ?? ""}` },
          signal: stop.signal,
        });
        if (answer.status === 401) {
          fn({ type: "resync" }); // whoever reads something finds out, and says so
          link("lost");
          return;
        }
        if (answer.ok && answer.body !== null) {
          link("open");
          for await (const event of events(answer.body)) {
            wait = firstWait;
            fn(event);
          }
        }
      } catch {
        // the connection is gone; below it is tried again
      }
      if (stop.signal.aborted) return;
      link("lost");
      await new Promise((resolve) => setTimeout(resolve, wait));
    }
  })();
  return () => stop.abort();
}

/** Reads events from the lines of a stream. */
export async function* events(body: ReadableStream<Uint8Array>): AsyncGenerator<Event> {
  const reader = body.pipeThrough(new TextDecoderStream() as TransformStream<Uint8Array, string>).getReader();
  let rest = "";
  for (;;) {
    const { done, value } = await reader.read();
    if (done) return;
    const lines = (rest + value).split("\n");
    rest = lines.pop() ?? "";
    for (const line of lines) {
      if (line.startsWith("data: ")) yield JSON.parse(line.slice(6)) as Event;
    }
  }
}
