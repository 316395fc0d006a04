import { Group, Kbd, Modal, Stack, Text } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { useState } from "react";

import { withMod } from "../ui/keys";
import { t } from "../words";
import { pages } from "./pages";

/** The key, pressed together with the one that commands, that opens a page: 1 to 9, then 0; "" for those after. */
export const keyOf = (page: number): string => (page < 9 ? String(page + 1) : page === 9 ? "0" : "");

/** What can be done by keyboard, shown by "?". */
export function Shortcuts() {
  const [opened, setOpened] = useState(false);
  useHotkeys([["shift+?", () => setOpened(true)]]);
  const keys: [string, string][] = [
    [withMod("K"), t("Search: go anywhere, do anything")],
    ["?", t("Show this")],
    ["Esc", t("Close what is open")],
    ["Tab", t("To what comes next; with Shift, to what came before")],
    ...pages.flatMap(({ name }, i): [string, string][] => (keyOf(i) === "" ? [] : [[withMod(keyOf(i)), t(name)]])),
  ];
  return (
    <Modal opened={opened} onClose={() => setOpened(false)} title={t("Keyboard")}>
      <Stack gap={6}>
        {keys.map(([key, does]) => (
          <Group key={key} justify="space-between" wrap="nowrap">
            <Text size="sm">{does}</Text>
            <Kbd>{key}</Kbd>
          </Group>
        ))}
      </Stack>
    </Modal>
  );
}
