import { ActionIcon, Box, Button, Card, Group, Menu, Stack, Text, Tooltip } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import {
  IconActivity,
  IconArrowDown,
  IconArrowUp,
  IconDots,
  IconKey,
  IconNetwork,
  IconPencil,
  IconPlayerPause,
  IconPlayerPlay,
  IconPlugConnected,
  IconTrash,
} from "@tabler/icons-react";
import { memo, useEffect, useRef, useState } from "react";
import { Link } from "wouter";

import { type Account, type AccountHealth, type Figures, type Standing, useClearCooldown, useEditAccount, useProviders, useRemoveAccount, useRestoreAccount, useTestAccount } from "../../api/queries";
import { ago, left, share, sum, until } from "../../format";
import { plural } from "../../words";
import { standingOf } from "../../shell/state";
import { refused, tell, warn } from "../../ui/notify";
import { LastError, Lately } from "../../ui/Health";
import { Cost, State } from "../../ui/Parts";
import { RequestsLink } from "../../ui/RequestsLink";
import { Network } from "./Network";
import { Rename } from "./Rename";
import { ReplaceKey } from "./ReplaceKey";

interface Props {
  account: Account;
  standing: Standing | undefined;
  health: AccountHealth | undefined;
  /** What it served today, and all accounts together. */
  today: Figures | undefined;
  ofAll: Figures | undefined;
  place: number;
  now: number;
  highlighted: boolean;
  last: boolean;
  move: (account: Account, by: number) => void;
}

