import { Box, Code, Divider, Drawer, Group, SimpleGrid, Stack, Table, Text, Timeline, Title } from "@mantine/core";
import { IconArrowRight, IconCheck, IconX } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { useAccounts, useNow, useRequest, useStatus } from "../../api/queries";
import { clock, dollars, duration, fromNanos, money, plural, rate, share } from "../../format";
import { CopyButton, CopyIcon } from "../../ui/Copy";
import { modeName } from "../../ui/ModeSwitch";
import { Cost, Figure, Loaded, State } from "../../ui/Parts";
import { protocolName } from "../../ui/protocols";
import { requestState } from "../../ui/requests";
import { Receipt } from "./Receipt";
import { report } from "./report";

type Attempt = Schemas["Attempt"];

/** All that is known of one request: what it came to, each try, and why it went where it went. */
export function Detail({ id, close }: { id: string; close: () => void }) {
  return (
    <Drawer opened={id !== ""} onClose={close} position="right" size="xl" title="Request">
      {id !== "" && <Body id={id} />}
    </Drawer>
  );
}

function Body({ id }: { id: string }) {
  const request = useRequest(id);
  const { data: accounts } = useAccounts();
  const { data: status } = useStatus();
  const provider = (account: string) => accounts?.find((a) => a.id === account)?.provider ?? "a removed account";
  const now = useNow(request.data?.row.state === "running");
  const name = (account: string) => accounts?.find((a) => a.id === account)?.name ?? "a removed account";
  return (
    <Loaded of={request}>
      {({ row: r, record }) => {
        const { tone, word } = requestState(r);
        const attempts = record.attempts ?? [];
        const tokens = r.input_tokens + r.cache_read_tokens + r.cache_write_tokens + r.output_tokens;
        return (
          <Stack gap="lg">
            <Box>
              <Group gap="sm">
                <Title order={2} size="h4" style={{ overflowWrap: "anywhere" }}>
                  {r.model || "(no model)"}
                </Title>
                <State tone={tone}>{word}</State>
              </Group>
              <Text size="sm" c="dimmed">
                {r.client} · {protocolName(r.protocol)}
                {r.stream ? ", streamed" : ""} · {clock(r.start, now)}
                {record.asked !== "" && record.asked !== r.model && (
                  <>
                    {" "}
                    · asked for <span className="mono">{record.asked}</span>
                  </>
                )}
              </Text>
              {r.error !== undefined && (
                <Text size="sm" mt="xs" c="var(--mantine-color-error)">
                  {r.status ? `${r.status}: ` : ""}
                  {r.error}
                </Text>
              )}
              {r.state !== "running" && (
                <Box mt="sm">
                  <CopyButton text={report({ row: r, record }, status?.version ?? "", provider)}>Copy a report</CopyButton>
                </Box>
              )}
            </Box>

            <SimpleGrid cols={{ base: 2, xs: 4 }}>
              <Figure label="Cost" value={tokens === 0 ? "–" : <Cost of={{ usd: r.cost_usd, estimated: r.cost_estimated, by: r.cost_told_by }} />} />
              <Figure label="Took" value={duration(r.state === "running" ? Math.max(0, now - Date.parse(r.start)) : (r.took_ms ?? 0))} />
              <Figure label="First token" value={r.first_byte_ms ? duration(r.first_byte_ms) : "–"} />
              <Figure label="Tries" value={attempts.length || (r.state === "running" ? "…" : "0")} />
            </SimpleGrid>

            {r.state !== "running" && <Receipt id={r.id} />}

            <Box>
              <Title order={3} size="h5" mb="sm">
                What was tried
              </Title>
              {attempts.length === 0 ? (
                <Text size="sm" c="dimmed">
                  {r.state === "running" ? "It still runs. Each try is shown here once it has ended." : "Nothing: no account could be asked."}
                </Text>
              ) : (
                <Timeline active={attempts.length} bulletSize={26} lineWidth={2}>
                  {attempts.map((a, i) => (
                    <Timeline.Item key={i} bullet={attemptIcon(a, i === attempts.length - 1)} color={a.kind ? "red" : "teal"} title={name(a.account)}>
                      <AttemptText of={a} />
                    </Timeline.Item>
                  ))}
                </Timeline>
              )}
            </Box>

            <Why record={record} name={name} />
            <Divider />
            <Group gap={4}>
              <Text size="xs" c="dimmed">
                Request id
              </Text>
              <Code>{r.id}</Code>
              <CopyIcon text={r.id} label="the request's id" />
            </Group>
          </Stack>
        );
      }}
    </Loaded>
  );
}

