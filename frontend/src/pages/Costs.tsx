import { Button, Progress, SegmentedControl, Select, SimpleGrid, Stack, Table, Text, TextInput, VisuallyHidden, Group as Line } from "@mantine/core";
import { IconCoins } from "@tabler/icons-react";
import { useState } from "react";
import { useLocation } from "wouter";

import { type By, type Figures, type Group, startOfDay, useNow, useUsage } from "../api/queries";
import { compact, count, day, dollars, hour, money, saved, share, sum } from "../format";
import { plural, say, t, w } from "../words";
import { Export } from "../ui/Export";
import { Bars } from "../ui/Bars";
import { Cost, Empty, Figure, Loaded, Page, Section } from "../ui/Parts";
import { RateNote } from "../ui/RateNote";
import { Budgets } from "./costs/Budgets";
import { Estimates } from "./costs/Estimates";

/** A time, as the API wants it: "" is the beginning, and now. */
interface Span {
  since: string;
  until: string;
}

const span = (since: string, until = ""): Span => ({ since, until });

/** The times to look at, and how many days (or months) earlier the same time was before. */
const periods: Record<string, { label: string; of: (now: number) => Span; back?: { days?: number; months?: number } }> = {
  day: { label: w("Today"), of: (now) => span(startOfDay(now)), back: { days: 1 } },
  week: { label: w("Last 7 days"), of: (now) => span(startOfDay(earlier(now, { days: 6 }))), back: { days: 7 } },
  month: { label: w("Last 30 days"), of: (now) => span(startOfDay(earlier(now, { days: 29 }))), back: { days: 30 } },
  calendar: { label: w("This month"), of: (now) => span(startOfDay(new Date(now).setDate(1))), back: { months: 1 } },
  before: { label: w("Last month"), of: (now) => span(startOfDay(new Date(earlier(now, { months: 1 })).setDate(1)), startOfDay(new Date(now).setDate(1))), back: { months: 1 } },
  year: { label: w("Last 12 months"), of: (now) => span(startOfDay(earlier(now, { days: 364 }))), back: { days: 365 } },
  all: { label: w("All of it"), of: () => span("") },
};

function earlier(time: number, { days = 0, months = 0 }: { days?: number; months?: number }): number {
  const t = new Date(time);
  const last = new Date(t.getFullYear(), t.getMonth() - months + 1, 0).getDate(); // no 31st where there is none
  return new Date(t.getFullYear(), t.getMonth() - months, Math.min(t.getDate(), last) - days, t.getHours()).getTime();
}

const inDays = (s: Span, now: number) => Math.round((Date.parse(s.until || startOfDay(earlier(now, { days: -1 }))) - Date.parse(s.since)) / 86_400_000);

/** The days that were chosen, both of them within. */
const chosen = (from: string, to: string): Span =>
  span(from && new Date(`${from}T00:00`).toISOString(), to && new Date(earlier(Date.parse(`${to}T00:00`), { days: -1 })).toISOString());

/** The same time before; nothing is before all of it. Of a time that still runs, as much as has passed. */
function before(period: string, s: Span, now: number): Span | undefined {
  const back = periods[period]?.back ?? (s.since && { days: inDays(s, now) });
  if (!back) return undefined;
  return span(...([s.since, s.until || new Date(now).toISOString()].map((at) => new Date(earlier(Date.parse(at), back)).toISOString()) as [string, string]));
}

