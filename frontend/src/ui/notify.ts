import { notifications } from "@mantine/notifications";
import type { ReactNode } from "react";

import { asProblem } from "../api/client";
import { say } from "../words";

export function tell(message: ReactNode, title?: string): void {
  notifications.show({ message, title, color: "teal", autoClose: 4000 });
}

export function warn(message: ReactNode, title?: string): void {
  notifications.show({ message, title, color: "yellow", autoClose: 10_000 });
}

/** Tells of a change that was refused. It stays until it is closed: it says what to do. */
export function refused(error: unknown): void {
  const p = asProblem(error);
  notifications.show({ id: p.message, title: say(p.message), message: say(p.hint ?? ""), color: "red", autoClose: false }); // each once, however often it is tried
}
