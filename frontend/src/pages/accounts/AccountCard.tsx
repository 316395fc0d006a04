import { ActionIcon, Box, Button, Card, Group, Menu, Text, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconActivity,
  IconArrowDown,
  IconArrowUp,
  IconDots,
  IconKey,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugConnected,
  IconStack2,
  IconStackPop,
  IconTrash,
} from "@tabler/icons-react";
import { memo, useEffect, useRef, useState } from "react";
import { Link } from "wouter";

import { type Account, type AccountHealth, type Figures, type Standing, useClearCooldown, useEditAccount, useProviders, useRemoveAccount, useRestoreAccount } from "../../api/queries";
import { ago, left, share, sum, until } from "../../format";
import { plural, say, t, Trans } from "../../words";
import { standingOf } from "../../shell/state";
import { refused, tell } from "../../ui/notify";
import { LastError, Lately } from "../../ui/Health";
import { Cost, State } from "../../ui/Parts";
import { RequestsLink } from "../../ui/RequestsLink";
import { Edit } from "./Edit";
import { Pool } from "./Pool";
import { ReplaceKey } from "./ReplaceKey";
import { useRunTest } from "./useRunTest";

interface Props {
  account: Account;
  standing: Standing | undefined;
  health: AccountHealth | undefined;
  /** What it served today, and all accounts together. */
  today: Figures | undefined;
  ofAll: Figures | undefined;
  now: number;
  highlighted: boolean;
  /** Whether it stands at either end of the order, and moves it by a place; absent where it is not shown in the order. */
  first: boolean;
  last: boolean;
  move?: (account: Account, by: number) => void;
  /** Takes it out of its pool. */
  unpool: (account: Account) => void;
}

export const AccountCard = memo(function AccountCard({ account: a, standing, health, today, ofAll, now, highlighted, first, last, move, unpool }: Props) {
  const { data: providers } = useProviders();
  const test = useRunTest(a.id);
  const edit = useEditAccount();
  const remove = useRemoveAccount();
  const restore = useRestoreAccount();
  const [dialog, setDialog] = useState<"edit" | "key" | "pool" | null>(null);
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (highlighted) card.current?.scrollIntoView({ block: "center" });
  }, [highlighted]);
  const { tone, word } = standingOf(standing);

  // This card goes with its account: what comes after is told by promises, which do not go with it.
  const runRemove = async () => {
    try {
      const gone = await remove.mutateAsync(a.id);
      if (gone.undo) offerUndo();
      else tell(say(gone.message));
    } catch (error) {
      refused(error);
    }
  };
  const offerUndo = () => {
    const id = `removed-${a.id}`;
    const undo = async () => {
      notifications.hide(id);
      try {
        await restore.mutateAsync(a.id);
        tell(t("{{account}} is back, as it was.", { account: a.name }));
      } catch (error) {
        refused(error);
      }
    };
    notifications.show({
      id,
      title: t("Removed {{account}}", { account: a.name }),
      message: (
        <Group justify="space-between" wrap="nowrap">
          <span>{t("Its key is no longer kept.")}</span>
          <Button size="xs" variant="light" onClick={() => void undo()}>
            {t("Undo")}
          </Button>
        </Group>
      ),
      autoClose: 30_000,
    });
  };

  return (
    <Card ref={card} withBorder padding="md" component="article" aria-label={a.name} style={highlighted ? { borderColor: "var(--mantine-primary-color-filled)" } : undefined}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="md">
        <Group gap="xs" miw={0} mih={30}>
          <Text fw={650} style={{ overflowWrap: "anywhere" }}>
            {a.name}
          </Text>
          <State tone={tone}>{word}</State>
        </Group>
        <Group gap="xs" wrap="nowrap">
          <Tooltip label={t("Try the key, read the models again, and end any cooling")}>
            <Button size="xs" variant="default" leftSection={<IconPlugConnected size={15} />} loading={test.pending} onClick={test.run} aria-label={t("Test {{account}}", { account: a.name })}>
              {t("Test")}
            </Button>
          </Tooltip>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="default" size={30} aria-label={t("More about {{account}}", { account: a.name })} loading={edit.isPending || remove.isPending}>
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setDialog("edit")}>
                {t("Edit…")}
              </Menu.Item>
              <Menu.Item leftSection={<IconKey size={15} />} onClick={() => setDialog("key")}>
                {t("Replace the key…")}
              </Menu.Item>
              {move && !first && (
                <Menu.Item leftSection={<IconArrowUp size={15} />} onClick={() => move(a, -1)}>
                  {t("Move up")}
                </Menu.Item>
              )}
              {move && !last && (
                <Menu.Item leftSection={<IconArrowDown size={15} />} onClick={() => move(a, 1)}>
                  {t("Move down")}
                </Menu.Item>
              )}
              {a.pool === undefined ? (
                <Menu.Item leftSection={<IconStack2 size={15} />} onClick={() => setDialog("pool")}>
                  {t("Pool with…")}
                </Menu.Item>
              ) : (
                <Menu.Item leftSection={<IconStackPop size={15} />} onClick={() => unpool(a)}>
                  {t("Take out of the pool")}
                </Menu.Item>
              )}
              <Menu.Item component={RequestsLink} of={{ account: a.id }} leftSection={<IconActivity size={15} />}>
                {t("Its requests")}
              </Menu.Item>
              <Menu.Item
                leftSection={a.paused ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}
                onClick={() => edit.mutate({ id: a.id, paused: !a.paused }, { onError: refused })}
              >
                {a.paused ? t("Use it again") : t("Leave it out for now")}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => void runRemove()}>
                {t("Remove")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      </Group>
      <Text size="sm" c="dimmed" truncate>
        {providers?.find((p) => p.id === a.provider)?.name ?? a.provider} · <Trans text="key <key>{{hint}}</key>" values={{ hint: a.key_hint }} parts={{ key: <span className="mono" /> }} /> · <span className="mono">{a.base_url}</span>
      </Text>
      <Group gap="md" mt={6}>
        <Text component={Link} href={`/models/${a.slug}`} size="sm" c="var(--mantine-color-anchor)">
          {plural(a.models, "model")}
        </Text>
        <Text size="sm" c="dimmed">
          {t("models read {{when}}", { when: ago(a.scan.last_good, now) })}
        </Text>
        {a.balance && (
          <Text size="sm" c={a.balance.low ? "var(--mantine-color-error)" : "dimmed"} title={say(a.balance.message ?? "")}>
            {t(a.balance.low ? "only {{amount}} left, told {{when}}" : "{{amount}} left, told {{when}}", { amount: left(a.balance.amounts ?? []), when: ago(a.balance.at, now) })}
          </Text>
        )}
        {(standing?.in_flight ?? 0) > 0 && <Text size="sm">{plural(standing!.in_flight, "{{count}} request running", "{{count}} requests running")}</Text>}
      </Group>
      {today !== undefined && ofAll !== undefined && today.requests > 0 && <TodayHere of={today} all={ofAll} />}
      {health !== undefined && <Lately of={health} />}
      <Trouble account={a} standing={standing} now={now} />
      {health?.last_error !== undefined && <LastError of={health.last_error} now={now} />}
      <Edit account={a} opened={dialog === "edit"} close={() => setDialog(null)} />
      <Pool account={a} opened={dialog === "pool"} close={() => setDialog(null)} />
      <ReplaceKey account={a} opened={dialog === "key"} close={() => setDialog(null)} />
    </Card>
  );
});