export const AccountCard = memo(function AccountCard({ account: a, standing, health, today, ofAll, place, now, highlighted, last, move }: Props) {
  const { data: providers } = useProviders();
  const test = useTestAccount();
  const edit = useEditAccount();
  const remove = useRemoveAccount();
  const restore = useRestoreAccount();
  const [dialog, setDialog] = useState<"rename" | "key" | "network" | null>(null);
  const card = useRef<HTMLDivElement>(null);
  useEffect(() => {
    if (highlighted) card.current?.scrollIntoView({ block: "center" });
  }, [highlighted]);
  const { tone, word } = standingOf(standing);

  const runTest = () =>
    test.mutate(a.id, {
      onError: refused,
      onSuccess: (d) => (d.ok ? tell([d.message, d.hint].filter(Boolean).join(" ")) : warn(d.hint ?? "", d.message)),
    });
  // This card goes with its account: what comes after is told by promises, which do not go with it.
  const runRemove = async () => {
    try {
      const gone = await remove.mutateAsync(a.id);
      if (gone.undo) offerUndo();
      else tell(gone.message);
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
        tell(`${a.name} is back, as it was.`);
      } catch (error) {
        refused(error);
      }
    };
    notifications.show({
      id,
      title: `Removed ${a.name}`,
      message: (
        <Group justify="space-between" wrap="nowrap">
          <span>Its key is no longer kept.</span>
          <Button size="xs" variant="light" onClick={() => void undo()}>
            Undo
          </Button>
        </Group>
      ),
      autoClose: 30_000,
    });
  };

  return (
    <Card ref={card} withBorder padding="md" component="article" aria-label={a.name} style={highlighted ? { borderColor: "var(--mantine-primary-color-filled)" } : undefined}>
      <Group justify="space-between" wrap="nowrap" align="flex-start" gap="md">
        <Group wrap="nowrap" align="flex-start" gap="md" miw={0}>
          <Stack gap={0} align="center">
            <ActionIcon variant="subtle" color="gray" size="sm" disabled={place === 1} onClick={() => move(a, -1)} aria-label={`Move ${a.name} up`}>
              <IconArrowUp size={15} />
            </ActionIcon>
            <Text size="sm" fw={650} aria-label={`Place ${place}`}>
              {place}
            </Text>
            <ActionIcon variant="subtle" color="gray" size="sm" disabled={last} onClick={() => move(a, 1)} aria-label={`Move ${a.name} down`}>
              <IconArrowDown size={15} />
            </ActionIcon>
          </Stack>
          <Box miw={0}>
            <Group gap="xs">
              <Text fw={650} style={{ overflowWrap: "anywhere" }}>
                {a.name}
              </Text>
              <State tone={tone}>{word}</State>
            </Group>
            <Text size="sm" c="dimmed" truncate>
              {providers?.find((p) => p.id === a.provider)?.name ?? a.provider} · key <span className="mono">{a.key_hint}</span> · <span className="mono">{a.base_url}</span>
            </Text>
            <Group gap="md" mt={6}>
              <Text component={Link} href={`/models/${a.slug}`} size="sm" c="var(--mantine-color-anchor)">
                {plural(a.models, "model")}
              </Text>
              <Text size="sm" c="dimmed">
                models read {ago(a.scan.last_good, now)}
              </Text>
              {a.balance && (
                <Text size="sm" c={a.balance.low ? "var(--mantine-color-error)" : "dimmed"} title={a.balance.message}>
                  {left(a.balance.amounts ?? [])} left{a.balance.low && ", little"}, told {ago(a.balance.at, now)}
                </Text>
              )}
              {(standing?.in_flight ?? 0) > 0 && <Text size="sm">{plural(standing!.in_flight, "request")} running</Text>}
            </Group>
            {today !== undefined && ofAll !== undefined && today.requests > 0 && <TodayHere of={today} all={ofAll} />}
            {health !== undefined && <Lately of={health} />}
            <Trouble account={a} standing={standing} now={now} />
            {health?.last_error !== undefined && <LastError of={health.last_error} now={now} />}
          </Box>
        </Group>
        <Group gap="xs" wrap="nowrap">
          <Tooltip label="Try the key, read the models again, and end any cooling">
            <Button size="xs" variant="default" leftSection={<IconPlugConnected size={15} />} loading={test.isPending} onClick={runTest} aria-label={`Test ${a.name}`}>
              Test
            </Button>
          </Tooltip>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="default" size={30} aria-label={`More about ${a.name}`} loading={edit.isPending || remove.isPending}>
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item leftSection={<IconPencil size={15} />} onClick={() => setDialog("rename")}>
                Rename…
              </Menu.Item>
              <Menu.Item leftSection={<IconKey size={15} />} onClick={() => setDialog("key")}>
                Replace the key…
              </Menu.Item>
              <Menu.Item leftSection={<IconNetwork size={15} />} onClick={() => setDialog("network")}>
                Network…
              </Menu.Item>
              <Menu.Item component={RequestsLink} of={{ account: a.id }} leftSection={<IconActivity size={15} />}>
                Its requests
              </Menu.Item>
              <Menu.Item
                leftSection={a.paused ? <IconPlayerPlay size={15} /> : <IconPlayerPause size={15} />}
                onClick={() => edit.mutate({ id: a.id, paused: !a.paused }, { onError: refused })}
              >
                {a.paused ? "Use it again" : "Leave it out for now"}
              </Menu.Item>
              <Menu.Divider />
              <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => void runRemove()}>
                Remove
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      </Group>
      <Rename account={a} opened={dialog === "rename"} close={() => setDialog(null)} />
      <Network account={a} opened={dialog === "network"} close={() => setDialog(null)} />
      <ReplaceKey account={a} opened={dialog === "key"} close={() => setDialog(null)} />
    </Card>
  );
});

/** What an account came to today, and its share of the whole in words and as a bar. */
function TodayHere({ of: t, all }: { of: Figures; all: Figures }) {
  const part = all.cost_usd > 0 ? t.cost_usd / all.cost_usd : 0;
  return (
    <Group gap="sm" mt={4} wrap="nowrap">
      {part > 0 && (
        <Box w={64} h={6} bg="var(--mantine-color-default-border)" style={{ borderRadius: 3, overflow: "hidden", flexShrink: 0 }} aria-hidden>
          <Box h="100%" w={`${Math.max(2, 100 * part)}%`} bg="var(--mantine-primary-color-filled)" />
        </Box>
      )}
      <Text size="sm" c="dimmed">
        {plural(t.requests, "request")} today, {t.cost_unknown > 0 && t.cost_usd === 0 ? "cost not known" : <Cost of={sum(t)} />}
        {part > 0 && part < 1 && ` – ${share(t.cost_usd, all.cost_usd)} of all`}
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
        {words}
        {standing?.until !== undefined && ` – tried again ${until(standing.until, now)}`}
      </Text>
      {standing?.until !== undefined && (
        <Button
          size="compact-xs"
          variant="light"
          loading={clear.isPending}
          onClick={() => clear.mutate(a.id, { onError: refused, onSuccess: (d) => tell(d.message) })}
          aria-label={`Clear the cooldown of ${a.name}`}
        >
          Clear the cooldown
        </Button>
      )}
    </Group>
  );
}
