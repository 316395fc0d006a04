import { Box, Button, Group, Popover, Text } from "@mantine/core";
import { IconArrowBackUp } from "@tabler/icons-react";

import { type Routing, useUndoRouting } from "../../api/routing";
import { refused, tell } from "../../ui/notify";
import { t } from "../../words";
import { diff } from "./diff";

/** What the last change did, and the way back. */
export function Undo({ routing }: { routing: Routing }) {
  const undo = useUndoRouting();
  return (
    <Group gap="xs">
      <Popover position="bottom-end" width={440} withArrow shadow="md">
        <Popover.Target>
          <Button variant="default">{t("What changed")}</Button>
        </Popover.Target>
        <Popover.Dropdown>
          <Text size="sm" mb="xs">
            {t("What the last change did to routing.yaml:")}
          </Text>
          <Box component="ul" className="diff" tabIndex={0} aria-label={t("What the last change did to routing.yaml:")}>
            {diff(routing.before ?? "", routing.text).map((l, i) => (
              <li key={i} data-sign={l.sign}>
                <span aria-label={l.sign === "+" ? t("added") : l.sign === "−" ? t("removed") : undefined} role={l.sign ? "img" : undefined}>
                  {l.sign || " "}
                </span>{" "}
                {l.text}
              </li>
            ))}
          </Box>
        </Popover.Dropdown>
      </Popover>
      <Button
        variant="default"
        leftSection={<IconArrowBackUp size={16} />}
        loading={undo.isPending}
        onClick={() => undo.mutate(routing.version, { onError: refused, onSuccess: () => tell(t("The last change is undone.")) })}
      >
        {t("Undo the last change")}
      </Button>
    </Group>
  );
}
