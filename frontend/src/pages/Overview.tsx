import { BarChart } from "@mantine/charts";
import { Anchor, Box, Code, Divider, Group, SegmentedControl, SimpleGrid, Stack, Table, Text, ThemeIcon, VisuallyHidden } from "@mantine/core";
import { IconActivity, IconRocket } from "@tabler/icons-react";
import { useState } from "react";
import { Link, useLocation } from "wouter";

import { type Figures, type Row, type Standing, type Status, useAccounts, useNow, useRequests, useStatus, useUsageToday } from "../api/queries";
import { compact, count, dollars, duration, money, sum, when } from "../format";
import { plural } from "../words";
import { standingOf, stateOf } from "../shell/state";
import { CopyIcon } from "../ui/Copy";
import { ModeSwitch } from "../ui/ModeSwitch";
import { Cost, Empty, Figure, Loaded, Page, Section, State } from "../ui/Parts";
import { First } from "./first/First";
import { SpentAndSaved } from "./overview/Money";
import { RequestsLink } from "../ui/RequestsLink";
import { requestState } from "../ui/requests";

export function Overview() {
  const status = useStatus();
  return (
    <Page title="Overview" about={status.data && <StateLine of={status.data} />}>
      <Loaded of={status}>
        {(s) => (
          <Stack gap="md">
            <First status={s} />
            {(s.accounts ?? []).length > 0 && <Today />}
            {(s.accounts ?? []).length > 0 && <SpentAndSaved />}
            <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md">
              <Stack gap="md">
                {(s.accounts ?? []).length > 0 && <Latest />}
                <Addresses status={s} />
              </Stack>
              <Stack gap="md">
                <Section title="Mode">
                  <ModeSwitch />
                </Section>
                {(s.accounts ?? []).length > 0 && <Standings status={s} />}
              </Stack>
            </SimpleGrid>
          </Stack>
        )}
      </Loaded>
    </Page>
  );
}

function StateLine({ of: s }: { of: Status }) {
  const { word } = stateOf(s);
  if ((s.accounts ?? []).length === 0) return <>One address for all your tools, in front of all your accounts.</>;
  const accounts = plural((s.accounts ?? []).length, "account");
  return <>{`${word} · ${accounts} · ${plural(s.models, "model")} · ${s.in_flight > 0 ? plural(s.in_flight, "request") + " running" : "nothing running"}`}</>;
}

