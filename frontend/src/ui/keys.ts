const apple = /Mac/.test(navigator.platform);

/** A key that is pressed together with the one that commands: as it stands on the keyboard of this machine. */
export function withMod(key: string): string {
  return apple ? `⌘${key}` : `Ctrl+${key}`;
}
