import { ActionIcon, Anchor, Box, Button, Code, Divider, Drawer, Group, SimpleGrid, Stack, Table, Text, Title, Tooltip } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconPlayerPlay } from "@tabler/icons-react";
import { Link } from "wouter";

import type { Schemas } from "../../api/client";
import { type Choice, useAccounts, useBeside, useCaptured, useNow, useRequest, useStatus } from "../../api/queries";
import { clock, dollars, duration, fromNanos, money, rate, share } from "../../format";
import { CopyButton, CopyIcon } from "../../ui/Copy";
import { modeName } from "../../ui/ModeSwitch";
import { Cost, Figure, Loaded, State } from "../../ui/Parts";
import { protocolName, talks } from "../../ui/protocols";
import { requestState } from "../../ui/requests";
import { plural, say, t, Trans, w } from "../../words";
import { Receipt } from "./Receipt";
import { report } from "./report";
import { Said } from "./Said";
import { Thumbs } from "./Thumbs";
import { Waterfall } from "./Waterfall";

type Attempt = Schemas["Attempt"];

/** All that is known of one request: what it came to, each try, and why it went where it went. */
export function Detail({ id, choice, show, close }: { id: string; choice: Choice; show: (id: string) => void; close: () => void }) {
  return (
    <Drawer opened={id !== ""} onClose={close} position="right" size="xl" title={t("Request")}>
      {id !== "" && (
        <>
          <Beside id={id} choice={choice} show={show} />
          <Body id={id} />
        </>
      )}
    </Drawer>
  );
}

/** The way to the requests before and behind this one, among those that are looked at. */
function Beside({ id, choice, show }: { id: string; choice: Choice; show: (id: string) => void }) {
  const { data: newer } = useBeside(choice, id, true);
  const { data: older } = useBeside(choice, id, false);
  useHotkeys([
    ["k", () => newer && show(newer)],
    ["j", () => older && show(older)],
  ]);
  const sides = [
    { to: newer, word: t("The next newer one"), key: "K", Icon: IconArrowUp },
    { to: older, word: t("The next older one"), key: "J", Icon: IconArrowDown },
  ];
  return (
    <Group gap={4} justify="flex-end" mb="xs">
      {sides.map(({ to, word, key, Icon }) => (
        <Tooltip key={key} label={`${word} (${key})`}>
          <ActionIcon variant="default" size={32} aria-label={word} aria-keyshortcuts={key} data-disabled={!to || undefined} aria-disabled={!to} onClick={() => to && show(to)}>
            <Icon size={16} />
          </ActionIcon>
        </Tooltip>
      ))}
    </Group>
  );
}

