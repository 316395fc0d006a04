import { Button, Group, Select, Switch, Text, TextInput } from "@mantine/core";
import { IconActivity, IconFilterOff } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";

import { startOfDay, useAccounts, useClients, useModels, useNow, useTimeline } from "../api/queries";
import { Export } from "../ui/Export";
import { Empty, Fault, Page } from "../ui/Parts";
import { addressOf, askedOf, choiceOf, type Filter, states, times } from "../ui/requests";
import { plural, t } from "../words";
import { Detail } from "./requests/Detail";
import { Log } from "./requests/Log";
import { Places } from "./requests/places";

/** The page; asked is what its address says behind /requests/. */
export function Requests({ asked }: { asked: string }) {
  const [, go] = useLocation();
  const { filter, id } = useMemo(() => askedOf(asked), [asked]);
  const wanted = JSON.stringify(choiceOf(filter, useNow(false)));
  const choice = useMemo(() => JSON.parse(wanted) as Filter, [wanted]);
  const timeline = useTimeline(choice);
  const places = useMemo(() => new Places(timeline.data ?? [], choice.since), [timeline.data, choice.since]);
  const [live, setLive] = useState(true);
  const filtered = Object.keys(filter).length > 0;
  const set = (some: Filter) => go(addressOf({ ...filter, ...some }), { replace: true });
  const all = () => go("/requests", { replace: true });
  const nothing = timeline.data !== undefined && places.total === 0;

  return (
    <Page title={t("Requests")} about={t("As they run, newest first. Open one to see why it went where it went.")} actions={<Export of={choice} disabled={places.total === 0} />}>
      {(filtered || !nothing) && (
        <>
          <Filters filter={filter} set={set} all={filtered ? all : undefined} />
          <Group justify="space-between" mb="xs">
            <Text size="sm" c="dimmed">
              {timeline.data ? plural(places.total, "request") : "…"}
            </Text>
            <Switch label={t("Follow what comes")} checked={live} onChange={(e) => setLive(e.currentTarget.checked)} />
          </Group>
        </>
      )}
      {timeline.error !== null && timeline.data === undefined && <Fault error={timeline.error} />}
      {nothing ? (
        <Empty
          icon={IconActivity}
          title={filtered ? t("No such request") : t("No request yet")}
          action={
            <Button variant={filtered ? "default" : "filled"} onClick={() => (filtered ? all() : go("/tools/connect"))}>
              {filtered ? t("Show all") : t("Connect a tool")}
            </Button>
          }
        >
          {filtered ? t("Nothing matches these filters.") : t("Connect a tool and ask it something: the request appears here as it runs.")}
        </Empty>
      ) : (
        <Log key={JSON.stringify(filter)} choice={choice} places={places} live={live} open={(id) => go(addressOf(filter, id))} />
      )}
      <Detail id={id} choice={choice} show={(id) => go(addressOf(filter, id), { replace: true })} close={() => go(addressOf(filter))} />
    </Page>
  );
}

/** What requests must have in common to be shown. */
function Filters({ filter, set, all }: { filter: Filter; set: (some: Filter) => void; all?: () => void }) {
  const { data: accounts } = useAccounts();
  const { data: clients } = useClients();
  const { data: models } = useModels();
  const names = useMemo(() => [...new Set((models ?? []).map((m) => m.model))].sort(), [models]);
  const custom = filter.since !== undefined || filter.until !== undefined;
  const choose = (time: string | null) =>
    set({ time: time === null || time === "custom" ? undefined : (time as Filter["time"]), since: time === "custom" ? startOfDay(Date.now()) : undefined, until: undefined });
  return (
    <Group gap="sm" mb="sm" role="search">
      <Select
        aria-label={t("Time")}
        placeholder={t("Any time")}
        data={[...Object.entries(times).map(([value, { word }]) => ({ value, label: t(word) })), { value: "custom", label: t("From … to …") }]}
        value={filter.time ?? (custom ? "custom" : null)}
        onChange={choose}
        clearable
        w={150}
      />
      {custom && (
        <>
          <Moment label={t("From")} value={filter.since} set={(since) => set({ since })} />
          <Moment label={t("To")} value={filter.until} set={(until) => set({ until })} />
        </>
      )}
      <Select aria-label={t("Tool")} placeholder={t("All tools")} data={(clients ?? []).map((c) => ({ value: c.id, label: c.name }))} value={filter.client ?? null} onChange={(v) => set({ client: v ?? undefined })} clearable w={150} />
      <Select aria-label={t("Account")} placeholder={t("All accounts")} data={(accounts ?? []).map((a) => ({ value: a.id, label: a.name }))} value={filter.account ?? null} onChange={(v) => set({ account: v ?? undefined })} clearable w={160} />
      <Select aria-label={t("Model")} placeholder={t("All models")} data={names} value={filter.model ?? null} onChange={(v) => set({ model: v ?? undefined })} clearable searchable limit={50} w={200} />
      <Select
        aria-label={t("State")}
        placeholder={t("All states")}
        data={Object.entries(states).map(([value, { word }]) => ({ value, label: t(word) }))}
        value={filter.state ?? null}
        onChange={(v) => set({ state: (v ?? undefined) as Filter["state"] })}
        clearable
        w={140}
      />
      {all && (
        <Button variant="subtle" px="xs" leftSection={<IconFilterOff size={16} />} onClick={all}>
          {t("Show all")}
        </Button>
      )}
    </Group>
  );
}

/** A moment as the browser asks for it: in the time of this place, to the minute. */
function Moment({ label, value, set }: { label: string; value?: string; set: (iso: string | undefined) => void }) {
  const at = value === undefined ? undefined : new Date(value);
  const shown = at === undefined ? "" : new Date(at.getTime() - 60_000 * at.getTimezoneOffset()).toISOString().slice(0, 16);
  return (
    <TextInput
      type="datetime-local"
      aria-label={label}
      w={200}
      value={shown}
      onChange={(e) => {
        const typed = new Date(e.currentTarget.value);
        set(Number.isNaN(typed.getTime()) ? undefined : typed.toISOString());
      }}
    />
  );
}
