// What a person copies for a relay is often more than the key: an address and a key in a chat message, two lines of a shell script,
// a curl command.

export interface Pasted {
  url: string;
  key?: string;
}

const address = /https?:\/\/[^\s"'`<>,;]+/i;
const keys = [
  /\b(?:authorization:\s*)?bearer\s+([^\s"'`]+)/i, // a header of a curl command
  /\b(?:x-api-key|x-goog-api-key|api-key)\s*:\s*([^\s"'`]+)/i,
  /\b\w*(?:key|token|secret)["']?\s*[=:：]\s*["']?([^\s"',;`]+)/i, // a line of a shell script, an .env file, JSON
  /(?:^|\s)(sk-[^\s"',;`]+)/,
];

/** Takes an address and the key beside it out of a pasted text; undefined where there is no address, and it may be a key as it is. */
export function takeApart(text: string): Pasted | undefined {
  const url = address.exec(text)?.[0];
  if (url === undefined) return undefined;
  const rest = text.replace(url, " ");
  const key = keys.map((form) => form.exec(rest)?.[1]).find((found) => found !== undefined) ?? rest.split(/\s+/).find((word) => /^[\w.-]{20,}$/.test(word));
  return { url: url.replace(/[.)\]}]+$/, ""), key };
}

/** Whether two addresses are of one host. */
export function sameHost(a: string | undefined, b: string | undefined): boolean {
  const host = (url: string | undefined) => (url && URL.canParse(url) ? new URL(url).host : undefined);
  return host(a) !== undefined && host(a) === host(b);
}
