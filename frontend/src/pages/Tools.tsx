import { ActionIcon, Anchor, Badge, Button, Card, Group, Menu, Modal, Select, Stack, Switch, Table, Text } from "@mantine/core";
import { IconDots, IconEye, IconEyeglass, IconEyeglassOff, IconPlugConnected, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";
import { useLocation, useParams } from "wouter";

import { clientKey, type Client, type Figures, useAccounts, useCaptureClient, useClients, useEditClient, useMode, useNewestOf, useNow, useRevokeClient, useUsageToday } from "../api/queries";
import { ago, sum } from "../format";
import { copy } from "../ui/Copy";
import { modeName } from "../ui/ModeSwitch";
import { refused, tell, warn } from "../ui/notify";
import { Cost, Empty, Loaded, Page } from "../ui/Parts";
import { RequestsLink } from "../ui/RequestsLink";
import { plural, say, t } from "../words";
import { Confirm, Kept } from "./tools/Capture";
import { Connect } from "./tools/Connect";
import { Recipes } from "./tools/Recipes";

export function Tools() {
  const clients = useClients();
  const { data: usage } = useUsageToday("client");
  const now = useNow(false);
  const { what } = useParams<{ what?: string }>();
  const [, go] = useLocation();
  const [shown, setShown] = useState<Client | null>(null);
  const [old, setOld] = useState(false);
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={() => go("/tools/connect")}>
      {t("Connect a tool")}
    </Button>
  );
  const live = clients.data?.filter((c) => c.revoked === undefined) ?? [];
  const revoked = (clients.data?.length ?? 0) - live.length;
  return (
    <Page
      title={t("Tools")}
      about={t("Each tool has a local key of its own: its use is counted apart, and you can end it alone. A local key is useless off this machine.")}
      actions={clients.data?.length ? add : undefined}
    >
      <Loaded of={clients}>
        {(all) =>
          all.length === 0 ? (
            <Empty icon={IconPlugConnected} title={t("No tool yet")} action={add}>
              {t("Make a local key for Claude Code, Codex, Gemini CLI, or anything else that speaks OpenAI, Anthropic or Gemini, and Metapi shows you where to put it.")}
            </Empty>
          ) : (
            <Stack>
              <Card withBorder p={0}>
                <Table aria-label={t("Local keys")} verticalSpacing="sm" horizontalSpacing="md">
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th>{t("Tool")}</Table.Th>
                      <Table.Th className="wide">{t("Local key")}</Table.Th>
                      <Table.Th w={160}>{t("Mode")}</Table.Th>
                      <Table.Th w={130}>{t("Today")}</Table.Th>
                      <Table.Th w={130} className="wide">
                        {t("Last used")}
                      </Table.Th>
                      <Table.Th w={140} />
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {(old ? all : live).map((c) => (
                      <ClientRow key={c.id} client={c} today={usage?.groups?.find((g) => g.key === c.id)} now={now} show={() => setShown(c)} />
                    ))}
                  </Table.Tbody>
                </Table>
              </Card>
              <Kept />
              {revoked > 0 && <Switch label={plural(revoked, "Also the {{count}} that was revoked", "Also the {{count}} that were revoked")} checked={old} onChange={(e) => setOld(e.currentTarget.checked)} />}
            </Stack>
          )
        }
      </Loaded>
      <Connect opened={what === "connect"} close={() => go("/tools", { replace: true })} />
      <Modal opened={shown !== null} onClose={() => setShown(null)} title={t("Set up {{name}}", { name: shown?.name ?? "" })} size="lg">
        {shown !== null && <Recipes keyOf={shown} />}
      </Modal>
    </Page>
  );
}

/** How the requests of one tool are routed, where that is not as those of all: in a mode of its own, or to one account alone. */
function ClientMode({ client: c }: { client: Client }) {
  const { data: mode } = useMode();
  const { data: accounts } = useAccounts();
  const edit = useEditClient();
  const asAll = mode === undefined ? t("As all") : t("As all: {{mode}}", { mode: modeName(mode.mode) });
  return (
    <Select
      size="xs"
      aria-label={t("Mode of {{name}}", { name: c.name })}
      data={[
        { value: "", label: asAll },
        ...(mode?.modes ?? []).map((m) => ({ value: m.mode as string, label: modeName(m.mode) })),
        { group: t("One account alone"), items: (accounts ?? []).map((a) => ({ value: pinned + a.id, label: t("Only {{name}}", { name: a.name }) })) },
      ]}
      value={edit.isPending ? chosen(edit.variables) : chosen(c)}
      onChange={(v) => edit.mutate({ id: c.id, ...(v?.startsWith(pinned) ? { pin: v.slice(pinned.length) } : { mode: v ?? "", pin: "" }) }, { onError: refused })}
      allowDeselect={false}
      comboboxProps={{ withinPortal: true, width: 190, position: "bottom-start" }}
    />
  );
}

const pinned = "pin:"; // before an account's id, among modes

const chosen = (c: { mode?: string; pin?: string }) => (c.pin ? pinned + c.pin : (c.mode ?? ""));

