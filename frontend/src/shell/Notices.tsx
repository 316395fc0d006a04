import { Button, Group } from "@mantine/core";
import { notifications } from "@mantine/notifications";

import type { Notice } from "../api/queries";
import { say, t } from "../words";

/** Shows what a person wants to hear of at once. It stays until it is closed. */
export function showNotice(notice: Notice): void {
  const id = notice.id;
  notifications.hide(id); // the one that it takes the place of
  const open = () => {
    notifications.hide(id);
    location.hash = notice.page;
  };
  notifications.show({
    id,
    title: say(notice.title),
    message: (
      <Group justify="space-between" wrap="nowrap">
        <span>{say(notice.text)}</span>
        <Button size="xs" variant="light" onClick={open}>
          {t("Show")}
        </Button>
      </Group>
    ),
    color: "yellow",
    autoClose: false,
  });
}
