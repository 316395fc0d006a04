import { ActionIcon, Group, Text, Tooltip } from "@mantine/core";
import { IconThumbDown, IconThumbDownFilled, IconThumbUp, IconThumbUpFilled } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { useSetThumb } from "../../api/queries";
import { refused } from "../../ui/notify";
import { t } from "../../words";

type Thumb = Schemas["Request"]["thumb"];

/** What the user thought of the answer. A second click takes it back. */
export function Thumbs({ id, thumb }: { id: string; thumb: Thumb }) {
  const set = useSetThumb();
  const shown = set.isPending ? set.variables.thumb : thumb;
  const button = (word: "up" | "down", label: string, on: typeof IconThumbUp, off: typeof IconThumbUp) => {
    const Icon = shown === word ? on : off;
    return (
      <Tooltip label={shown === word ? t("Take it back") : label}>
        <ActionIcon
          variant={shown === word ? "light" : "default"}
          size={32}
          aria-label={label}
          aria-pressed={shown === word}
          onClick={() => set.mutate({ id, thumb: shown === word ? "none" : word }, { onError: refused })}
        >
          <Icon size={17} />
        </ActionIcon>
      </Tooltip>
    );
  };
  return (
    <Group gap="xs" role="group" aria-label={t("What you thought of the answer")}>
      {button("up", t("A good answer"), IconThumbUpFilled, IconThumbUp)}
      {button("down", t("A bad answer"), IconThumbDownFilled, IconThumbDown)}
      <Text size="xs" c="dimmed">
        {shown === "none" ? t("Was it a good answer? It counts for this model in the modes Best quality and Automatic.") : t("Noted. A second click takes it back.")}
      </Text>
    </Group>
  );
}
