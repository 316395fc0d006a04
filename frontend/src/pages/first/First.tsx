import { Button, Code, Group, Stack, Text, Timeline } from "@mantine/core";
import { IconCheck, IconSend } from "@tabler/icons-react";
import { type ReactNode, useMemo, useState } from "react";

import { askAll, take, useBoard } from "../../api/play";
import { type Client, type Status, useAddClient, useClients, useEditSettings, useModels, useRequests, useSettings } from "../../api/queries";
import { dollars } from "../../format";
import { CopyIcon } from "../../ui/Copy";
import { refused } from "../../ui/notify";
import { Section } from "../../ui/Parts";
import { cheapest } from "../../ui/talkers";
import { plural, t } from "../../words";
import { Answer } from "../playground/Column";
import { Recipes, WhichTool } from "../tools/Recipes";
import { recipes } from "../tools/recipes";
import { Paste } from "./Paste";

/** The way from nothing to the first answer, and to one's tools. Once it is done, or skipped, it never comes back. */
export function First({ status }: { status: Status }) {
  const { data: settings } = useSettings();
  const { data: clients } = useClients();
  const requests = useRequests({});
  const edit = useEditSettings();
  const [begun, setBegun] = useState(false); // what is done here stays in sight until the person is through
  if (settings === undefined || clients === undefined || requests.data === undefined || settings.welcomed) return null;
  const answered = requests.hasNextPage || requests.data.pages.some((p) => (p.rows ?? []).some((r) => r.state === "ok"));
  const done = [(status.accounts ?? []).length > 0, answered, clients.some((c) => !c.revoked)];
  if (!begun && done.every(Boolean)) return null;
  const next = done.indexOf(false);
  const end = () => edit.mutate({ welcomed: true }, { onError: refused });
  const begin = () => setBegun(true);
  const steps: [string, ReactNode][] = [
    [t("Paste a key"), done[0] ? <Found status={status} /> : <Paste added={begin} />],
    [t("See it answer"), done[0] ? <Try asked={begin} /> : <Later>{t("A test message goes to a cheap model, and its answer streams back.")}</Later>],
    [t("Connect your tools"), done[0] ? <Tools status={status} clients={clients.filter((c) => !c.revoked)} made={begin} /> : <Later>{t("Each tool gets a local key of its own, which is useless off this machine.")}</Later>],
  ];
  return (
    <Section
      title={t("Three steps to the first answer")}
      actions={
        next < 0 ? undefined : (
          <Button variant="subtle" color="gray" size="compact-sm" onClick={end}>
            {t("Skip")}
          </Button>
        )
      }
    >
      <Timeline active={next < 0 ? steps.length : next - 1} bulletSize={28} lineWidth={2}>
        {steps.map(([title, content], i) => (
          <Timeline.Item key={i} title={title} bullet={done[i] ? <IconCheck size={16} /> : <span>{i + 1}</span>}>
            {content}
          </Timeline.Item>
        ))}
      </Timeline>
      {next < 0 && (
        <Group justify="flex-end" mt="md">
          <Button onClick={end}>{t("Done")}</Button>
        </Group>
      )}
    </Section>
  );
}

function Later({ children }: { children: ReactNode }) {
  return (
    <Text size="sm" c="dimmed">
      {children}
    </Text>
  );
}

function Found({ status }: { status: Status }) {
  const accounts = status.accounts ?? [];
  return <Later>{t("{{models}} at {{accounts}}.", { models: plural(status.models, "model"), accounts: accounts.map((a) => a.slug).join(", ") })}</Later>;
}

/** Asks a cheap model, and shows how its answer comes. */
function Try({ asked }: { asked: () => void }) {
  const { data: models } = useModels();
  const board = useBoard();
  const [mine, setMine] = useState<number | null>(null); // the column that was asked here
  const model = useMemo(() => cheapest(models ?? []), [models]);
  if (model === undefined) return <Later>{t("No model to talk to was found yet.")}</Later>;
  const answer = board.columns.find((c) => c.id === mine)?.turns.at(-1);
  const ask = () => {
    asked();
    setMine(take({ model: model.name, turns: [{ role: "user", text: t("Say hello in one short sentence.") }] }, model.account));
    askAll();
  };
  const price = model.output_usd === undefined ? undefined : dollars(Math.max((20 * (model.input_usd ?? 0) + 50 * model.output_usd) / 1e6, 0.0001));
  return (
    <Stack gap="xs">
      <Later>
        {price === undefined
          ? t("{{model}} is asked to say hello.", { model: model.name })
          : t("{{model}} is asked to say hello. It costs about {{price}}.", { model: model.name, price })}
      </Later>
      <div>
        <Button size="xs" leftSection={<IconSend size={14} />} onClick={ask} loading={answer?.run?.state === "running"}>
          {answer === undefined ? t("Send a test message") : t("Send it again")}
        </Button>
      </div>
      {answer?.role === "assistant" && <Answer of={answer} />}
    </Stack>
  );
}

/** The addresses, and what to copy for each tool: its key is made when it is chosen. */
function Tools({ status, clients, made }: { status: Status; clients: Client[]; made: () => void }) {
  const add = useAddClient();
  const [tool, setTool] = useState<string | null>(null);
  const nameOf = (id: string) => (id === "curl" ? "Script" : (recipes.find((r) => r.id === id)?.name ?? id));
  const client = tool === null ? undefined : clients.find((c) => c.name === nameOf(tool));
  const choose = (id: string) => {
    made();
    setTool(id);
    if (!clients.some((c) => c.name === nameOf(id))) add.mutate(nameOf(id), { onError: refused });
  };
  const at = status.addresses?.[0];
  return (
    <Stack gap="sm">
      {at !== undefined &&
        [
          [t("OpenAI"), `http://${at}/v1`],
          [t("Anthropic and Gemini"), `http://${at}`],
        ].map(([name = "", url = ""]) => (
          <Group key={url} gap={6} wrap="nowrap">
            <Text size="sm" w={150}>
              {name}
            </Text>
            <Code fz="sm">{url}</Code>
            <CopyIcon text={url} label={t("base URL for {{name}}", { name })} />
          </Group>
        ))}
      <Later>{t("Choose a tool: it gets a local key of its own, and you see where to put it.")}</Later>
      <WhichTool id={tool ?? ""} choose={choose} />
      {client !== undefined && tool !== null && <Recipes key={client.id} keyOf={client} first={tool} fixed />}
    </Stack>
  );
}