function Body({ id }: { id: string }) {
  const request = useRequest(id);
  const { data: accounts } = useAccounts();
  const { data: status } = useStatus();
  const { data: said } = useCaptured(id);
  const now = useNow(request.data?.row.state === "running");
  const provider = (account: string) => accounts?.find((a) => a.id === account)?.provider ?? t("a removed account");
  const name = (account: string) => accounts?.find((a) => a.id === account)?.name ?? t("a removed account");
  return (
    <Loaded of={request}>
      {({ row: r, record, why, thumb }) => {
        const { tone, word } = requestState(r);
        const attempts = record.attempts ?? [];
        const running = r.state === "running";
        const tokens = r.input_tokens + r.cache_read_tokens + r.cache_write_tokens + r.output_tokens;
        const facts = [r.client, protocolName(r.protocol), r.stream && t("streamed"), clock(r.start, now), record.asked !== "" && record.asked !== r.model && t("asked for {{model}}", { model: record.asked })];
        return (
          <Stack gap="lg">
            <Box>
              <Group gap="sm">
                <Title order={2} size="h4" style={{ overflowWrap: "anywhere" }}>
                  {r.model || t("(no model)")}
                </Title>
                <State tone={tone}>{t(word)}</State>
              </Group>
              <Text size="sm" c="dimmed">
                {facts.filter(Boolean).join(" · ")}
              </Text>
              {r.error !== undefined && (
                <Text size="sm" mt="xs" c="var(--mantine-color-error)">
                  {r.status ? `${r.status}: ${say(r.error)}` : say(r.error)}
                </Text>
              )}
              {answered(record) && (
                <Box mt="sm">
                  <Thumbs id={r.id} thumb={thumb} />
                </Box>
              )}
              {!running && (
                <Group mt="sm" gap="xs">
                  <CopyButton text={report({ row: r, record }, status?.version ?? "", provider)}>{t("Copy a report")}</CopyButton>
                  {said && !said.request.cut && talks([r.protocol]) && (
                    <Button component={Link} href={`/playground?from=${r.id}`} variant="light" leftSection={<IconPlayerPlay size={16} />}>
                      {t("Retry in the playground")}
                    </Button>
                  )}
                </Group>
              )}
            </Box>

            <SimpleGrid cols={{ base: 2, xs: 4 }}>
              <Figure label={t("Cost")} value={tokens === 0 ? "–" : <Cost of={{ usd: r.cost_usd, estimated: r.cost_estimated, by: r.cost_told_by }} />} />
              <Figure label={t("Took")} value={duration(running ? Math.max(0, now - Date.parse(r.start)) : (r.took_ms ?? 0))} />
              <Figure label={t("First token")} value={r.first_byte_ms ? duration(r.first_byte_ms) : "–"} />
              <Figure label={t("Tries")} value={attempts.length || (running ? "…" : "0")} />
            </SimpleGrid>

            <Box>
              <Title order={3} size="h5" mb="sm">
                {t("What was tried")}
              </Title>
              {attempts.length === 0 ? (
                <Text size="sm" c="dimmed">
                  {running ? t("It still runs. Each try is shown here once it has ended.") : t("Nothing: no account could be asked.")}
                </Text>
              ) : (
                <Waterfall attempts={attempts} took={r.took_ms ?? 0} name={name} />
              )}
            </Box>

            {!running && <Receipt id={r.id} />}
            <Expected of={attempts.at(-1)} />
            <Why record={record} why={why} name={name} />
            {!running && said && <Said of={said} />}
            <Divider />
            <Group gap={4}>
              <Text size="xs" c="dimmed">
                {t("Request id")}
              </Text>
              <Code>{r.id}</Code>
              <CopyIcon text={r.id} label={t("the request's id")} />
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

/** What was expected of the try that answered, beside what it took. */
function Expected({ of: a }: { of: Attempt | undefined }) {
  if (!a?.expected || !a.usage) return null;
  const { prompt, output, usd, priced } = a.expected;
  const u = a.usage;
  const was = money({ usd: a.cost?.unknown ? null : (a.cost?.usd ?? 0), estimated: a.cost?.estimated });
  return (
    <Box>
      <Title order={3} size="h5" mb={4}>
        {t("What it was expected to take")}
      </Title>
      <Text size="sm">{priced ? t("Expected {{expected}}, was {{was}}.", { expected: dollars(usd ?? 0), was }) : t("What it would cost was not known.")}</Text>
      <Text size="xs" c="dimmed">
        {plural(prompt, "Prompt: {{count}} token, was {{was}}.", "Prompt: {{count}} tokens, was {{was}}.", { was: u.input + u.cache_read + u.cache_write + u.cache_write_1h })}{" "}
        {plural(output, "Reply: {{count}} token, was {{was}}.", "Reply: {{count}} tokens, was {{was}}.", { was: u.output })}
      </Text>
    </Box>
  );
}

type Candidate = Schemas["Figure"];

const wait: [string, (c: Candidate) => string] = [w("Answers within"), (c) => (c.wait ? duration(fromNanos(c.wait)) : "–")];
const fails: [string, (c: Candidate) => string] = [w("Fails"), (c) => (c.failing === undefined ? "–" : share(c.failing, 1))];

const plain: [string, (c: Candidate) => string][] = [
  [w("Running"), (c) => String(c.in_flight)],
  [w("Input price"), (c) => (c.price ? rate(c.price) : "–")],
];

const would: [string, (c: Candidate) => string] = [w("Same tokens there"), (c) => (c.would_known ? dollars(c.would ?? 0) : t("not known"))];

const good: [string, (c: Candidate) => string] = [w("Good answers"), (c) => (c.judged ? `${Math.round(100 * c.judged.quality)} % ± ${Math.round(100 * c.judged.doubt)}` : "–")];
const costs: [string, (c: Candidate) => string] = [w("This request"), (c) => (c.priced ? `≈ ${dollars(c.cost ?? 0)}` : c.unknown ? t("not known, so last in cost mode: {{why}}", { why: say(c.unknown) }) : t("not known"))];
const worth: [string, (c: Candidate) => string] = [w("Worth, less cost and wait"), (c) => (c.priced && c.utility !== undefined ? dollars(c.utility) : "–")];

/** What a mode looks at when it ranks, where that is more than the plain figures. */
const looksAt: Record<string, [string, (c: Candidate) => string][]> = {
  latency: [wait, fails],
  cost: [
    costs,
    [w("The turns to come"), (c) => (c.priced && c.later ? `≈ ${dollars(c.later)}` : "–")],
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
  const rules = record.rules ?? [];
  const facts = [
    record.mode && t("Mode: {{mode}}.", { mode: modeName(record.mode) }),
    rules.length === 1 && t("By the rule “{{rule}}”.", { rule: rules[0]! }),
    rules.length > 1 && t("By the rules {{rules}}.", { rules: rules.map((r) => `“${r}”`).join(", ") }),
    plural(candidates.length, "{{count}} account could serve.", "{{count}} accounts could serve."),
    excluded.length > 0 && plural(excluded.length, "{{count}} was left out.", "{{count}} were left out."),
  ];
  return (
    <Box>
      <Title order={3} size="h5" mb={4}>
        {t("Why it went there")}
      </Title>
      {why !== undefined && (
        <Text size="sm" mb={4}>
          {say(why)}
        </Text>
      )}
      <Text size="sm" c="dimmed" mb="xs">
        {facts.filter(Boolean).join(" ")}
      </Text>
      {candidates.length > 0 && (
        <Table verticalSpacing={4} aria-label={t("Candidates, best first")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th w={36}>#</Table.Th>
              <Table.Th>{t("Account")}</Table.Th>
              <Table.Th>{t("Model there")}</Table.Th>
              {figures.map(([word]) => (
                <Table.Th key={word} ta="right">
                  {t(word)}
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
          <Trans
            text={x.until ? "<b>{{account}}</b> left out until {{time}}: {{reason}}" : "<b>{{account}}</b> left out: {{reason}}"}
            values={{ account: name(x.account), reason: say(x.reason), time: x.until ? clock(x.until, Date.parse(record.start)) : "" }}
            parts={{ b: <b /> }}
          />
        </Text>
      ))}
      <Anchor component={Link} href={`/explain/${record.id}`} size="sm" mt="xs" display="inline-block">
        {t("All figures, and how it would be decided now")}
      </Anchor>
    </Box>
  );
}

/** What the expected quality of a candidate rests on, and who is better in every respect; "" where the mode did not look at it. */
function judged(c: Candidate, candidates: Candidate[], domain?: string): string {
  const j = c.judged;
  if (!j) return "";
  const dominator = candidates.findIndex((o) => o.deployment === c.dominated) + 1;
  const signed = (n: number) => `${n > 0 ? "+" : "–"}${(100 * Math.abs(n)).toFixed(1)}`;
  return [
    plural(Math.round(j.worth), "{{percent}} % good by {{source}}, which counts as {{count}} answer", "{{percent}} % good by {{source}}, which counts as {{count}} answers", {
      percent: +(100 * j.prior).toFixed(1),
      source: say(j.from),
    }),
    j.deviation && t("{{points}} for {{domain}}", { points: signed(j.deviation), domain: domain ?? "" }),
    j.thumbs &&
      (j.here
        ? t("your thumbs count as {{all}}, {{here}} of them on {{domain}}", { all: +j.thumbs.toFixed(1), here: +j.here.toFixed(1), domain: domain ?? "" })
        : t("your thumbs count as {{all}}", { all: +j.thumbs.toFixed(1) })),
    dominator > 0 && t("number {{n}} is cheaper, better and faster: this one is asked only where that fails", { n: dominator }),
  ]
    .filter(Boolean)
    .join("; ");
}
