// What a person pastes at first: a key, a line with it, a curl command, or an .env file with several.
import { sameHost, takeApart } from "../accounts/pasted";
import type { Schemas } from "../../api/client";

export interface Item {
  key: string;
  url?: string;
}

const assigned = /^\s*(?:export\s+|set\s+|\$env:)?\w*(?:KEY|TOKEN)\s*=\s*\S/i;

/** The keys in a pasted text, each with the address beside it. */
export function items(text: string): Item[] {
  const lines = text.split(/\r?\n/).filter((line) => assigned.test(line));
  const found = takeApart(text);
  if (found?.key !== undefined && lines.length < 2) return [{ key: found.key, url: found.url }];
  if (lines.length < 2) return text.trim() === "" ? [] : [{ key: text.trim() }];
  const address = (line: string) => {
    const name = /(\w+?)_(?:API_KEY|KEY|AUTH_TOKEN|TOKEN)\s*=/i.exec(line)?.[1]; // OPENAI_BASE_URL is beside OPENAI_API_KEY
    return name && new RegExp(`^\\s*(?:export\\s+|set\\s+|\\$env:)?\\w*${name}\\w*_(?:URL|BASE|ENDPOINT)\\s*=\\s*["']?([^\\s"']+)`, "im").exec(text)?.[1];
  };
  return lines.map((line) => ({ key: line.trim(), url: address(line) || undefined }));
}

type Proposal = Schemas["Proposal"];
type Provider = Schemas["ProviderInfo"];

/** Whose key it is, where that leaves no doubt: by itself, or by the address that came with it. */
export function whose(item: Item, proposals: Proposal[], providers: Provider[]): Proposal | undefined {
  if (proposals.length === 1) return proposals[0];
  if (item.url === undefined) return undefined;
  const home = (p: Proposal) => p.base_url || providers.find((q) => q.id === p.provider)?.base_url;
  return proposals.find((p) => sameHost(home(p), item.url)) ?? proposals.find((p) => !home(p));
}