function ClientRow({ client: c, today, now, show }: { client: Client; today: Figures | undefined; now: number; show: () => void }) {
  const revoke = useRevokeClient();
  const edit = useEditClient();
  const setPaused = (paused: boolean) =>
    edit.mutate({ id: c.id, paused }, { onError: refused, onSuccess: () => tell(t(paused ? "{{name}} gets an error until you resume it." : "The requests of {{name}} are taken again.", { name: c.name })) });
  const [sure, setSure] = useState(false);
  const [asked, setAsked] = useState(false);
  const capture = useCaptureClient();
  const dead = c.revoked !== undefined;
  const runRevoke = async () => {
    try {
      tell(say((await revoke.mutateAsync(c.id)).message)); // this row may be gone by then
      setSure(false);
    } catch (error) {
      refused(error);
    }
  };
  const copyKey = async () => {
    try {
      const { key } = await clientKey(c.id);
      if (await copy(key)) tell(t("The local key of {{name}} is on the clipboard.", { name: c.name }));
      else warn(t("Open “Set up”, select the key and copy it."), t("The clipboard cannot be reached."));
    } catch (error) {
      refused(error);
    }
  };
  return (
    <Table.Tr opacity={dead ? 0.6 : 1}>
      <Table.Td>
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {c.name}
        </Text>
        {!dead && c.paused && (
          <Text size="xs" c="var(--mantine-color-error)">
            {t("Paused: {{why}}.", { why: say(c.paused) })}
          </Text>
        )}
        {dead && (
          <Text size="xs" c="dimmed">
            {t("revoked {{ago}}", { ago: ago(c.revoked, now) })}
          </Text>
        )}
        {c.capture && (
          <Badge size="sm" variant="default" leftSection={<IconEyeglass size={12} />}>
            {t("captured")}
          </Badge>
        )}
      </Table.Td>
      <Table.Td className="wide">
        <Text size="sm" className="mono">
          {c.key_hint}
        </Text>
        <Text size="xs" c="dimmed">
          {t("made {{ago}}", { ago: ago(c.created, now) })}
        </Text>
      </Table.Td>
      <Table.Td>{!dead && <ClientMode client={c} />}</Table.Td>
      <Table.Td>{today ? <Today client={c} figures={today} /> : "–"}</Table.Td>
      <Table.Td className="wide">
        <LastUsed client={c} now={now} />
      </Table.Td>
      <Table.Td>
        {!dead && (
          <Group gap="xs" justify="flex-end" wrap="nowrap">
            {c.paused && (
              <Button size="xs" onClick={() => setPaused(false)} loading={edit.isPending} aria-label={t("Resume {{name}}", { name: c.name })}>
                {t("Resume")}
              </Button>
            )}
            <Button size="xs" variant="default" onClick={show} leftSection={<IconEye size={15} />} aria-label={t("Set up {{name}}", { name: c.name })}>
              {t("Set up")}
            </Button>
            <Menu position="bottom-end" withinPortal>
              <Menu.Target>
                <ActionIcon variant="default" size={30} aria-label={t("More about {{name}}", { name: c.name })}>
                  <IconDots size={16} />
                </ActionIcon>
              </Menu.Target>
              <Menu.Dropdown>
                <Menu.Item onClick={() => void copyKey()}>{t("Copy the local key")}</Menu.Item>
                <Menu.Item component={RequestsLink} of={{ client: c.id }}>
                  {t("Its requests")}
                </Menu.Item>
                {c.capture ? (
                  <Menu.Item leftSection={<IconEyeglassOff size={15} />} onClick={() => capture.mutate({ id: c.id, on: false }, { onSuccess: () => tell(t("What {{name}} says is not captured any more.", { name: c.name })), onError: refused })}>
                    {t("Stop capturing")}
                  </Menu.Item>
                ) : (
                  <Menu.Item leftSection={<IconEyeglass size={15} />} onClick={() => setAsked(true)}>
                    {t("Capture prompts and replies…")}
                  </Menu.Item>
                )}
                {!c.paused && <Menu.Item onClick={() => setPaused(true)}>{t("Pause this tool")}</Menu.Item>}
                <Menu.Divider />
                <Menu.Item color="red" leftSection={<IconTrash size={15} />} onClick={() => setSure(true)}>
                  {t("Revoke…")}
                </Menu.Item>
              </Menu.Dropdown>
            </Menu>
          </Group>
        )}
        <Confirm client={c} opened={asked} close={() => setAsked(false)} />
        <Modal opened={sure} onClose={() => setSure(false)} title={t("Revoke the local key of {{name}}?", { name: c.name })}>
          <Text size="sm">{t("The tool gets an error from its next request on. This cannot be undone; you can make a new key for it.")}</Text>
          <Group justify="flex-end" mt="md">
            <Button variant="default" onClick={() => setSure(false)} data-autofocus>
              {t("Keep it")}
            </Button>
            <Button color="red.9" loading={revoke.isPending} onClick={() => void runRevoke()}>
              {t("Revoke")}
            </Button>
          </Group>
        </Modal>
      </Table.Td>
    </Table.Tr>
  );
}

/** What a tool has asked for today, and what that cost. */
function Today({ client: c, figures: f }: { client: Client; figures: Figures }) {
  return (
    <>
      <Anchor component={RequestsLink} of={{ client: c.id }} size="sm">
        {plural(f.requests, "request")}
      </Anchor>
      <Text size="xs" c="dimmed" component="div">
        {f.cost_unknown > 0 && f.cost_usd === 0 ? t("cost not known") : <Cost of={sum(f)} />}
      </Text>
    </>
  );
}

function LastUsed({ client: c, now }: { client: Client; now: number }) {
  const { data: newest } = useNewestOf(c.id);
  return <Text size="sm">{newest ? ago(newest.start, now) : "–"}</Text>;
}