export function Costs() {
  const [period, setPeriod] = useState("month");
  const [days, setDays] = useState({ from: "", to: "" });
  const now = useNow(false);
  const free = period === "free";
  const time = free ? chosen(days.from, days.to) : periods[period]!.of(now);
  const wrong = free && days.from !== "" && days.to !== "" && days.from > days.to;
  const hours = period === "day" || (time.since !== "" && inDays(time, now) === 1);
  const usage = useUsage(time.since, hours ? "hour" : "day", time.until);
  const [, go] = useLocation();
  const choose = (to: string) => {
    const day = (at: number) => dayOf(at, false);
    if (to === "free" && !free) setDays({ from: day(Date.parse(time.since || startOfDay(now))), to: day(time.until ? Date.parse(time.until) - 1 : now) });
    setPeriod(to);
  };
  return (
    <Page
      title={t("Costs")}
      about={t("What your requests cost, what routing saved, and what may be spent.")}
      actions={
        <>
          {free && (
            <>
              <TextInput type="date" aria-label={t("From")} value={days.from} max={days.to || undefined} error={wrong} onChange={(e) => setDays({ ...days, from: e.currentTarget.value })} />
              <TextInput type="date" aria-label={t("To")} value={days.to} min={days.from || undefined} error={wrong} onChange={(e) => setDays({ ...days, to: e.currentTarget.value })} />
            </>
          )}
          <Select
            aria-label={t("Period")}
            data={[...Object.entries(periods).map(([value, p]) => ({ value, label: t(p.label) })), { value: "free", label: t("Days of choice…") }]}
            value={period}
            onChange={(v) => choose(v ?? "month")}
            allowDeselect={false}
            w={160}
          />
          <Export of={{ since: time.since || undefined, until: time.until || undefined }} />
        </>
      }
    >
      <Stack gap="md">
        <Loaded of={usage}>
          {({ totals, groups, method, misses }) =>
            totals.requests === 0 ? (
              <Section title={t("Spent")}>
                <Empty icon={IconCoins} title={t("Nothing was spent")} action={<Button onClick={() => go("/tools/connect")}>{t("Connect a tool")}</Button>}>
                  {period === "all" ? t("Connect a tool and ask it something: what it costs appears here.") : t("There was no request in this time. Choose a longer one, or connect a tool.")}
                </Empty>
              </Section>
            ) : (
              <>
                <Sums of={totals} method={method} before={before(period, time, now)} />
                <Days groups={groups ?? []} since={time.since} hours={hours} />
                {misses?.length ? <Estimates of={misses} /> : null}
              </>
            )
          }
        </Loaded>
        {!usage.isPending && <Budgets />}
        {(usage.data?.totals.requests ?? 0) > 0 && <Breakdown of={time} />}
        <RateNote />
      </Stack>
    </Page>
  );
}

function Sums({ of: f, method, before }: { of: Figures; method: string; before: Span | undefined }) {
  const ended = f.requests - f.running;
  const measured = ended - f.cost_estimated - f.cost_unknown;
  return (
    <Section title={t("Spent")}>
      <SimpleGrid cols={{ base: 2, sm: 4 }} mb="sm">
        <Figure label={t("Spent")} value={<Cost of={sum(f)} />} note={plural(f.requests, "request")} />
        <Figure
          label={f.saved_usd < 0 ? t("Saved (it cost more)") : t("Saved")}
          value={saved(f)}
          note={f.compared > 0 ? t("instead of {{money}}", { money: dollars(f.cost_usd + f.saved_usd) }) : t("nothing could be compared")}
        />
        <Figure label={t("Measured")} value={ended > 0 ? share(Math.max(0, measured), ended) : "–"} note={doubts(f)} />
        <Figure label={t("Tokens")} value={compact(tokensOf(f))} note={t("{{tokens}} of them output", { tokens: compact(f.output_tokens) })} />
      </SimpleGrid>
      <Text size="xs" c="dimmed">
        {say(method)} {f.compared < ended && t("{{some}} of {{all}} could not be compared.", { some: ended - f.compared, all: ended })}
      </Text>
      {before && <Before of={before} now={f} />}
    </Section>
  );
}

function doubts(f: Figures): string {
  const [estimated, unknown] = [f.cost_estimated, f.cost_unknown];
  if (estimated > 0 && unknown > 0) return t("{{estimated}} estimated, {{unknown}} without a price", { estimated, unknown });
  if (estimated > 0) return t("{{estimated}} estimated", { estimated });
  return unknown > 0 ? t("{{unknown}} without a price", { unknown }) : t("all by the upstream's own counts");
}

/** What the same time before came to. */
function Before({ of, now }: { of: Span; now: Figures }) {
  const { data } = useUsage(of.since, "day", of.until);
  const was = data?.totals;
  const percent = was && was.cost_usd > 0 ? Math.round((100 * (now.cost_usd - was.cost_usd)) / was.cost_usd) : undefined;
  const place = { from: day(new Date(of.since)), to: day(new Date(Date.parse(of.until) - 1)), money: was ? money(sum(was)) : "", percent: Math.abs(percent ?? 0) };
  return (
    <Text size="xs" c="dimmed" mih="1.55em">
      {was === undefined
        ? " "
        : was.requests === 0
          ? t("The same time before ({{from}} to {{to}}): no request.", place)
          : percent === undefined || percent === 0
            ? t("The same time before ({{from}} to {{to}}): {{money}}.", place)
            : percent > 0
              ? t("The same time before ({{from}} to {{to}}): {{money}}; now {{percent}} % more.", place)
              : t("The same time before ({{from}} to {{to}}): {{money}}; now {{percent}} % less.", place)}
    </Text>
  );
}

