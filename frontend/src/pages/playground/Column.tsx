import { ActionIcon, Alert, Anchor, Box, Button, Card, Collapse, Group, Image, Select, Stack, Text, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconAlertTriangle, IconBrain, IconChevronDown, IconChevronUp, IconPlayerStop, IconX } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { Link } from "wouter";

import { type Column, editColumn, removeColumn, type Run, runs, speed, stop, type Turn } from "../../api/play";
import { type Model, useNow, useRequest } from "../../api/queries";
import { count, duration } from "../../format";
import { CopyIcon } from "../../ui/Copy";
import { Cost, State, Tokens } from "../../ui/Parts";
import { plural, say, t } from "../../words";
import { Thumbs } from "../requests/Thumbs";

/** One model, and the conversation with it. */
export function ColumnCard({ of: c, names, alone }: { of: Column; names: Map<string, Model[]>; alone: boolean }) {
  const busy = runs(c);
  const offers = (c.model === null ? undefined : names.get(c.model)) ?? [];
  const called = c.model ?? t("no model yet");
  return (
    <Card withBorder padding="sm" component="section" aria-label={t("Answers of {{model}}", { model: called })}>
      <Stack gap="sm" h="100%">
        <Group gap={6} wrap="nowrap" align="flex-start">
          <Stack gap={6} style={{ flex: 1, minWidth: 0 }}>
            <Select
              aria-label={t("Model")}
              placeholder={t("Choose a model")}
              data={[...names.keys()]}
              value={c.model}
              onChange={(model) => editColumn(c.id, { model, account: null })}
              searchable
              limit={60}
              nothingFoundMessage={t("No model has that name")}
              disabled={busy}
              allowDeselect={false}
            />
            <Select
              size="xs"
              aria-label={t("Account")}
              data={[{ value: "", label: t("Any account, as routing decides") }, ...offers.map((o) => ({ value: o.account, label: o.account }))]}
              value={c.account ?? ""}
              onChange={(v) => editColumn(c.id, { account: v || null })}
              disabled={busy || c.model === null}
              allowDeselect={false}
            />
          </Stack>
          {!alone && (
            <Tooltip label={t("Take this model away")}>
              <ActionIcon variant="subtle" color="gray" size={36} aria-label={t("Take {{model}} away", { model: called })} onClick={() => removeColumn(c.id)}>
                <IconX size={16} />
              </ActionIcon>
            </Tooltip>
          )}
        </Group>
        {c.turns.length === 0 && (
          <Text size="sm" c="dimmed">
            {t("The answer appears here.")}
          </Text>
        )}
        {c.turns.map((turn, i) => (turn.role === "user" ? <Asked key={i} of={turn} /> : <Answer key={i} of={turn} halt={() => stop(c.id)} />))}
      </Stack>
    </Card>
  );
}

function Asked({ of: turn }: { of: Turn }) {
  return (
    <Box bg="var(--mantine-color-default-hover)" p="xs" style={{ borderRadius: "var(--mantine-radius-sm)" }}>
      {(turn.images?.length ?? 0) > 0 && (
        <Group gap={6} mb={turn.text ? 6 : 0}>
          {turn.images?.map((url, i) => <Image key={i} src={url} h={40} w={40} fit="cover" radius="sm" alt={t("Image {{n}}", { n: i + 1 })} />)}
        </Group>
      )}
      <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} lineClamp={6}>
        {turn.text}
      </Text>
    </Box>
  );
}

/** What a model says, as it comes, and then what that took and cost. */
export function Answer({ of: turn, halt }: { of: Turn; halt?: () => void }) {
  const run = turn.run;
  const running = run?.state === "running";
  return (
    <Stack gap="xs" component="article" aria-label={t("Answer")} aria-busy={running}>
      {run?.thinking && <Thought text={run.thinking} running={running && turn.text === ""} />}
      {turn.text !== "" && (
        <Text size="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} data-answer>
          {turn.text}
        </Text>
      )}
      {run?.state === "failed" && (
        <Alert color="red" icon={<IconAlertTriangle />} title={turn.text === "" ? t("No answer") : t("The answer broke off")} role="alert">
          <Text size="sm">{say(run.error ?? "")}</Text>
          {run.request && <RequestLink id={run.request} />}
        </Alert>
      )}
      {run !== undefined && running && (
        <Group justify="space-between" wrap="nowrap">
          <Progress run={run} first={turn.first} />
          {halt && (
            <Button size="compact-xs" color="red" variant="light" leftSection={<IconPlayerStop size={12} />} onClick={halt}>
              {t("Stop")}
            </Button>
          )}
        </Group>
      )}
      {run !== undefined && !running && <Figures run={run} text={turn.text} />}
    </Stack>
  );
}

