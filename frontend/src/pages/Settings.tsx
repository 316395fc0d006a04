import { Box, Button, Group, Modal, NavLink, NumberInput, SegmentedControl, Select, Stack, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { IconDeviceDesktop, IconMoon, IconSearch, IconSun } from "@tabler/icons-react";
import { type ReactNode, useEffect, useState } from "react";
import { Link, useParams } from "wouter";

import { useCapture, useDesktop, useEditDesktop, useEditSettings, usePrices, useQuit, type Settings as Saved, useSettings, useStatus } from "../api/queries";
import { refused, tell } from "../ui/notify";
import { Fault, Loaded, Page, Section } from "../ui/Parts";
import { languages, plural, t } from "../words";
import { PriceList } from "./models/PriceList";
import { found, type Part, parts } from "./settings";
import { Backup } from "./settings/Backup";
import { Money, Records } from "./settings/Money";
import { Network } from "./settings/Network";
import { Notifications } from "./settings/Notifications";
import { Probes } from "./settings/Probes";
import { Choice, Row, rowID } from "./settings/Rows";
import { Worth } from "./settings/Worth";
import { Kept } from "./tools/Capture";

export function Settings() {
  const settings = useSettings();
  const desktop = useDesktop(); // its part comes with the others, and pushes none of them down
  const { what } = useParams<{ what?: string }>();
  const [word, setWord] = useState("");
  const there = settings.isSuccess && !desktop.isPending;
  const shown = word.trim() === "" ? parts.map((p) => p.id) : found(word);
  useEffect(() => {
    if (there && what !== undefined) document.getElementById(rowID(what))?.scrollIntoView({ block: "start" });
  }, [what, there]);
  return (
    <Page title={t("Settings")} about={t("What you change here holds at once.")}>
      <Loaded of={{ data: there ? settings.data : undefined, error: settings.error }}>
        {(s) => (
          <Group align="flex-start" wrap="nowrap" gap="xl">
            <Box component="nav" aria-label={t("Parts of the settings")} className="wide" w={190} style={{ flexShrink: 0, position: "sticky", top: 16 }}>
              {parts.map(({ id, name }) => (
                <NavLink key={id} component={Link} href={`/settings/${id}`} label={t(name)} active={what === id} aria-current={what === id ? "true" : undefined} onClick={() => setWord("")} py={6} style={{ borderRadius: "var(--mantine-radius-sm)" }} />
              ))}
            </Box>
            <Stack maw={720} style={{ flex: 1 }} miw={0}>
              <TextInput type="search" aria-label={t("Find a setting")} placeholder={t("Find a setting")} leftSection={<IconSearch size={16} />} value={word} onChange={(e) => setWord(e.currentTarget.value)} />
              <VisuallyHidden role="status">{word.trim() !== "" && plural(shown.length, "part of the settings", "parts of the settings")}</VisuallyHidden>
              {shown.length === 0 && <Text c="dimmed">{t("No setting has that name.")}</Text>}
              {shown.map((id) => (
                <div key={id} id={rowID(id)} style={{ scrollMarginTop: 16 }}>
                  <OnePart id={id} settings={s} />
                </div>
              ))}
            </Stack>
          </Group>
        )}
      </Loaded>
    </Page>
  );
}

function OnePart({ id, settings: s }: { id: Part; settings: Saved }) {
  switch (id) {
    case "appearance":
      return (
        <Section title={t("Appearance")}>
          <Stack gap="md">
            <Theme settings={s} />
            <Speech settings={s} />
          </Stack>
        </Section>
      );
    case "gateway":
      return (
        <Section title={t("Gateway")}>
          <Stack gap="md">
            <Port key={s.port} settings={s} />
            <Keeping settings={s} />
            <Hedging settings={s} />
          </Stack>
        </Section>
      );
    case "desktop":
      return <Desktop settings={s} />;
    case "notifications":
      return <Notifications settings={s} />;
    case "network":
      return <Network settings={s} />;
    case "worth":
      return <Worth settings={s} />;
    case "money":
      return <Money settings={s} />;
    case "prices":
      return <Prices settings={s} />;
    case "records":
      return (
        <Stack>
          <Records settings={s} />
          <Captures />
        </Stack>
      );
    case "probes":
      return <Probes settings={s} />;
    case "backup":
      return <Backup />;
    case "about":
      return <About />;
  }
}

/** Where capturing is switched on, and what is kept of it. */
function Captures() {
  const { data: capture } = useCapture();
  return (
    <>
      <Section title={t("Capture")}>
        <Row name={t("Captured prompts and replies")} about={t("It is switched on for each tool alone, under Tools, and is off to begin with.")}>
          <Button variant="default" component={Link} href="/tools">
            {t("Open Tools")}
          </Button>
        </Row>
        {(capture?.clients ?? []).length > 0 && (
          <Text size="sm" mt="sm">
            {plural(capture!.clients!.length, "{{count}} tool is captured now.", "{{count}} tools are captured now.")}
          </Text>
        )}
      </Section>
      <Kept />
    </>
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
    <Row name={t("Theme")} about={t("System follows your desktop.")}>
      <SegmentedControl
        aria-label={t("Theme")}
        value={settings.theme}
        onChange={(v) => edit.mutate({ theme: v as Saved["theme"] }, { onError: refused })}
        data={[
          { value: "system", label: label(<IconDeviceDesktop size={16} />, t("System")) },
          { value: "light", label: label(<IconSun size={16} />, t("Light")) },
          { value: "dark", label: label(<IconMoon size={16} />, t("Dark")) },
        ]}
      />
    </Row>
  );
}

function Speech({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  return (
    <Row name={t("Language")} about={t("System follows your desktop. Times, figures and money are written as your system writes them.")}>
      <Select
        aria-label={t("Language")}
        value={settings.language}
        onChange={(v) => v !== null && edit.mutate({ language: v as Saved["language"] }, { onError: refused })}
        data={[{ value: "system", label: t("System") }, ...languages.map(({ code, name }) => ({ value: code, label: name }))]}
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
        if (valid) edit.mutate({ port }, { onSuccess: (s) => tell(desktop?.window ? t("Tools are served at port {{port}}. Those that you set up before must be given the new address.", { port: String(s.port) }) : t("Tools are served at port {{port}}. Those that you set up before must be given the new address. So must this page: `metapi ui` opens it there.", { port: String(s.port) })) });
      }}
    >
      <Row
        name={t("Port")}
        about={
          elsewhere
            ? t("This instance was started with another: it serves at {{address}}.", { address: status.addresses![0]! })
            : t("Where tools find Metapi on this machine. Nothing off this machine can reach it. Running requests end at the old one.")
        }
      >
        <Group gap="xs" wrap="nowrap">
          <NumberInput aria-label={t("Port")} value={port} onChange={setPort} min={1} max={65535} allowDecimal={false} allowNegative={false} hideControls w={100} error={!valid} clampBehavior="none" />
          <Button type="submit" variant="default" disabled={!valid || port === settings.port} loading={edit.isPending}>
            {t("Move")}
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
      name={t("Ask twice where the first answer is late")}
      about={t("In latency mode, where an account takes longer than 19 of 20 of its answers did, the next one is asked too, and the sooner answer counts. Both may be billed; at most about one request in twenty is asked twice.")}
      checked={settings.hedge}
      change={(on) => edit.mutate({ hedge: on }, { onError: refused })}
    />
  );
}