/** What an account came to today, and its share of the whole in words and as a bar. */
function TodayHere({ of: f, all }: { of: Figures; all: Figures }) {
  const part = all.cost_usd > 0 ? f.cost_usd / all.cost_usd : 0;
  return (
    <Group gap="sm" mt={4} wrap="nowrap">
      {part > 0 && (
        <Box w={64} h={6} bg="var(--mantine-color-default-border)" style={{ borderRadius: 3, overflow: "hidden", flexShrink: 0 }} aria-hidden>
          <Box h="100%" w={`${Math.max(2, 100 * part)}%`} bg="var(--mantine-primary-color-filled)" />
        </Box>
      )}
      <Text size="sm" c="dimmed">
        {plural(f.requests, "{{count}} request today", "{{count}} requests today")}, {f.cost_unknown > 0 && f.cost_usd === 0 ? t("cost not known") : <Cost of={sum(f)} />}
        {part > 0 && part < 1 && ` – ${t("{{share}} of all", { share: share(f.cost_usd, all.cost_usd) })}`}
      </Text>
    </Group>
  );
}

/** Why an account is not used, or not as a whole, and until when; what cools can be used again at once. */
function Trouble({ account: a, standing, now }: { account: Account; standing: Standing | undefined; now: number }) {
  const clear = useClearCooldown();
  if (a.paused) return null;
  const words = standing?.reason || (a.scan.outcome !== "ok" && a.scan.message) || "";
  if (words === "") return null;
  return (
    <Group gap="sm" mt={4}>
      <Text size="sm" c="var(--mantine-color-error)">
        {say(words)}
        {standing?.until !== undefined && ` – ${t("tried again {{when}}", { when: until(standing.until, now) })}`}
      </Text>
      {standing?.until !== undefined && (
        <Button
          size="compact-xs"
          variant="light"
          loading={clear.isPending}
          onClick={() => clear.mutate(a.id, { onError: refused, onSuccess: (d) => tell(say(d.message)) })}
          aria-label={t("Clear the cooldown of {{account}}", { account: a.name })}
        >
          {t("Clear the cooldown")}
        </Button>
      )}
    </Group>
  );
}
