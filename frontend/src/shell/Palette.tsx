import { Spotlight, type SpotlightActionData, type SpotlightActionGroupData } from "@mantine/spotlight";
import { IconBoxModel2, IconCopy, IconKey, IconPlayerPause, IconPlayerPlay, IconPlugConnected, IconRoute, IconSearch, IconSettings, IconStethoscope } from "@tabler/icons-react";
import { useMemo } from "react";
import { useLocation } from "wouter";

import { parts } from "../pages/settings";
import { useAccounts, useClients, useEditClient, useMode, useModels, useSetMode, useSetPaused, useStatus } from "../api/queries";
import { modeName } from "../ui/ModeSwitch";
import { copy } from "../ui/Copy";
import { refused, tell, warn } from "../ui/notify";
import { t } from "../words";
import { pages } from "./pages";

/** Everything by keyboard: pages, modes, accounts and models. */
export function Palette() {
  const [, go] = useLocation();
  const { data: status } = useStatus();
  const { data: mode } = useMode();
  const { data: accounts } = useAccounts();
  const { data: models } = useModels();
  const { data: clients } = useClients();
  const { mutate: editClient } = useEditClient();
  const { mutate: setMode } = useSetMode();
  const { mutate: setPaused } = useSetPaused();

  const actions = useMemo(() => {
    const group = (group: string, actions: SpotlightActionData[]): SpotlightActionGroupData => ({ group, actions });
    const names = [...new Set((models ?? []).filter((m) => !m.gone).map((m) => m.name))];
    return [
      group(
        "Pages",
        pages.map(({ path, name, icon: Icon }) => ({ id: path, label: name, leftSection: <Icon size={18} />, onClick: () => go(path) })),
      ),
      group("Do", [
        { id: "add", label: "Add an account", leftSection: <IconKey size={18} />, onClick: () => go("/accounts/add") },
        { id: "find", label: "Look for models on this machine", leftSection: <IconKey size={18} />, onClick: () => go("/accounts/find") },
        { id: "doctor", label: "Look for what is wrong", leftSection: <IconStethoscope size={18} />, onClick: () => go("/doctor") },
        { id: "connect", label: "Connect a tool", leftSection: <IconPlugConnected size={18} />, onClick: () => go("/tools/connect") },
        ...(mode?.modes ?? []).map((m) => ({
          id: `mode:${m.mode}`,
          label: `Mode: ${modeName(m.mode)}`,
          description: m.means,
          leftSection: <IconRoute size={18} />,
          onClick: () => setMode(m.mode, { onError: refused }),
        })),
        {
          id: "pause",
          label: status?.paused ? "Resume" : "Pause",
          description: status?.paused ? "Take requests again" : "Refuse requests until you resume",
          leftSection: status?.paused ? <IconPlayerPlay size={18} /> : <IconPlayerPause size={18} />,
          onClick: () => setPaused(!status?.paused, { onError: refused }),
        },
      ]),
      group(
        "Tools",
        (clients ?? [])
          .filter((c) => c.revoked === undefined)
          .map((c) => ({
            id: `tool:${c.id}`,
            label: `${c.paused ? "Resume" : "Pause"} the tool ${c.name}`,
            leftSection: <IconPlugConnected size={18} />,
            onClick: () => editClient({ id: c.id, paused: !c.paused }, { onError: refused }),
          })),
      ),
      group(
        "Settings",
        parts.flatMap(({ id, name, settings }) => [name, ...settings].map((s) => ({ id: `setting:${id} ${s}`, label: t(s), description: t(name), keywords: [s, name], leftSection: <IconSettings size={18} />, onClick: () => go(`/settings/${id}`) }))),
      ),
      group(
        "Addresses",
        (status?.addresses ?? []).slice(0, 1).flatMap((at) =>
          ([["OpenAI", `http://${at}/v1`], ["Anthropic", `http://${at}`], ["Gemini", `http://${at}`]] as const).map(([of, url]) => ({
            id: `address:${of}`,
            label: `Copy the address for ${of}`,
            description: url,
            leftSection: <IconCopy size={18} />,
            onClick: () => void copy(url).then((ok) => (ok ? tell(`${url} is on the clipboard.`) : warn(url, "The clipboard cannot be reached."))),
          })),
        ),
      ),
      group(
        "Accounts",
        (accounts ?? []).map((a) => ({ id: a.id, label: a.name, description: a.base_url, leftSection: <IconKey size={18} />, onClick: () => go(`/accounts/${a.id}`) })),
      ),
      group(
        "Models",
        names.map((name) => ({ id: `model:${name}`, label: name, leftSection: <IconBoxModel2 size={18} />, onClick: () => go(`/models/${encodeURI(name)}`) })),
      ),
    ].filter((g) => g.actions.length > 0);
  }, [status?.paused, status?.addresses, mode, accounts, clients, models, go, setMode, setPaused, editClient]);

  return (
    <Spotlight
      actions={actions}
      shortcut={["mod+K"]}
      nothingFound="Nothing has that name."
      highlightQuery
      scrollable
      maxHeight={420}
      limit={30}
      searchProps={{ leftSection: <IconSearch size={18} />, placeholder: "Pages, modes, accounts, models, tools, settings", "aria-label": "Search" }}
    />
  );
}
