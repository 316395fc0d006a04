import { BarChart } from "@mantine/charts";
import { Box, Button, Menu, Progress, SegmentedControl, Select, SimpleGrid, Stack, Table, Text, VisuallyHidden, Group as Line } from "@mantine/core";
import { IconChevronDown, IconCoins, IconDownload } from "@tabler/icons-react";
import { useState } from "react";
import { useLocation } from "wouter";

import { type By, type Figures, type Group, startOfDay, useNow, useSaveExport, useUsage } from "../api/queries";
import { inWindow, token } from "../api/session";
import { compact, count, dollars, money, saved, share, sum } from "../format";
import { plural } from "../words";
import { refused, tell } from "../ui/notify";
import { Cost, Empty, Figure, Loaded, Page, Section } from "../ui/Parts";
import { RateNote } from "../ui/RateNote";
import { Budgets } from "./costs/Budgets";

/** The periods to look at, and when each began. */
const periods: { value: string; label: string; since: (now: number) => string }[] = [
  { value: "day", label: "Today", since: startOfDay },
  { value: "week", label: "Last 7 days", since: (now) => startOfDay(daysAgo(now, 6)) },
  { value: "month", label: "Last 30 days", since: (now) => startOfDay(daysAgo(now, 29)) },
  { value: "calendar", label: "This month", since: (now) => startOfDay(new Date(now).setDate(1)) },
  { value: "year", label: "Last 12 months", since: (now) => startOfDay(daysAgo(now, 364)) },
  { value: "all", label: "All of it", since: () => "" },
];

function daysAgo(now: number, days: number): number {
  const t = new Date(now);
  return t.setDate(t.getDate() - days);
}

export function Costs() {
  const [period, setPeriod] = useState("month");
  const now = useNow(false);
  const since = periods.find((p) => p.value === period)!.since(now);
  const usage = useUsage(since, period === "day" ? "hour" : "day");
  const [, go] = useLocation();
  return (
    <Page
      title="Costs"
      about="What your requests cost, what routing saved, and what may be spent."
      actions={
        <>
          <Select aria-label="Period" data={periods} value={period} onChange={(v) => setPeriod(v ?? "month")} allowDeselect={false} w={160} />
          <Export since={since} />
        </>
      }
    >
      <Stack gap="md">
        <Loaded of={usage}>
          {({ totals, groups, method }) =>
            totals.requests === 0 ? (
              <Section title="Spent">
                <Empty icon={IconCoins} title="Nothing was spent" action={<Button onClick={() => go("/tools/connect")}>Connect a tool</Button>}>
                  {period === "all" ? "Connect a tool and ask it something: what it costs appears here." : "There was no request in this time. Choose a longer one, or connect a tool."}
                </Empty>
              </Section>
            ) : (
              <>
                <Sums of={totals} method={method} />
                <Days groups={groups ?? []} since={since} hours={period === "day"} />
              </>
            )
          }
        </Loaded>
        <Budgets />
        {(usage.data?.totals.requests ?? 0) > 0 && <Breakdown since={since} />}
        <RateNote />
      </Stack>
    </Page>
  );
}

function Sums({ of: t, method }: { of: Figures; method: string }) {
  const ended = t.requests - t.running;
  const measured = ended - t.cost_estimated - t.cost_unknown;
  return (
    <Section title="Spent">
      <SimpleGrid cols={{ base: 2, sm: 4 }} mb="sm">
        <Figure label="Spent" value={<Cost of={sum(t)} />} note={plural(t.requests, "request")} />
        <Figure label={t.saved_usd < 0 ? "Saved (it cost more)" : "Saved"} value={saved(t)} note={t.compared > 0 ? `instead of ${dollars(t.cost_usd + t.saved_usd)}` : "nothing could be compared"} />
        <Figure label="Measured" value={ended > 0 ? share(Math.max(0, measured), ended) : "–"} note={doubts(t)} />
        <Figure label="Tokens" value={compact(t.input_tokens + t.cache_read_tokens + t.cache_write_tokens + t.output_tokens)} note={`${compact(t.output_tokens)} of them output`} />
      </SimpleGrid>
      <Text size="xs" c="dimmed">
        {method}
        {t.compared < ended && ` ${count(ended - t.compared)} of ${count(ended)} could not be compared.`}
      </Text>
    </Section>
  );
}