const tokensOf = (g: Figures) => g.input_tokens + g.cache_read_tokens + g.cache_write_tokens + g.output_tokens;

/** The days or hours, as a picture and as a table. */
function Days({ groups, since, hours }: { groups: Group[]; since: string; hours: boolean }) {
  const [as, setAs] = useState("chart");
  const name = (key: string) => (hours ? hour(new Date(key)) : day(new Date(`${key}T12:00`)));
  const [spent, kept] = [t("Spent"), t("Saved")];
  const rows = groups.map((g) => ({ ...g, when: name(g.key) }));
  const bars = moments(groups, since, hours).map((key) => {
    const g = groups.find((g) => Date.parse(start(g.key, hours)) === key);
    return { when: name(g?.key ?? dayOf(key, hours)), [spent]: g?.cost_usd ?? 0, [kept]: Math.max(0, g?.saved_usd ?? 0) };
  });
  return (
    <Section
      title={hours ? t("By hour") : t("By day")}
      actions={<SegmentedControl size="xs" aria-label={t("Shown as")} value={as} onChange={setAs} data={[{ value: "chart", label: t("Chart") }, { value: "table", label: t("Table") }]} />}
    >
      {as === "chart" && (
        <Bars
          h={200}
          data={bars}
          dataKey="when"
          type="stacked"
          series={[{ name: spent, color: "metapi.6" }, { name: kept, color: "teal.6" }]}
          withLegend
          valueFormatter={dollars}
          yAxisProps={{ width: 64, tickCount: 4 }}
          most={36}
        />
      )}
      <Seen when={as === "table"}>
        <Breakup label={hours ? t("Costs by hour") : t("Costs by day")} head={hours ? t("Hour") : t("Day")} rows={[...rows].reverse().map((g) => ({ ...g, name: g.when }))} unseen={as !== "table"} />
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

const yearOfDays = 366 * 86_400_000;

/** The beginnings of all days or hours of a time, those without a request among them, to the last that has one. */
function moments(groups: Group[], since: string, hours: boolean): number[] {
  const [begun, last] = [groups[0], groups.at(-1)].map((g) => Date.parse(start(g?.key ?? "", hours))) as [number, number];
  const first = Math.max(Date.parse(since) || begun, Math.min(begun, last - yearOfDays)); // years before the first request are not drawn
  const list = [];
  for (const t = new Date(first); t.getTime() <= last; hours ? t.setHours(t.getHours() + 1) : t.setDate(t.getDate() + 1)) list.push(t.getTime());
  return list;
}

/** What is always there for who cannot see a picture. */
function Seen({ when, children }: { when: boolean; children: React.ReactNode }) {
  return when ? <>{children}</> : <VisuallyHidden>{children}</VisuallyHidden>;
}

const kinds: { value: By; label: string; title: string; costs: string }[] = [
  { value: "client", label: w("Tool"), title: w("By tool"), costs: w("Costs by tool") },
  { value: "account", label: w("Account"), title: w("By account"), costs: w("Costs by account") },
  { value: "model", label: w("Model"), title: w("By model"), costs: w("Costs by model") },
  { value: "session", label: w("Session"), title: w("By session"), costs: w("Costs by session") },
];

function Breakdown({ of }: { of: Span }) {
  const [by, setBy] = useState<By>("client");
  const usage = useUsage(of.since, by, of.until);
  const kind = kinds.find((k) => k.value === by)!;
  return (
    <Section
      title={t(kind.title)}
      actions={<SegmentedControl size="xs" aria-label={t("Told apart by")} value={by} onChange={(v) => setBy(v as By)} data={kinds.map((k) => ({ value: k.value, label: t(k.label) }))} />}
    >
      <Loaded of={usage}>{({ groups }) => <Breakup label={t(kind.costs)} head={t(kind.label)} rows={groups ?? []} shares />}</Loaded>
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
                  {t("Share")}
                </Table.Th>
              )}
              <Table.Th ta="right">{t("Requests")}</Table.Th>
              <Table.Th ta="right" className="wide">
                {t("Tokens")}
              </Table.Th>
              <Table.Th ta="right">{t("Spent")}</Table.Th>
              <Table.Th ta="right">{t("Saved")}</Table.Th>
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
                    <VisuallyHidden>{whole > 0 && g.cost_usd > 0 ? share(g.cost_usd, whole) : t("nothing")}</VisuallyHidden>
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
            {all ? t("Show the first") : t("Show all {{n}}", { n: rows.length })}
          </Button>
        </Line>
      )}
    </>
  );
}
