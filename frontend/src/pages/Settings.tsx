import { Button, Group, Modal, NumberInput, SegmentedControl, Select, Stack, Switch, Text } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSun } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";

import { useDesktop, useEditDesktop, useEditSettings, usePrices, useQuit, type Settings as Saved, useSettings, useStatus } from "../api/queries";
import { refused, tell } from "../ui/notify";
import { Fault, Loaded, Page, Section } from "../ui/Parts";
import { languages } from "../words";
import { PriceList } from "./models/PriceList";
import { Money, Records } from "./settings/Money";
import { Network } from "./settings/Network";
import { Notifications } from "./settings/Notifications";
import { Probes } from "./settings/Probes";
import { Worth } from "./settings/Worth";

export function Settings() {
  const settings = useSettings();
  return (
    <Page title="Settings" about="What you change here holds at once.">
      <Loaded of={settings}>
        {(s) => (
          <Stack maw={720}>
            <Section title="Appearance">
              <Stack gap="md">
                <Theme settings={s} />
                <Speech settings={s} />
              </Stack>
            </Section>
            <Section title="Gateway">
              <Stack gap="md">
                <Port key={s.port} settings={s} />
                <Keeping settings={s} />
                <Hedging settings={s} />
              </Stack>
            </Section>
            <Prices settings={s} />
            <Worth settings={s} />
            <Network settings={s} />
            <Money settings={s} />
            <Records settings={s} />
            <Notifications settings={s} />
            <Probes key={`${s.probes_per_day} ${s.probe_usd_per_day}`} settings={s} />
            <Desktop settings={s} />
            <About />
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function Theme({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  const label = (icon: ReactNode, word: string) => (
    <Group gap={6} wrap="nowrap" justify="center">
      {icon}
      <span>{word}</span>
    </Group>
  );
  return (
    <Row name="Theme" about="System follows your desktop.">
      <SegmentedControl
        aria-label="Theme"
        value={settings.theme}
        onChange={(v) => edit.mutate({ theme: v as Saved["theme"] }, { onError: refused })}
        data={[
          { value: "system", label: label(<IconDeviceDesktop size={16} />, "System") },
          { value: "light", label: label(<IconSun size={16} />, "Light") },
          { value: "dark", label: label(<IconMoon size={16} />, "Dark") },
        ]}
      />
    </Row>
  );
}

function Speech({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  return (
    <Row name="Language" about="System follows your desktop. Times, figures and money are written as your system writes them.">
      <Select
        aria-label="Language"
        value={settings.language}
        onChange={(v) => v !== null && edit.mutate({ language: v as Saved["language"] }, { onError: refused })}
        data={[{ value: "system", label: "System" }, ...languages.map(({ code, name }) => ({ value: code, label: name }))]}
        allowDeselect={false}
        w={160}
      />
    </Row>
  );
}

function Port({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  const { data: status } = useStatus();
  const { data: desktop } = useDesktop();
  const [port, setPort] = useState<number | string>(settings.port);
  const valid = typeof port === "number" && port >= 1 && port <= 65535;
  const elsewhere = status?.addresses?.[0] !== undefined && !status.addresses[0].endsWith(`:${settings.port}`);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (valid) edit.mutate({ port }, { onSuccess: (s) => tell(`Tools are served at port ${s.port}. Those that you set up before must be given the new address.${desktop?.window ? "" : " So must this page: `metapi ui` opens it there."}`) });
      }}
    >
      <Row
        name="Port"
        about={
          elsewhere
            ? `This instance was started with another: it serves at ${status.addresses![0]}.`
            : "Where tools find Metapi on this machine. Nothing off this machine can reach it. Running requests end at the old one."
        }
      >
        <Group gap="xs" wrap="nowrap">
          <NumberInput aria-label="Port" value={port} onChange={setPort} min={1} max={65535} allowDecimal={false} allowNegative={false} hideControls w={100} error={!valid} clampBehavior="none" />
          <Button type="submit" variant="default" disabled={!valid || port === settings.port} loading={edit.isPending}>
            Move
          </Button>
        </Group>
      </Row>
      {edit.error && <Fault error={edit.error} />}
    </form>
  );
}

function Hedging({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  return (
    <Choice
      name="Ask twice where the first answer is late"
      about="In latency mode, where an account takes longer than 19 of 20 of its answers did, the next one is asked too, and the sooner answer counts. Both may be billed; at most about one request in twenty is asked twice."
      checked={settings.hedge}
      change={(on) => edit.mutate({ hedge: on }, { onError: refused })}
    />
  );
}

function Keeping({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  return (
    <Choice
      name="Keep what tools may continue"
      about="Replies of the Responses API and its conversations, on this machine, for 30 days: tools go on from them by their ids. Turning it off deletes what was kept."
      checked={settings.keep_responses}
      change={(on) => edit.mutate({ keep_responses: on }, { onError: refused })}
    />
  );
}

function Prices({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  const { data: list } = usePrices();
  return (
    <Section title="Prices">
      <Stack gap="md">
        <Choice
          name="Refresh the list of prices once a day"
          about={`It is fetched from ${list === undefined ? "where genai-prices publishes it" : new URL(list.from).host}; nothing of yours is sent. What an account publishes itself, and what you write into routing.yaml, counts above it.`}
          checked={settings.refresh_prices}
          change={(on) => edit.mutate({ refresh_prices: on }, { onError: refused })}
        />
        <PriceList />
      </Stack>
    </Section>
  );
}

function Desktop({ settings }: { settings: Saved }) {
  const desktop = useDesktop();
  const edit = useEditSettings();
  const editDesktop = useEditDesktop();
  const d = desktop.data;
  if (d === undefined) return null;
  const noTray = d.tray !== "shown";
  return (
    <Section title="Desktop">
      <Stack gap="md">
        {!d.window && (
          <Text size="sm" c="dimmed">
            You see these pages in a browser: these settings are for the desktop app.
          </Text>
        )}
        {d.window && noTray && (
          <Text size="sm" role="status">
            {d.tray_reason || "This desktop shows no tray icons."} Until it does, closing the window ends Metapi.
          </Text>
        )}
        <Choice
          name="Start at login"
          about="Metapi is there when your tools are."
          checked={d.start_at_login}
          disabled={!d.window}
          change={(on) => editDesktop.mutate({ start_at_login: on }, { onError: refused })}
        />
        <Choice
          name="Start hidden"
          about="In the tray, without this window. Where there is no tray, the window is shown all the same."
          checked={settings.start_hidden}
          change={(on) => edit.mutate({ start_hidden: on }, { onError: refused })}
        />
        <Choice
          name="Close to the tray"
          about="Closing the window leaves Metapi running; “Quit” in the tray ends it."
          checked={settings.close_to_tray}
          change={(on) => edit.mutate({ close_to_tray: on }, { onError: refused })}
        />
        {d.window && <Quit />}
      </Stack>
    </Section>
  );
}

/** Ends the app for who finds no tray to do it from: closing the window may only hide it. */
function Quit() {
  const quit = useQuit();
  const [sure, setSure] = useState(false);
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={() => setSure(true)}>
        Quit Metapi
      </Button>
      <Modal opened={sure} onClose={() => setSure(false)} title="Quit Metapi?">
        <Text size="sm">Requests that run are ended, and tools get no answer until you start it again. A Metapi that was started as a server goes on.</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setSure(false)} data-autofocus>
            Keep it running
          </Button>
          <Button color="red.9" loading={quit.isPending} onClick={() => quit.mutate(undefined, { onError: refused })}>
            Quit
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}

function Choice({ name, about, checked, disabled, change }: { name: string; about: string; checked: boolean; disabled?: boolean; change: (on: boolean) => void }) {
  return <Switch label={name} description={about} checked={checked} disabled={disabled} onChange={(e) => change(e.currentTarget.checked)} labelPosition="left" styles={{ body: { justifyContent: "space-between" } }} />;
}

function Row({ name, about, children }: { name: string; about: string; children: ReactNode }) {
  return (
    <Group justify="space-between" wrap="wrap" gap="sm">
      <div style={{ flex: 1, minWidth: 240 }}>
        <Text size="sm" fw={550}>
          {name}
        </Text>
        <Text size="xs" c="dimmed">
          {about}
        </Text>
      </div>
      {children}
    </Group>
  );
}

function About() {
  const { data: s } = useStatus();
  if (s === undefined) return null;
  const facts: [string, string][] = [
    ["Version", s.version],
    ["Keys are in", s.keychain],
    ["Data folder", s.dir],
  ];
  return (
    <Section title="About">
      <Stack gap={6}>
        {facts.map(([name, value]) => (
          <Group key={name} justify="space-between" gap="sm">
            <Text size="sm" c="dimmed">
              {name}
            </Text>
            <Text size="sm" className="mono" style={{ overflowWrap: "anywhere" }}>
              {value}
            </Text>
          </Group>
        ))}
      </Stack>
    </Section>
  );
}