function doubts(t: Figures): string {
  const said = [t.cost_estimated > 0 && `${count(t.cost_estimated)} estimated`, t.cost_unknown > 0 && `${count(t.cost_unknown)} without a price`].filter(Boolean);
  return said.length > 0 ? said.join(", ") : "all by the upstream's own counts";
}

const tokensOf = (g: Figures) => g.input_tokens + g.cache_read_tokens + g.cache_write_tokens + g.output_tokens;

/** The days or hours, as a picture and as a table. */
function Days({ groups, since, hours }: { groups: Group[]; since: string; hours: boolean }) {
  const [as, setAs] = useState("chart");
  const name = (key: string) =>
    hours ? new Date(key).toLocaleTimeString(undefined, { hour: "2-digit", minute: "2-digit", hourCycle: "h23" }) : new Date(`${key}T12:00`).toLocaleDateString(undefined, { month: "short", day: "numeric" });
  const rows = groups.map((g) => ({ ...g, when: name(g.key) }));
  const bars = moments(groups, since, hours).map((key) => {
    const g = groups.find((g) => Date.parse(start(g.key, hours)) === key);
    return { when: name(g?.key ?? dayOf(key, hours)), Spent: g?.cost_usd ?? 0, Saved: Math.max(0, g?.saved_usd ?? 0) };
  });
  return (
    <Section
      title={hours ? "By hour" : "By day"}
      actions={<SegmentedControl size="xs" aria-label="Shown as" value={as} onChange={setAs} data={[{ value: "chart", label: "Chart" }, { value: "table", label: "Table" }]} />}
    >
      {as === "chart" && (
        <Box aria-hidden>
          <BarChart
            h={200}
            data={bars}
            dataKey="when"
            type="stacked"
            series={[{ name: "Spent", color: "metapi.6" }, { name: "Saved", color: "teal.6" }]}
            withLegend
            valueFormatter={dollars}
            yAxisProps={{ width: 64, tickCount: 4 }}
            barProps={{ maxBarSize: 36, isAnimationActive: false }}
            tickLine="none"
            gridAxis="x"
            barChartProps={{ accessibilityLayer: false }}
          />
        </Box>
      )}
      <Seen when={as === "table"}>
        <Breakup label={hours ? "Costs by hour" : "Costs by day"} head={hours ? "Hour" : "Day"} rows={[...rows].reverse().map((g) => ({ ...g, name: g.when }))} unseen={as !== "table"} />
      </Seen>
    </Section>
  );
}

/** When a day or hour of the API begins, here. */
const start = (key: string, hours: boolean) => (hours ? key : `${key}T00:00`);

/** A moment as the API would call its day or hour. */
function dayOf(at: number, hours: boolean): string {
  const t = new Date(at);
  return hours ? t.toISOString() : `${t.getFullYear()}-${String(t.getMonth() + 1).padStart(2, "0")}-${String(t.getDate()).padStart(2, "0")}`;
}

/** The beginnings of all days or hours of a time, those without a request among them, to the last that has one. */
function moments(groups: Group[], since: string, hours: boolean): number[] {
  const first = Date.parse(since || start(groups[0]?.key ?? "", hours));
  const last = Date.parse(start(groups.at(-1)?.key ?? "", hours));
  const list = [];
  for (const t = new Date(first); t.getTime() <= last; hours ? t.setHours(t.getHours() + 1) : t.setDate(t.getDate() + 1)) list.push(t.getTime());
  return list;
}

/** What is always there for who cannot see a picture. */
function Seen({ when, children }: { when: boolean; children: React.ReactNode }) {
  return when ? <>{children}</> : <VisuallyHidden>{children}</VisuallyHidden>;
}

const kinds: { value: By; label: string }[] = [
  { value: "client", label: "Tool" },
  { value: "account", label: "Account" },
  { value: "model", label: "Model" },
  { value: "session", label: "Session" },
];