function Keeping({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  return (
    <Choice
      name={t("Keep what tools may continue")}
      about={t("Replies of the Responses API and its conversations, on this machine, for 30 days: tools go on from them by their ids. Turning it off deletes what was kept.")}
      checked={settings.keep_responses}
      change={(on) => edit.mutate({ keep_responses: on }, { onError: refused })}
    />
  );
}

function Prices({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  const { data: list } = usePrices();
  return (
    <Section title={t("Prices")}>
      <Stack gap="md">
        <Choice
          name={t("Refresh the list of prices once a day")}
          about={t("It is fetched from {{host}}; nothing of yours is sent. What an account publishes itself, and what you write into routing.yaml, counts above it.", { host: list === undefined ? "genai-prices" : new URL(list.from).host })}
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
    <Section title={t("Desktop")}>
      <Stack gap="md">
        {!d.window && (
          <Text size="sm" c="dimmed">
            {t("You see these pages in a browser: these settings are for the desktop app.")}
          </Text>
        )}
        {d.window && noTray && (
          <Text size="sm" role="status">
            {d.tray_reason || t("This desktop shows no tray icons.")} {t("Until it does, closing the window ends Metapi.")}
          </Text>
        )}
        <Choice
          name={t("Start at login")}
          about={t("Metapi is there when your tools are.")}
          checked={d.start_at_login}
          disabled={!d.window}
          change={(on) => editDesktop.mutate({ start_at_login: on }, { onError: refused })}
        />
        <Choice
          name={t("Start hidden")}
          about={t("In the tray, without this window. Where there is no tray, the window is shown all the same.")}
          checked={settings.start_hidden}
          change={(on) => edit.mutate({ start_hidden: on }, { onError: refused })}
        />
        <Choice
          name={t("Close to the tray")}
          about={t("Closing the window leaves Metapi running; “Quit” in the tray ends it.")}
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
        {t("Quit Metapi")}
      </Button>
      <Modal opened={sure} onClose={() => setSure(false)} title={t("Quit Metapi?")}>
        <Text size="sm">{t("Requests that run are ended, and tools get no answer until you start it again. A Metapi that was started as a server goes on.")}</Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setSure(false)} data-autofocus>
            {t("Keep it running")}
          </Button>
          <Button color="red.9" loading={quit.isPending} onClick={() => quit.mutate(undefined, { onError: refused })}>
            {t("Quit")}
          </Button>
        </Group>
      </Modal>
    </Group>
  );
}

function About() {
  const { data: s } = useStatus();
  if (s === undefined) return null;
  const facts: [string, string][] = [
    [t("Version"), s.version],
    [t("Keys are in"), s.keychain],
    [t("Data folder"), s.dir],
  ];
  return (
    <Section title={t("About")}>
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
        <Row name={t("Diagnostics")} about={t("A file for who helps you, without a secret. You see all of it before it is saved.")}>
          <Button variant="default" component={Link} href="/doctor/save">
            {t("Save diagnostics…")}
          </Button>
        </Row>
      </Stack>
    </Section>
  );
}
