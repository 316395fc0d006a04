// The part of the window's runtime that the pages use: https://wails.io/docs/reference/runtime/intro
interface Window {
  runtime?: {
    EventsEmit(name: string, ...data: unknown[]): void;
    EventsOn(name: string, fn: (data: never) => void): () => void;
    BrowserOpenURL(url: string): void;
    ClipboardSetText(text: string): Promise<boolean>;
  };
}
