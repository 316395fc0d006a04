import createClient, { type Middleware } from "openapi-fetch";

import type { components, paths } from "./schema";
import { t } from "../words";
import { forgetToken, token } from "./session";

export type Schemas = components["schemas"];

/** An error of the control API: what happened, and what to do about it, each in a sentence. */
export class Problem extends Error {
  constructor(
    readonly status: number,
    readonly code: string,
    detail: string,
    readonly hint?: string,
  ) {
    super(detail);
    this.name = "Problem";
  }
}

/** The hint without the sentences that name a command: those are for who sits at a terminal, and the pages can do the same. */
export function forPage(hint: string | undefined): string | undefined {
  const kept = hint?.split(/(?<=[.!?])\s+/).filter((sentence) => !sentence.includes("`metapi"));
  return kept?.length ? kept.join(" ") : undefined;
}

/** Turns whatever was thrown into a problem that can be shown. */
export function asProblem(error: unknown): Problem {
  if (error instanceof Problem) return error;
  return new Problem(0, "unreachable", t("Metapi does not answer."), t("It may have been ended: start it again."));
}

const auth: Middleware = {
  onRequest({ request }) {
    const t = token();
    if (t !== null) request.headers.set("Authorization", `Bearer ${t}`);
    return request;
  },
  onResponse({ response }) {
    if (response.status === 401) forgetToken();
  },
};

const client = createClient<paths>({ baseUrl: "" });
client.use(auth);
export const { GET, POST, PUT, PATCH, DELETE } = client;

/** The data of an answer; a refusal is thrown as a [Problem]. */
export async function data<T>(answer: Promise<{ data?: T; error?: unknown; response: Response }>): Promise<T> {
  const { data, error, response } = await answer;
  if (error !== undefined || !response.ok) {
    const p = error as Partial<Schemas["Problem"]> | undefined;
    throw new Problem(response.status, p?.code ?? "internal", p?.detail ?? t("Metapi answered {{status}}.", { status: String(response.status) }), forPage(p?.hint));
  }
  return data as T;
}
