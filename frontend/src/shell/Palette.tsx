import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from "@mantine/spotlight";
import { IconActivity, IconBoxModel2, IconCopy, IconKey, IconLanguage, IconMessages, IconMoon, IconPlayerPause, IconPlayerPlay, IconPlugConnected, IconPlugConnectedX, IconRoute, IconSearch, IconSettings, IconSnowflakeOff, IconStethoscope } from "@tabler/icons-react";
import { useMemo, useState } from "react";
import { useLocation } from "wouter";

import { parts } from "../pages/settings";
import { useTest } from "../pages/accounts/useRunTest";
import { type Settings, useAccounts, useClearCooldown, useClients, useEditAccount, useEditClient, useEditSettings, useMode, useModels, useNewest, useNow, useSetMode, useSetPaused, useStatus } from "../api/queries";
import { when } from "../format";
import { modeName } from "../ui/ModeSwitch";
import { copy } from "../ui/Copy";
import { refused, tell, warn } from "../ui/notify";
import { requestState } from "../ui/requests";
import { talkers } from "../ui/talkers";
import { languages, say, t, w } from "../words";
import { pages } from "./pages";

const themes: { theme: Settings["theme"]; name: string }[] = [
  { theme: "system", name: w("System") },
  { theme: "light", name: w("Light") },
  { theme: "dark", name: w("Dark") },
];

const group = (group: string, actions: SpotlightActionData[]): SpotlightActionGroupData => ({ group, actions });
const filled = (g: SpotlightActionGroupData) => g.actions.length > 0;

/** Everything by keyboard: where to go at once, and whatever has the name that is typed. */
export function Palette() {
  const [query, setQuery] = useState("");
  const [opened, setOpened] = useState(false);
  const first = useFirst(opened);
  const named = useNamed(query.trim() !== "");
  return (
    <Spotlight
      actions={useMemo(() => [...first, ...named], [first, named])}
      query={query}
      onQueryChange={setQuery}
      onSpotlightOpen={() => setOpened(true)}
      onSpotlightClose={() => setOpened(false)}
      shortcut={["mod+K"]}
      nothingFound={t("Nothing has that name.")}
      highlightQuery
      scrollable
      maxHeight={420}
      limit={40}
      searchProps={{ leftSection: <IconSearch size={18} />, placeholder: t("Pages, modes, accounts, models, tools, settings"), "aria-label": t("Search") }}
    />
  );
}

/** What is shown before anything is typed. */
function useFirst(opened: boolean): SpotlightActionGroupData[] {
  const [, go] = useLocation();
  const { data: status } = useStatus();
  const { data: mode } = useMode();
  const { data: newest } = useNewest(10, opened);
  const now = useNow(false);
  const { mutate: setMode } = useSetMode();
  const { mutate: setPaused } = useSetPaused();
  const paused = status?.paused ?? false;
  return useMemo(
    () =>
      [
        group(
          t("Pages"),
          pages.map(({ path, name, icon: Icon }) => ({ id: path, label: t(name), keywords: name, leftSection: <Icon size={18} />, onClick: () => go(path) })),
        ),
        group(t("Do"), [
          { id: "add", label: t("Add an account"), leftSection: <IconKey size={18} />, onClick: () => go("/accounts/add") },
          { id: "find", label: t("Look for models on this machine"), leftSection: <IconKey size={18} />, onClick: () => go("/accounts/find") },
          { id: "doctor", label: t("Look for what is wrong"), leftSection: <IconStethoscope size={18} />, onClick: () => go("/doctor") },
          { id: "connect", label: t("Connect a tool"), leftSection: <IconPlugConnected size={18} />, onClick: () => go("/tools/connect") },
          ...(mode?.modes ?? []).map((m) => ({
            id: `mode:${m.mode}`,
            label: t("Mode: {{mode}}", { mode: modeName(m.mode) }),
            description: say(m.means),
            keywords: m.mode,
            leftSection: <IconRoute size={18} />,
            onClick: () => setMode(m.mode, { onError: refused }),
          })),
          {
            id: "pause",
            label: paused ? t("Resume") : t("Pause"),
            description: paused ? t("Take requests again") : t("Refuse requests until you resume"),
            leftSection: paused ? <IconPlayerPlay size={18} /> : <IconPlayerPause size={18} />,
            onClick: () => setPaused(!paused, { onError: refused }),
          },
        ]),
        group(
          t("Latest requests"),
          (newest ?? []).map((r) => ({
            id: `request:${r.id}`,
            label: t("{{model}} for {{tool}}", { model: r.model || t("(no model)"), tool: r.client }),
            description: `${t(requestState(r).word)} · ${when(r.start, now)}`,
            leftSection: <IconActivity size={18} />,
            onClick: () => go(`/requests/${r.id}`),
          })),
        ),
      ].filter(filled),
    [paused, mode, newest, now, go, setMode, setPaused],
  );
}