function Thought({ text, running }: { text: string; running: boolean }) {
  const [shown, { toggle }] = useDisclosure(false);
  return (
    <div>
      <Button variant="subtle" color="gray" size="compact-xs" onClick={toggle} aria-expanded={shown} leftSection={<IconBrain size={14} />} rightSection={shown ? <IconChevronUp size={12} /> : <IconChevronDown size={12} />}>
        {running ? t("Thinking…") : t("What it thought")}
      </Button>
      <Collapse expanded={shown}>
        <Text size="xs" c="dimmed" mt={4} pl="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere", borderLeft: "2px solid var(--mantine-color-default-border)" }}>
          {text}
        </Text>
      </Collapse>
    </div>
  );
}

function Progress({ run, first }: { run: Run; first: number | undefined }) {
  const now = useNow(true);
  return (
    <Group gap="xs">
      <State tone="busy">{first === undefined ? t("Waiting") : t("Answering")}</State>
      <Text size="xs" c="dimmed">
        {first === undefined ? duration(Math.max(1, now - Date.parse(run.started))) : t("first token after {{time}}", { time: duration(first) })}
      </Text>
    </Group>
  );
}

/** Of a run that has ended: how long it took, what it cost, who answered. */
function Figures({ run, text }: { run: Run; text: string }) {
  const row = run.row;
  if (row === undefined) return null;
  const rate = speed(row);
  const figures: [string, ReactNode][] = [
    [t("First token"), row.first_byte_ms ? duration(row.first_byte_ms) : "–"],
    [t("Whole answer"), duration(row.took_ms ?? 0)],
    [t("Tokens/s"), rate === undefined ? "–" : count(Math.round(rate))],
    [t("Tokens"), <Tokens key="tokens" input={row.input_tokens + row.cache_write_tokens} cached={row.cache_read_tokens} output={row.output_tokens} estimated={row.tokens_estimated} />],
    [t("Cost"), <Cost key="cost" of={{ usd: row.cost_usd, estimated: row.cost_estimated, by: row.cost_told_by }} />],
  ];
  return (
    <Stack gap={6}>
      <Box component="dl" m={0} className="figures" style={{ display: "flex", flexWrap: "wrap", gap: "4px 20px" }}>
        {figures.map(([name, value]) => (
          <div key={name}>
            <Text component="dt" size="xs" c="dimmed">
              {name}
            </Text>
            <Text component="dd" size="sm" m={0}>
              {value}
            </Text>
          </div>
        ))}
      </Box>
      <Group justify="space-between" gap="xs" wrap="nowrap" align="flex-start">
        <Text size="xs" c="dimmed" pt={6}>
          {run.state === "stopped" && `${t("Stopped.")} `}
          {row.account && `${t("Answered by {{account}}.", { account: row.account })} `}
          {row.attempts > 1 && `${plural(row.attempts, "It took {{count}} attempt.", "It took {{count}} attempts.")} `}
          {run.request && <RequestLink id={run.request} />}
        </Text>
        {text !== "" && <CopyIcon text={text} label={t("the answer")} />}
      </Group>
      {row.state === "ok" && run.request && <Judged id={run.request} />}
    </Stack>
  );
}

function RequestLink({ id }: { id: string }) {
  return (
    <Anchor component={Link} href={`/requests/${id}`} size="xs" underline="always">
      {t("Why, and all about this request")}
    </Anchor>
  );
}

function Judged({ id }: { id: string }) {
  const { data } = useRequest(id);
  return <Thumbs id={id} thumb={data?.thumb ?? "none"} />;
}
