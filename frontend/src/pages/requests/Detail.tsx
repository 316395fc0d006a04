import { Anchor, Box, Code, Divider, Drawer, Group, SimpleGrid, Stack, Table, Text, Timeline, Title } from "@mantine/core";
import { IconArrowRight, IconCheck, IconX } from "@tabler/icons-react";
import { Link } from "wouter";

import type { Schemas } from "../../api/client";
import { useAccounts, useCaptured, useNow, useRequest, useStatus } from "../../api/queries";
import { clock, count, dollars, duration, fromNanos, bytes, money, rate, share } from "../../format";
import { plural } from "../../words";
import { CopyButton, CopyIcon } from "../../ui/Copy";
import { modeName } from "../../ui/ModeSwitch";
import { Cost, Figure, Loaded, State } from "../../ui/Parts";
import { protocolName } from "../../ui/protocols";
import { requestState } from "../../ui/requests";
import { Receipt } from "./Receipt";
import { report } from "./report";
import { Thumbs } from "./Thumbs";

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
      {({ row: r, record, why, thumb }) => {
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
              {answered(record) && (
                <Box mt="sm">
                  <Thumbs id={r.id} thumb={thumb} />
                </Box>
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
            <Expected of={attempts.at(-1)} />

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
                    <Timeline.Item key={i} bullet={attemptIcon(a, i === attempts.length - 1)} color={a.kind === "hedged" ? "gray" : a.kind ? "red" : "teal"} title={name(a.account)}>
                      <AttemptText of={a} />
                    </Timeline.Item>
                  ))}
                </Timeline>
              )}
            </Box>

            <Why record={record} why={why} name={name} />
            {r.state !== "running" && <Said id={r.id} />}
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