function Today() {
  const usage = useUsageToday("hour");
  const [chosen, setOf] = useState<"cost" | "tokens" | null>(null);
  const of = chosen ?? (usage.data?.totals.cost_usd === 0 ? "tokens" : "cost"); // where no price is known there are tokens to see
  return (
    <Section
      title="Today"
      actions={<SegmentedControl size="xs" value={of} onChange={(v) => setOf(v as typeof of)} data={[{ value: "cost", label: "Cost" }, { value: "tokens", label: "Tokens" }]} aria-label="What the chart shows" />}
    >
      <Loaded of={usage}>
        {({ totals: t, groups }) => (
          <>
            <SimpleGrid cols={{ base: 2, sm: 4 }} mb="md">
              <Figure label="Cost" value={<Cost of={sum(t)} />} note={costNote(t)} />
              <Figure label="Requests" value={count(t.requests)} note={<Failed of={t} />} />
              <Figure label="Tokens in" value={compact(t.input_tokens + t.cache_read_tokens + t.cache_write_tokens)} note={cacheNote(t)} />
              <Figure label="Tokens out" value={compact(t.output_tokens)} note={t.reasoning_tokens > 0 ? `${compact(t.reasoning_tokens)} of it reasoning` : undefined} />
            </SimpleGrid>
            <Hours groups={groups ?? []} of={of} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

/** How many failed, and the way to them. */
function Failed({ of: t }: { of: Figures }) {
  if (t.failed === 0) return <>{t.requests > 0 ? "none failed" : "none yet"}</>;
  return (
    <Anchor component={RequestsLink} of={{ state: "failed" }} size="xs" underline="always">
      {count(t.failed)} failed
    </Anchor>
  );
}

function costNote(t: Figures): string | undefined {
  if (t.cost_unknown > 0) return `${plural(t.cost_unknown, "request")} without a known price`;
  if (t.cost_estimated > 0) return `${plural(t.cost_estimated, "request")} estimated`;
  return t.requests > 0 ? "all measured" : undefined;
}

function cacheNote(t: Figures): string | undefined {
  const all = t.input_tokens + t.cache_read_tokens + t.cache_write_tokens;
  return all > 0 ? `${Math.round((100 * t.cache_read_tokens) / all)} % from a cache` : undefined;
}

type Hour = Figures & { key: string };

/** The hours of today. What the picture says is also in a table, for who cannot see it. */
function Hours({ groups, of }: { groups: Hour[]; of: "cost" | "tokens" }) {
  const by = new Map(groups.map((g) => [new Date(g.key).getHours(), g]));
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const g = by.get(hour);
    const tokens = g ? g.input_tokens + g.cache_read_tokens + g.cache_write_tokens + g.output_tokens : 0;
    return { hour: `${String(hour).padStart(2, "0")}:00`, Cost: g?.cost_usd ?? 0, Tokens: tokens, requests: g?.requests ?? 0, money: g ? money(sum(g)) : "–" };
  });
  if (groups.length === 0) return null;
  return (
    <figure style={{ margin: 0 }}>
      <Box aria-hidden>
        <BarChart
          h={120}
          data={hours}
          dataKey="hour"
          series={[{ name: of === "cost" ? "Cost" : "Tokens", color: "metapi.6" }]}
          valueFormatter={of === "cost" ? dollars : compact}
          xAxisProps={{ interval: 2 }}
          yAxisProps={{ width: 56, tickCount: 3 }}
          barProps={{ maxBarSize: 36, isAnimationActive: false }}
          tickLine="none"
          gridAxis="x"
          barChartProps={{ accessibilityLayer: false }}
        />
      </Box>
      <VisuallyHidden component="table">
        <caption>Use by hour</caption>
        <tbody>
          {hours
            .filter((h) => h.requests > 0)
            .map((h) => (
              <tr key={h.hour}>
                <th scope="row">{h.hour}</th>
                <td>{plural(h.requests, "request")}</td>
                <td>{h.money}</td>
                <td>{plural(h.Tokens, "token")}</td>
              </tr>
            ))}
        </tbody>
      </VisuallyHidden>
    </figure>
  );
}

function Addresses({ status }: { status: Status }) {
  const at = status.addresses?.[0];
  if (at === undefined) {
    return (
      <Section title="Addresses">
        <Text size="sm" c="dimmed">
          No tool is served at the moment.
        </Text>
      </Section>
    );
  }
  const rows = [
    ["OpenAI", `http://${at}/v1`],
    ["Anthropic", `http://${at}`],
    ["Gemini", `http://${at}`],
  ] as const;
  return (
    <Section title="Addresses">
      <Stack gap={6}>
        {rows.map(([name, url]) => (
          <Group key={name} justify="space-between" wrap="nowrap">
            <Text size="sm" w={84}>
              {name}
            </Text>
            <Code fz="sm" style={{ flex: 1 }}>
              {url}
            </Code>
            <CopyIcon text={url} label={`base URL for ${name}`} />
          </Group>
        ))}
      </Stack>
      <Divider my="sm" />
      <Text size="xs" c="dimmed">
        Only programs on this machine reach them, each with a local key.{" "}
        <Anchor component={Link} href="/tools" size="xs" underline="always">
          Local keys and how to set up a tool
        </Anchor>
      </Text>
    </Section>
  );
}

/** The requests that run, and the last ones that ended. */
function Latest() {
  const requests = useRequests({});
  const [, go] = useLocation();
  const rows = requests.data?.pages[0]?.rows?.slice(0, 6) ?? [];
  const now = useNow(rows.some((r) => r.state === "running"));
  return (
    <Section
      title="Latest requests"
      actions={
        <Anchor component={Link} href="/requests" size="sm">
          All requests
        </Anchor>
      }
    >
      {rows.length === 0 ? (
        <Empty icon={IconRocket} title="No request yet">
          Point a tool at the address above, and its requests appear here as they run.
        </Empty>
      ) : (
        <Table aria-label="The last six" layout="fixed">
          <Table.Tbody>
            {rows.map((r) => (
              <LatestRow key={r.id} row={r} now={now} open={() => go(`/requests/${r.id}`)} />
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Section>
  );
}

function LatestRow({ row: r, now, open }: { row: Row; now: number; open: () => void }) {
  const { tone, word } = requestState(r);
  return (
    <Table.Tr className="row-button" onClick={open}>
      <Table.Td w={124}>
        <State tone={tone}>{word}</State>
      </Table.Td>
      <Table.Td>
        <Anchor component="button" type="button" size="sm" fw={550} truncate display="block" maw="100%" ta="left" c="var(--mantine-color-text)">
          {r.model || "(no model)"}
        </Anchor>
        <Text size="xs" c="dimmed" truncate>
          {r.client}
          {r.account ? ` → ${r.account}` : ""}
        </Text>
      </Table.Td>
      <Table.Td w={84} ta="right">
        <Text size="sm">{r.state === "running" ? duration(Math.max(0, now - Date.parse(r.start))) : duration(r.took_ms ?? 0)}</Text>
        <Text size="xs" c="dimmed">
          {when(r.start, now)}
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}

const most = 6;

/** As many accounts as there is room for, in the user's order: those that cannot serve before those that can. */
function foremost(all: Standing[]): Standing[] {
  const well = (a: Standing) => a.state === "ready" || a.state === "paused";
  const chosen = new Set([...all.filter((a) => !well(a)), ...all.filter(well)].slice(0, most));
  return all.filter((a) => chosen.has(a));
}

function Standings({ status }: { status: Status }) {
  const { data: accounts } = useAccounts();
  const name = new Map(accounts?.map((a) => [a.id, a.name]));
  const all = status.accounts ?? [];
  const shown = foremost(all);
  return (
    <Section
      title="Accounts"
      actions={
        <Anchor component={Link} href="/accounts" size="sm">
          {all.length > shown.length ? `All ${all.length} accounts` : "All accounts"}
        </Anchor>
      }
    >
      <Stack gap="xs">
        {shown.map((a) => {
          const { tone, word } = standingOf(a);
          return (
            <Group key={a.id} justify="space-between" wrap="nowrap" gap="sm">
              <Group gap="sm" wrap="nowrap" miw={0}>
                <ThemeIcon variant="light" size="md" aria-hidden>
                  <IconActivity size={15} />
                </ThemeIcon>
                <Box miw={0}>
                  <Text size="sm" fw={550} truncate>
                    {name.get(a.id) ?? a.slug}
                  </Text>
                  <Text size="xs" c="dimmed" truncate>
                    {a.in_flight > 0 ? `${plural(a.in_flight, "request")} running` : a.reason || plural(a.models, "model")}
                  </Text>
                </Box>
              </Group>
              <State tone={tone}>{word}</State>
            </Group>
          );
        })}
      </Stack>
    </Section>
  );
}