function attemptIcon(a: Attempt, last: boolean) {
  if (!a.kind) return <IconCheck size={14} />;
  return last ? <IconX size={14} /> : <IconArrowRight size={14} />;
}

function AttemptText({ of: a }: { of: Attempt }) {
  const facts = [
    `as ${a.upstream}`,
    a.via ? `translated to ${protocolName(a.via)}` : "",
    a.mends?.length ? `mended for this provider: ${a.mends.join(", ")}` : "",
    a.status ? `HTTP ${a.status}` : "no answer",
    `began after ${duration(fromNanos(a.start))}`,
    `took ${duration(fromNanos(a.took))}`,
    a.first_byte ? `first token after ${duration(fromNanos(a.first_byte))}` : "",
    a.finish ? `ended: ${a.finish}` : "",
  ].filter(Boolean);
  const used = a.usage && a.usage.input + a.usage.cache_read + a.usage.output > 0;
  return (
    <>
      {a.error !== undefined && (
        <Text size="sm" c="var(--mantine-color-error)">
          {a.error}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {facts.join(" · ")}
      </Text>
      {used && a.cost && (
        <Text size="xs" c="dimmed">
          {a.kind ? "may be billed: " : ""}
          {money({ usd: a.cost.unknown ? null : a.cost.usd, estimated: a.cost.estimated })}
          {a.cost.told_by !== undefined && `, told by ${a.cost.told_by}`}
        </Text>
      )}
    </>
  );
}

type Candidate = Schemas["Figure"];

const wait: [string, (c: Candidate) => string] = ["Answers within", (c) => (c.wait ? duration(fromNanos(c.wait)) : "–")];
const fails: [string, (c: Candidate) => string] = ["Fails", (c) => (c.failing === undefined ? "–" : share(c.failing, 1))];

const plain: [string, (c: Candidate) => string][] = [
  ["Running", (c) => String(c.in_flight)],
  ["Input price", (c) => (c.price ? rate(c.price) : "–")],
];

const would: [string, (c: Candidate) => string] = ["Same tokens there", (c) => (c.would_known ? dollars(c.would ?? 0) : "not known")];

/** What a mode looks at when it ranks, where that is more than the plain figures. */
const looksAt: Record<string, [string, (c: Candidate) => string][]> = {
  latency: [wait, fails],
  cost: [
    ["This request", (c) => (c.priced ? `≈ ${dollars(c.cost ?? 0)}` : "not known")],
    ["The turns to come", (c) => (c.priced && c.later ? `≈ ${dollars(c.later)}` : "–")],
    fails,
  ],
};

/** The decision: who could have served, in which order, and who was left out. */
function Why({ record, name }: { record: Schemas["Record"]; name: (account: string) => string }) {
  const candidates = record.candidates ?? [];
  const excluded = record.excluded ?? [];
  if (candidates.length + excluded.length === 0) return null;
  const looked = looksAt[record.mode ?? ""] ?? plain;
  const figures = candidates.some((c) => c.would_known) ? [...looked, would] : looked;
  return (
    <Box>
      <Title order={3} size="h5" mb={4}>
        Why it went there
      </Title>
      <Text size="sm" c="dimmed" mb="xs">
        {record.mode ? `Mode: ${modeName(record.mode)}. ` : ""}
        {record.rules ? `By ${record.rules.length > 1 ? "rules" : "the rule"} ${record.rules.map((r) => `“${r}”`).join(", ")}. ` : ""}
        {plural(candidates.length, "account")} could serve{excluded.length > 0 ? `, ${excluded.length} left out` : ""}.
      </Text>
      {candidates.length > 0 && (
        <Table verticalSpacing={4} aria-label="Candidates, best first">
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={36}>#</Table.Th>
              <Table.Th>Account</Table.Th>
              <Table.Th>Model there</Table.Th>
              {figures.map(([word]) => (
                <Table.Th key={word} ta="right">
                  {word}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {candidates.map((c, i) => (
              <Table.Tr key={c.deployment}>
                <Table.Td>{i + 1}</Table.Td>
                <Table.Td>{name(c.account)}</Table.Td>
                <Table.Td className="mono">{c.upstream}</Table.Td>
                {figures.map(([word, show]) => (
                  <Table.Td key={word} ta="right">
                    {show(c)}
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
      {excluded.map((x) => (
        <Text key={x.deployment} size="sm" mt={4}>
          <b>{name(x.account)}</b> left out: {x.reason}
          {x.until ? `, until ${clock(x.until, Date.parse(record.start))}` : ""}
        </Text>
      ))}
    </Box>
  );
}