/** Whether a model has answered, so that there is something to judge. */
function answered(record: Schemas["Record"]): boolean {
  const last = record.attempts?.at(-1);
  return last !== undefined && !last.kind && record.state !== "running";
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
  const lost = a.kind === "hedged";
  const used = a.usage && a.usage.input + a.usage.cache_read + a.usage.output > 0;
  return (
    <>
      {a.error !== undefined && (
        <Text size="sm" c={lost ? "dimmed" : "var(--mantine-color-error)"}>
          {lost ? `Hedged: ${a.error}` : a.error}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {facts.join(" · ")}
      </Text>
      {used && a.cost && (
        <Text size="xs" c="dimmed">
          {lost ? "hedged: lost, " : a.kind ? "may be billed: " : ""}
          {money({ usd: a.cost.unknown ? null : a.cost.usd, estimated: a.cost.estimated })}
          {a.cost.told_by !== undefined && `, told by ${a.cost.told_by}`}
        </Text>
      )}
    </>
  );
}

/** What was expected of the try that answered, beside what it took. */
function Expected({ of: a }: { of: Attempt | undefined }) {
  if (!a?.expected || !a.usage) return null;
  const { prompt, output, usd, priced } = a.expected;
  const u = a.usage;
  const cost = priced ? `${dollars(usd ?? 0)}, was ${money({ usd: a.cost?.unknown ? null : (a.cost?.usd ?? 0), estimated: a.cost?.estimated })}` : "no known cost";
  return (
    <Box>
      <Title order={3} size="h5" mb={4}>
        What it was expected to take
      </Title>
      <Text size="sm">Expected {cost}.</Text>
      <Text size="xs" c="dimmed">
        Prompt: {plural(prompt, "token")}, was {count(u.input + u.cache_read + u.cache_write + u.cache_write_1h)}. Reply: {plural(output, "token")}, was {count(u.output)}.
      </Text>
    </Box>
  );
}

/** What was said, where that was captured. */
function Said({ id }: { id: string }) {
  const { data: said } = useCaptured(id);
  if (!said) return null;
  const sides: [string, Schemas["Side"]][] = [
    ["Prompt", said.request],
    [said.stream ? "Reply, put together from its stream" : "Reply", said.reply],
  ];
  return (
    <Box>
      <Title order={3} size="h5" mb={4}>
        What was said
      </Title>
      {sides.map(([word, side]) => (
        <Box key={word} mb="xs">
          <Group justify="space-between">
            <Text size="sm">
              {word}, {bytes(side.size)}
              {side.cut ? ": this is the beginning of it" : ""}
            </Text>
            <CopyIcon text={side.text} label={`the ${word.toLowerCase()}`} />
          </Group>
          <Code block mah={260} style={{ overflow: "auto", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} tabIndex={0} aria-label={word}>
            {side.text || "(nothing)"}
          </Code>
        </Box>
      ))}
      <Text size="xs" c="dimmed">
        Keys were taken out before it was kept, as far as they could be told.
      </Text>
    </Box>
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

const good: [string, (c: Candidate) => string] = ["Good answers", (c) => (c.judged ? `${Math.round(100 * c.judged.quality)} % ± ${Math.round(100 * c.judged.doubt)}` : "–")];
const costs: [string, (c: Candidate) => string] = ["This request", (c) => (c.priced ? `≈ ${dollars(c.cost ?? 0)}` : c.unknown ? `not known, so last in cost mode: ${c.unknown}` : "not known")];
const worth: [string, (c: Candidate) => string] = ["Worth, less cost and wait", (c) => (c.priced && c.utility !== undefined ? `${c.utility < 0 ? "–" : ""}${dollars(Math.abs(c.utility))}` : "–")];

/** What a mode looks at when it ranks, where that is more than the plain figures. */
const looksAt: Record<string, [string, (c: Candidate) => string][]> = {
  latency: [wait, fails],
  cost: [
    costs,
    ["The turns to come", (c) => (c.priced && c.later ? `≈ ${dollars(c.later)}` : "–")],
    fails,
  ],
  quality: [good, costs, fails],
  auto: [good, costs, wait, worth],
};

/** The decision: who could have served, in which order, and who was left out. */
function Why({ record, why, name }: { record: Schemas["Record"]; why?: string; name: (account: string) => string }) {
  const candidates = record.candidates ?? [];
  const excluded = record.excluded ?? [];
  if (candidates.length + excluded.length === 0) return null;
  const rests = candidates.map((c) => judged(c, candidates, record.domain));
  const looked = looksAt[record.mode ?? ""] ?? plain;
  const shown = candidates.some((c) => c.judged) && !looked.includes(good) ? [good, ...looked] : looked;
  const figures = candidates.some((c) => c.would_known) ? [...shown, would] : shown;
  return (
    <Box>
      <Title order={3} size="h5" mb={4}>
        Why it went there
      </Title>
      {why !== undefined && (
        <Text size="sm" mb={4}>
          {why}
        </Text>
      )}
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
      {[...new Set(rests)].filter(Boolean).map((words) => (
        <Text key={words} size="xs" c="dimmed" mt={4}>
          {rests.flatMap((w, i) => (w === words ? [i + 1] : [])).join(", ")}. {words}.
        </Text>
      ))}
      {excluded.map((x) => (
        <Text key={x.deployment} size="sm" mt={4}>
          <b>{name(x.account)}</b> left out: {x.reason}
          {x.until ? `, until ${clock(x.until, Date.parse(record.start))}` : ""}
        </Text>
      ))}
      <Anchor component={Link} href={`/explain/${record.id}`} size="sm" mt="xs" display="inline-block">
        All figures, and how it would be decided now
      </Anchor>
    </Box>
  );
}

/** What the expected quality of a candidate rests on, and who is better in every respect; "" where the mode did not look at it. */
function judged(c: Candidate, candidates: Candidate[], domain?: string): string {
  const j = c.judged;
  if (!j) return "";
  const dominator = candidates.findIndex((o) => o.deployment === c.dominated) + 1;
  return [
    `${(100 * j.prior).toFixed(1)} % good by ${j.from}, which counts as ${plural(Math.round(j.worth), "answer")}`,
    j.deviation ? `${j.deviation > 0 ? "+" : "–"}${(100 * Math.abs(j.deviation)).toFixed(1)} for ${domain}` : "",
    j.thumbs ? `your thumbs count as ${j.thumbs.toFixed(1)}${j.here ? `, ${j.here.toFixed(1)} of them on ${domain}` : ""}` : "",
    dominator > 0 ? `number ${dominator} is cheaper, better and faster: this one is asked only where that fails` : "",
  ]
    .filter(Boolean)
    .join("; ");
}
