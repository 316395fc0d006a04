// How this page is let in. In the window it is in already. In a browser it comes by a link whose code, in the fragment
// (which browsers keep to themselves), is traded once for a token. The token stays in this tab's session storage: it is
// bound to this address and port, which a cookie would not be.
import { t } from "../words";

const place = "metapi.token";

export function inWindow(): boolean {
  return window.runtime !== undefined;
}

export function token(): string | null {
  return inWindow() ? null : sessionStorage.getItem(place);
}

export function forgetToken(): void {
  sessionStorage.removeItem(place);
}

/** Trades the code in the address, if there is one, for a token. Returns why that failed, or null. */
export async function enter(): Promise<string | null> {
  const code = /^#code=([\w-]+)$/.exec(location.hash)?.[1];
  if (code === undefined) return null;
  history.replaceState(null, "", location.pathname + "#/");
  try {
    const answer = await fetch("/api/session", {
      method: "POST",
      headers: { "Content-Type": "application/json" },
      body: JSON.stringify({ code }),
    });
    const body = (await answer.json()) as { token?: string; detail?: string; hint?: string };
    if (body.token === undefined) return [body.detail, body.hint].filter(Boolean).join(" ");
    sessionStorage.setItem(place, body.token);
    return null;
  } catch {
    return t("Metapi does not answer at this address.");
  }
}