function Breakdown({ since }: { since: string }) {
  const [by, setBy] = useState<By>("client");
  const usage = useUsage(since, by);
  const label = kinds.find((k) => k.value === by)!.label;
  return (
    <Section title={`By ${label.toLowerCase()}`} actions={<SegmentedControl size="xs" aria-label="Told apart by" value={by} onChange={(v) => setBy(v as By)} data={kinds} />}>
      <Loaded of={usage}>{({ groups }) => <Breakup label={`Costs by ${label.toLowerCase()}`} head={label} rows={groups ?? []} shares />}</Loaded>
    </Section>
  );
}

const shownRows = 12;

/** Scrolls what is wider than its place. What is not seen need not be scrolled, and what scrolls must be reached by keyboard. */
function Wide({ unless, children }: { unless?: boolean; children: React.ReactNode }) {
  return unless ? <>{children}</> : <Table.ScrollContainer minWidth={420}>{children}</Table.ScrollContainer>;
}

function Breakup({ label, head, rows, shares, unseen }: { label: string; head: string; rows: (Group & { name: string })[]; shares?: boolean; unseen?: boolean }) {
  const [all, setAll] = useState(false);
  const whole = rows.reduce((s, g) => s + g.cost_usd, 0);
  return (
    <>
      <Wide unless={unseen}>
        <Table aria-label={label} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{head}</Table.Th>
              {shares && (
                <Table.Th w={140} className="wide">
                  Share
                </Table.Th>
              )}
              <Table.Th ta="right">Requests</Table.Th>
              <Table.Th ta="right" className="wide">
                Tokens
              </Table.Th>
              <Table.Th ta="right">Spent</Table.Th>
              <Table.Th ta="right">Saved</Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {(all || unseen ? rows : rows.slice(0, shownRows)).map((g) => (
              <Table.Tr key={`${g.client ?? ""} ${g.key}`}>
                <Table.Td maw={280}>
                  <Text size="sm" truncate title={g.name}>
                    {g.name}
                  </Text>
                  {g.client !== undefined && (
                    <Text size="xs" c="dimmed" truncate>
                      {g.client}
                    </Text>
                  )}
                </Table.Td>
                {shares && (
                  <Table.Td className="wide">
                    <Progress value={whole > 0 ? (100 * g.cost_usd) / whole : 0} aria-hidden />
                    <VisuallyHidden>{whole > 0 && g.cost_usd > 0 ? share(g.cost_usd, whole) : "nothing"}</VisuallyHidden>
                  </Table.Td>
                )}
                <Table.Td ta="right">{count(g.requests)}</Table.Td>
                <Table.Td ta="right" className="wide">
                  {compact(tokensOf(g))}
                </Table.Td>
                <Table.Td ta="right" className="nowrap">
                  {money(sum(g))}
                </Table.Td>
                <Table.Td ta="right" className="nowrap">
                  {saved(g)}
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Wide>
      {rows.length > shownRows && !unseen && (
        <Line justify="center" mt="xs">
          <Button variant="subtle" size="xs" onClick={() => setAll(!all)}>
            {all ? "Show the first" : `Show all ${rows.length}`}
          </Button>
        </Line>
      )}
    </>
  );
}

/** The requests of the period as a file. A browser downloads it; the window has Metapi save it, since it cannot. */
function Export({ since }: { since: string }) {
  const save = useSaveExport();
  const [busy, setBusy] = useState(false);
  const run = async (format: "csv" | "jsonl") => {
    setBusy(true);
    try {
      if (inWindow()) tell(`Saved to ${(await save.mutateAsync({ format, since: since || undefined })).path}.`);
      else await download(format, since);
    } catch (error) {
      refused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />} rightSection={<IconChevronDown size={14} />} loading={busy}>
          Export
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void run("csv")}>As CSV, for spreadsheets</Menu.Item>
        <Menu.Item onClick={() => void run("jsonl")}>As JSON lines</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

async function download(format: string, since: string): Promise<void> {
  const query = new URLSearchParams({ format, ...(since && { since }) });
  const answer = await fetch(`/api/usage/export?${query}`, { headers: { Authorization: `Bearer ${token() ?? ""}` } });
  if (!answer.ok) throw new Error(String(answer.status));
  const url = URL.createObjectURL(await answer.blob());
  const link = document.createElement("a");
  link.href = url;
  link.download = `metapi-requests.${format}`;
  link.click();
  URL.revokeObjectURL(url);
}
