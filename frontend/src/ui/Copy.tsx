import { ActionIcon, Button, Tooltip } from "@mantine/core";
import { IconCheck, IconCopy } from "@tabler/icons-react";
import { useEffect, useRef, useState } from "react";

import { inWindow } from "../api/session";
import { t, w } from "../words";

/** Copies to the clipboard: in the window through its runtime, since WebKit gives pages of its own scheme no clipboard. */
export async function copy(text: string): Promise<boolean> {
  try {
    if (inWindow()) return await window.runtime!.ClipboardSetText(text);
    await navigator.clipboard.writeText(text);
    return true;
  } catch {
    return false;
  }
}

function useCopy(text: string) {
  const [state, setState] = useState<"idle" | "copied" | "failed">("idle");
  const timer = useRef<ReturnType<typeof setTimeout>>(undefined);
  useEffect(() => () => clearTimeout(timer.current), []);
  const run = async () => {
    setState((await copy(text)) ? "copied" : "failed");
    clearTimeout(timer.current);
    timer.current = setTimeout(() => setState("idle"), 1500);
  };
  return { state, run };
}

const words = { idle: w("Copy"), copied: w("Copied"), failed: w("The clipboard cannot be reached: select the text and copy it") };

/** A small button that copies text; label says what, for who cannot see beside what it stands. */
export function CopyIcon({ text, label }: { text: string; label: string }) {
  const { state, run } = useCopy(text);
  return (
    <Tooltip label={t(words[state])}>
      <ActionIcon variant="subtle" color={state === "copied" ? "teal" : "gray"} onClick={run} aria-label={t("Copy {{what}}", { what: label })}>
        {state === "copied" ? <IconCheck size={16} /> : <IconCopy size={16} />}
      </ActionIcon>
    </Tooltip>
  );
}

export function CopyButton({ text, children }: { text: string; children: string }) {
  const { state, run } = useCopy(text);
  return (
    <Button variant="light" onClick={run} leftSection={state === "copied" ? <IconCheck size={16} /> : <IconCopy size={16} />}>
      {state === "idle" ? children : t(words[state])}
    </Button>
  );
}
