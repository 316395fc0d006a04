import { ActionIcon, Box, Group, Kbd, Stack, Text, Tooltip, UnstyledButton, VisuallyHidden } from "@mantine/core";
import { useHotkeys, useMediaQuery } from "@mantine/hooks";
import { spotlight } from "@mantine/spotlight";
import { IconPlayerPause, IconPlayerPlay, IconSearch } from "@tabler/icons-react";
import { Link, useLocation } from "wouter";

import { useSetPaused, useStatus } from "../api/queries";
import { plural, say, t } from "../words";
import { withMod } from "../ui/keys";
import { Mark } from "../ui/Mark";
import { refused } from "../ui/notify";
import { State } from "../ui/Parts";
import classes from "./Nav.module.css";
import { pages } from "./pages";
import { keyOf } from "./Shortcuts";
import { stateOf } from "./state";

export function Nav() {
  const [here, go] = useLocation();
  const narrow = useMediaQuery("(max-width: 62em)") ?? false;
  useHotkeys(pages.flatMap(({ path }, i) => (keyOf(i) === "" ? [] : [[`mod+${keyOf(i)}`, () => go(path)]])));
  return (
    <Stack h="100%" gap={0} p="xs" justify="space-between">
      <Stack gap={4} mih={0} style={{ flex: "0 1 auto", overflowY: "auto" }}>
        <Group gap="sm" px={8} py="sm" wrap="nowrap">
          <Mark size={32} />
          {!narrow && (
            <Text fw={700} size="lg">
              Metapi
            </Text>
          )}
        </Group>
        {pages.map(({ path, name, icon: Icon }, i) => {
          const active = path === "/" ? here === "/" : here.startsWith(path);
          return (
            <Tooltip key={path} label={keyOf(i) === "" ? t(name) : t("{{what}} ({{key}})", { what: t(name), key: withMod(keyOf(i)) })} position="right" disabled={!narrow}>
              <Link href={path} className={classes.link} data-active={active || undefined} aria-current={active ? "page" : undefined} aria-label={t(name)}>
                <Icon size={20} stroke={1.6} />
                {!narrow && <span>{t(name)}</span>}
              </Link>
            </Tooltip>
          );
        })}
      </Stack>
      <Stack gap="xs">
        <Tooltip label={t("{{what}} ({{key}})", { what: t("Go anywhere"), key: withMod("K") })} position="right" disabled={!narrow}>
          <UnstyledButton className={classes.link} onClick={spotlight.open} aria-label={narrow ? t("Search") : undefined}>
            <IconSearch size={20} stroke={1.6} />
            {!narrow && (
              <>
                <span style={{ flex: 1 }}>{t("Search")}</span>
                <Kbd size="xs">{withMod("K")}</Kbd>
              </>
            )}
          </UnstyledButton>
        </Tooltip>
        <Foot narrow={narrow} />
      </Stack>
    </Stack>
  );
}

/** Whether tools are served, and the button that stops and starts it. */
function Foot({ narrow }: { narrow: boolean }) {
  const { data: status } = useStatus();
  const setPaused = useSetPaused();
  if (status === undefined) return null;
  const { tone, word } = stateOf(status);
  const flip = () => setPaused.mutate(!status.paused, { onError: refused });
  const title = status.paused ? t("Resume: take requests again") : t("Pause: refuse requests until you resume; those that run go on");
  return (
    <Group className={classes.foot} justify={narrow ? "center" : "space-between"} wrap="nowrap" gap="xs">
      {!narrow && (
        <Box>
          <State tone={tone}>{word}</State>
          <Text size="xs" c="dimmed" mt={2}>
            {status.in_flight > 0 ? plural(status.in_flight, "{{count}} request running", "{{count}} requests running") : t("mode: {{mode}}", { mode: say(status.mode) })}
          </Text>
        </Box>
      )}
      {narrow && <VisuallyHidden>{word}</VisuallyHidden>}
      <Tooltip label={title} position="right">
        <ActionIcon variant={status.paused ? "filled" : "default"} size="lg" onClick={flip} loading={setPaused.isPending} aria-label={status.paused ? t("Resume") : t("Pause")}>
          {status.paused ? <IconPlayerPlay size={18} /> : <IconPlayerPause size={18} />}
        </ActionIcon>
      </Tooltip>
    </Group>
  );
}