/** All that has a name, and what can be done with it. It is gathered only once something is typed: there may be hundreds. */
function useNamed(typed: boolean): SpotlightActionGroupData[] {
  const [, go] = useLocation();
  const { data: status } = useStatus();
  const { data: accounts } = useAccounts();
  const { data: models } = useModels();
  const { data: clients } = useClients();
  const { mutate: editClient } = useEditClient();
  const { mutate: editAccount } = useEditAccount();
  const { mutate: editSettings } = useEditSettings();
  const { mutate: clear } = useClearCooldown();
  const test = useTest().run;
  return useMemo(() => {
    if (!typed) return [];
    const offered = new Set((models ?? []).filter((m) => !m.gone).map((m) => m.name));
    const cools = new Set((status?.accounts ?? []).filter((s) => s.until !== undefined).map((s) => s.id));
    const at = status?.addresses?.[0];
    const addresses = at === undefined ? [] : [["OpenAI", `http://${at}/v1`], ["Anthropic", `http://${at}`], ["Gemini", `http://${at}`]];
    return [
      group(
        t("Accounts"),
        (accounts ?? []).flatMap((a) => [
          { id: a.id, label: a.name, description: a.base_url, leftSection: <IconKey size={18} />, onClick: () => go(`/accounts/${a.id}`) },
          { id: `test:${a.id}`, label: t("Test {{account}}", { account: a.name }), leftSection: <IconPlugConnectedX size={18} />, onClick: () => test(a.id) },
          {
            id: `pause:${a.id}`,
            label: a.paused ? t("Resume the account {{name}}", { name: a.name }) : t("Pause the account {{name}}", { name: a.name }),
            leftSection: a.paused ? <IconPlayerPlay size={18} /> : <IconPlayerPause size={18} />,
            onClick: () => editAccount({ id: a.id, paused: !a.paused }, { onError: refused }),
          },
          ...(cools.has(a.id)
            ? [{ id: `clear:${a.id}`, label: t("Clear the cooldown of {{account}}", { account: a.name }), leftSection: <IconSnowflakeOff size={18} />, onClick: () => clear(a.id, { onError: refused, onSuccess: (d) => tell(say(d.message)) }) }]
            : []),
        ]),
      ),
      group(
        t("Tools"),
        (clients ?? [])
          .filter((c) => c.revoked === undefined)
          .map((c) => ({
            id: `tool:${c.id}`,
            label: c.paused ? t("Resume the tool {{name}}", { name: c.name }) : t("Pause the tool {{name}}", { name: c.name }),
            leftSection: <IconPlugConnected size={18} />,
            onClick: () => editClient({ id: c.id, paused: !c.paused }, { onError: refused }),
          })),
      ),
      group(t("Settings"), [
        ...parts.flatMap(({ id, name, settings }) => [name, ...settings].map((s) => ({ id: `setting:${id} ${s}`, label: t(s), description: t(name), keywords: [s, name], leftSection: <IconSettings size={18} />, onClick: () => go(`/settings/${id}`) }))),
        ...themes.map(({ theme, name }) => ({
          id: `theme:${theme}`,
          label: t("Theme: {{name}}", { name: t(name) }),
          keywords: `Theme ${name}`,
          leftSection: <IconMoon size={18} />,
          onClick: () => editSettings({ theme }, { onError: refused }),
        })),
        ...[{ code: "system" as const, name: t("System") }, ...languages].map(({ code, name }) => ({
          id: `language:${code}`,
          label: t("Language: {{name}}", { name }),
          keywords: `Language ${code}`,
          leftSection: <IconLanguage size={18} />,
          onClick: () => editSettings({ language: code }, { onError: refused }),
        })),
      ]),
      group(
        t("Addresses"),
        addresses.map(([of = "", url = ""]) => ({
          id: `address:${of}`,
          label: t("Copy the address for {{protocol}}", { protocol: of }),
          description: url,
          leftSection: <IconCopy size={18} />,
          onClick: () => void copy(url).then((ok) => (ok ? tell(t("{{url}} is on the clipboard.", { url })) : warn(url, t("The clipboard cannot be reached.")))),
        })),
      ),
      group(
        t("Models"),
        [...offered].map((name) => ({ id: `model:${name}`, label: name, leftSection: <IconBoxModel2 size={18} />, onClick: () => go(`/models/${encodeURI(name)}`) })),
      ),
      group(
        t("Playground"),
        [...talkers(models ?? []).keys()].map((model) => ({ id: `try:${model}`, label: t("Try {{model}}", { model }), leftSection: <IconMessages size={18} />, onClick: () => go(`/playground?model=${encodeURIComponent(model)}`) })),
      ),
    ].filter(filled);
  }, [typed, status?.accounts, status?.addresses, accounts, models, clients, go, editClient, editAccount, editSettings, clear, test]);
}
