import type { MouseEvent } from "react";

/** Opens a link to elsewhere in the user's browser, and never in the window. */
export function openLink(e: MouseEvent<HTMLAnchorElement>): void {
  e.preventDefault();
  const url = e.currentTarget.href;
  if (window.runtime !== undefined) window.runtime.BrowserOpenURL(url);
  else window.open(url, "_blank", "noopener,noreferrer");
}
