import { ActionIcon, Badge, Button, Checkbox, Group, MultiSelect, Select, Stack, Switch, Table, Text, TextInput, Tooltip, UnstyledButton } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconArrowDown, IconArrowUp, IconBoxModel2, IconBrain, IconColumns, IconMessages, IconPhoto, IconSearch } from "@tabler/icons-react";
import { useWindowVirtualizer } from "@tanstack/react-virtual";
import { memo, type ReactNode, useCallback, useDeferredValue, useLayoutEffect, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";

import { type Model, useAccounts, useHealth, useModels, useProviders } from "../api/queries";
import { ago, rate, share, size } from "../format";
import { plural, say, t } from "../words";
import { CopyIcon } from "../ui/Copy";
import { Lately } from "../ui/Health";
import { Empty, Loaded, Page } from "../ui/Parts";
import { protocolName } from "../ui/protocols";
import { Compare } from "./models/Compare";
import { figureText } from "./models/figureText";
import { figures, filtered, group, type Name, offered, type Sort, sorted, type Trait, traits, type Wanted, withHealth } from "./models/names";
import { PriceDetail } from "./models/Price";
import { PriceList } from "./models/PriceList";

const fewOffers = 4; // what a row has room for
const fewRows = 100; // that are drawn all at once
const mostCompared = 4;

/** What a model can be asked to be, in words. */
function traitName(trait: Trait): string {
  switch (trait) {
    case "images":
      return t("Takes images");
    case "reasoning":
      return t("Can reason before it answers");
    case "talks":
      return t("Can be talked to");
    case "priced":
      return t("Price is known");
    case "free":
      return t("Free of charge");
    case "asked":
      return t("Asked lately");
  }
}

/** All models; asked is what to search for first. */
export function Models({ asked = "" }: { asked?: string }) {
  const models = useModels();
  const { data: accounts } = useAccounts();
  const { data: providers } = useProviders();
  const { data: health } = useHealth();
  const [, go] = useLocation();
  const nothing: Wanted = { words: "", accounts: [], provider: null, traits: [], gone: false };
  const [wanted, setWanted] = useState<Wanted>({ ...nothing, words: asked });
  const [sort, setSort] = useState<Sort>({ by: "name", down: false });
  const [chosen, setChosen] = useState<string[]>([]);
  const [comparing, setComparing] = useState(false);
  const field = useRef<HTMLInputElement>(null);
  useHotkeys([["/", () => field.current?.focus()]]);

  const names = useMemo(() => withHealth(group(models.data ?? []), health?.deployments ?? []), [models.data, health]);
  const want = useDeferredValue(wanted); // the field shows each letter at once; the rows follow
  const shown = useMemo(() => sorted(filtered(names, want), sort), [names, want, sort]);
  const set = (next: Partial<Wanted>) => setWanted({ ...wanted, ...next });
  const choose = useCallback((name: string, on: boolean) => setChosen((now) => (on ? [...now, name] : now.filter((n) => n !== name))), []);
  const mine = useMemo(() => {
    const used = new Set((models.data ?? []).map((m) => m.provider));
    return (providers ?? []).filter((p) => used.has(p.id)).map((p) => ({ value: p.id, label: p.name }));
  }, [models.data, providers]);
  const listed = names.filter((n) => !n.gone).length;

  return (
    <Page
      title={t("Models")}
      about={
        names.length === 0
          ? undefined
          : t("{{names}} you can ask for, at {{accounts}}. Prices are per million tokens.", { names: plural(listed, "name"), accounts: plural(accounts?.length ?? 0, "account") })
      }
    >
      <Loaded of={models}>
        {(list) =>
          list.length === 0 ? (
            <Empty
              icon={IconBoxModel2}
              title={accounts?.length ? t("Your accounts offer no models") : t("No models yet")}
              action={<Button onClick={() => go(accounts?.length ? "/accounts" : "/accounts/add")}>{accounts?.length ? t("See what is wrong") : t("Add an account")}</Button>}
            >
              {accounts?.length ? t("Test an account: it tells why its models could not be read.") : t("Add an account, and Metapi finds out which models it offers.")}
            </Empty>
          ) : (
            <Stack>
              <Group gap="sm">
                <TextInput
                  ref={field}
                  placeholder={t("Search names, makers, accounts")}
                  aria-label={t("Search models")}
                  leftSection={<IconSearch size={16} />}
                  value={wanted.words}
                  onChange={(e) => set({ words: e.currentTarget.value })}
                  style={{ flex: 1, minWidth: 220 }}
                />
                <MultiSelect
                  placeholder={wanted.accounts.length === 0 ? t("All accounts") : undefined}
                  aria-label={t("Accounts")}
                  data={(accounts ?? []).map((a) => ({ value: a.slug, label: a.name }))}
                  value={wanted.accounts}
                  onChange={(accounts) => set({ accounts })}
                  clearable
                  w={190}
                />
                <Select placeholder={t("All providers")} aria-label={t("Provider")} data={mine} value={wanted.provider} onChange={(provider) => set({ provider })} clearable w={170} />
                <MultiSelect
                  placeholder={wanted.traits.length === 0 ? t("Whatever they can") : undefined}
                  aria-label={t("What they can")}
                  data={(Object.keys(traits) as Trait[]).map((value) => ({ value, label: traitName(value) }))}
                  value={wanted.traits}
                  onChange={(v) => set({ traits: v as Trait[] })}
                  clearable
                  w={200}
                />
                {names.some((n) => n.gone) && <Switch label={t("Also those that are gone")} checked={wanted.gone} onChange={(e) => set({ gone: e.currentTarget.checked })} />}
              </Group>
              <Group justify="space-between" gap="xs">
                <PriceList />
                <Group gap="xs">
                  {chosen.length > 0 && (
                    <Button size="compact-sm" variant="subtle" color="gray" onClick={() => setChosen([])}>
                      {t("Choose none")}
                    </Button>
                  )}
                  <Tooltip label={t("Tick two to four models first.")} disabled={chosen.length > 1}>
                    <Button size="compact-sm" variant="default" leftSection={<IconColumns size={14} />} data-disabled={chosen.length < 2 || undefined} aria-disabled={chosen.length < 2} onClick={() => chosen.length > 1 && setComparing(true)}>
                      {chosen.length < 2 ? t("Compare") : t("Compare {{n}} models", { n: chosen.length })}
                    </Button>
                  </Tooltip>
                </Group>
              </Group>
              {shown.length === 0 ? (
                <Empty icon={IconSearch} title={t("Nothing has that name")} action={<Button variant="default" onClick={() => setWanted(nothing)}>{t("Show all")}</Button>}>
                  {t("No model here matches what you search for.")}
                </Empty>
              ) : (
                <NameTable names={shown} sort={sort} setSort={setSort} chosen={chosen} choose={choose} />
              )}
              <Text size="xs" c="dimmed">
                {t("* long prompts, or some hours, cost another price · ! two sources differ · ? not every account's price is known · – not known: in cost mode it comes last")}
              </Text>
              {comparing && <Compare names={names.filter((n) => chosen.includes(n.name))} close={() => setComparing(false)} />}
            </Stack>
          )
        }
      </Loaded>
    </Page>
  );
}

interface TableOf {
  names: Name[];
  sort: Sort;
  setSort: (sort: Sort) => void;
  chosen: string[];
  choose: (name: string, on: boolean) => void;
}

/** The table: whole where it is short, else as much of it as is in sight. */
function NameTable({ names, sort, setSort, chosen, choose }: TableOf) {
  const body = useRef<HTMLTableSectionElement>(null);
  const [top, setTop] = useState(0);
  useLayoutEffect(() => setTop((body.current?.getBoundingClientRect().top ?? 0) + window.scrollY), []);
  const long = names.length > fewRows;
  const window_ = useWindowVirtualizer({ count: names.length, estimateSize: () => 52, overscan: 12, scrollMargin: top, getItemKey: (i) => names[i]!.name, enabled: long });
  const rows = window_.getVirtualItems();
  const above = long ? (rows[0]?.start ?? top) - top : 0;
  const below = long ? Math.max(0, window_.getTotalSize() - (rows.at(-1)?.end ?? top) + top) : 0;
  const row = (n: Name, i: number) => (
    <NameRow key={n.name} of={n} index={i} measure={long ? window_.measureElement : undefined} chosen={chosen.includes(n.name)} full={chosen.length >= mostCompared} choose={choose} />
  );
  const head = (by: Sort["by"], label: string, className?: string, right = true) => <Head key={by} by={by} sort={sort} setSort={setSort} label={label} className={className} right={right} />;
  return (
    <Table.ScrollContainer minWidth={500}>
      <Table aria-label={t("Models")} aria-rowcount={names.length + 1} horizontalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={32} aria-label={t("Compare")} />
            {head("name", t("Model"), undefined, false)}
            <Table.Th>{t("Offered by")}</Table.Th>
            {head("input", t("Input"))}
            {head("cached", t("Cached"), "wide")}
            {head("output", t("Output"))}
            {head("context", t("Context"), "wide")}
            {head("quality", t("Quality"), "wide")}
            {head("first", t("First token"), "wide")}
            <Table.Th className="wide">{t("Can")}</Table.Th>
            <Table.Th w={36} aria-label={t("Try it")} />
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody ref={body}>
          {above > 0 && <tr aria-hidden style={{ height: above }} />}
          {long ? rows.map((r) => row(names[r.index]!, r.index)) : names.map(row)}
          {below > 0 && <tr aria-hidden style={{ height: below }} />}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** A head that sorts: what is better comes first, and at a second click last. */
function Head({ by, sort, setSort, label, className, right }: { by: Sort["by"]; sort: Sort; setSort: (s: Sort) => void; label: string; className?: string; right: boolean }) {
  const on = sort.by === by;
  const first = by === "context" || by === "quality"; // much is better
  const Arrow = sort.down ? IconArrowDown : IconArrowUp;
  return (
    <Table.Th ta={right ? "right" : undefined} miw={right ? undefined : 200} className={className} aria-sort={on ? (sort.down ? "descending" : "ascending") : undefined}>
      <UnstyledButton fz="sm" fw={700} className="nowrap" onClick={() => setSort({ by, down: on ? !sort.down : first })}>
        {label}
        {on && <Arrow size={12} style={{ marginLeft: 2 }} aria-hidden />}
      </UnstyledButton>
    </Table.Th>
  );
}

interface RowOf {
  of: Name;
  index: number;
  measure?: (row: HTMLTableRowElement | null) => void;
  chosen: boolean;
  full: boolean;
  choose: (name: string, on: boolean) => void;
}

const NameRow = memo(function NameRow({ of: n, index, measure, chosen, full, choose }: RowOf) {
  const first = offered(n)[0] ?? n.offers[0]!;
  const [, go] = useLocation();
  const [all, setAll] = useState(false);
  const [detail, setDetail] = useState(false);
  const shown = all || n.offers.length <= fewOffers + 1 ? n.offers : n.offers.slice(0, fewOffers);
  const open = () => setDetail(true);
  return (
    <Table.Tr ref={measure} data-index={index} aria-rowindex={index + 2}>
      <Table.Td>
        <Checkbox size="xs" checked={chosen} disabled={!chosen && full} onChange={(e) => choose(n.name, e.currentTarget.checked)} aria-label={t("Compare {{model}}", { model: n.name })} />
      </Table.Td>
      <Table.Td>
        <Group gap={4} wrap="nowrap">
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={550} className="mono" style={{ overflowWrap: "anywhere" }}>
              {n.name}
            </Text>
            {n.display !== undefined && n.display !== n.name && (
              <Text size="xs" c="dimmed" lineClamp={1}>
                {n.display}
              </Text>
            )}
          </div>
          <CopyIcon text={n.name} label={n.name} />
        </Group>
      </Table.Td>
      <Table.Td>
        <Group gap={4}>
          {shown.map((o) => (
            <Tooltip key={o.account} label={offerWords(o)} multiline maw={420}>
              <Badge variant={o.gone ? "outline" : "light"} color={o.gone ? "gray" : "metapi"} tt="none" fw={550} tabIndex={0} autoContrast>
                {o.gone ? t("{{account}} (gone)", { account: o.account }) : o.account}
              </Badge>
            </Tooltip>
          ))}
          {shown.length < n.offers.length && (
            <UnstyledButton fz="xs" c="var(--mantine-color-anchor)" onClick={() => setAll(true)} aria-label={t("Show all {{n}} accounts that offer {{model}}", { n: n.offers.length, model: n.name })}>
              {t("and {{n}} more", { n: n.offers.length - shown.length })}
            </UnstyledButton>
          )}
        </Group>
        <div className="wide">
          {n.health.slice(0, fewOffers).map((d) => (
            <Lately key={d.account} of={d} name={d.account} slim />
          ))}
        </div>
      </Table.Td>
      <Table.Td ta="right">
        <Prices of={n} get={(o) => o.input_usd} other={(o) => o.other_input_usd} open={open} />
        {detail && <PriceDetail of={n.name} close={() => setDetail(false)} />}
      </Table.Td>
      <Table.Td ta="right" className="wide">
        <Prices of={n} get={(o) => o.cache_read_usd} open={open} />
      </Table.Td>
      <Table.Td ta="right">
        <Prices of={n} get={(o) => o.output_usd} other={(o) => o.other_output_usd} open={open} />
      </Table.Td>
      <Table.Td ta="right" className="wide">
        {size(figures.context(n))}
      </Table.Td>
      <Table.Td ta="right" className="wide">
        {quality(n)}
      </Table.Td>
      <Table.Td ta="right" className="wide nowrap">
        {figureText("first", n)}
      </Table.Td>
      <Table.Td className="wide">
        <Group gap={6} wrap="nowrap">
          {traits.images(n) && (
            <Tooltip label={t("Takes images")}>
              <IconPhoto size={17} stroke={1.6} aria-label={t("Takes images")} role="img" />
            </Tooltip>
          )}
          {traits.reasoning(n) && (
            <Tooltip label={t("Can reason before it answers")}>
              <IconBrain size={17} stroke={1.6} aria-label={t("Can reason before it answers")} role="img" />
            </Tooltip>
          )}
        </Group>
      </Table.Td>
      <Table.Td>
        {traits.talks(n) && (
          <Tooltip label={t("Try it")}>
            <ActionIcon variant="subtle" aria-label={t("Try {{model}}", { model: first.name })} onClick={() => go(`/playground?model=${encodeURIComponent(n.name)}`)}>
              <IconMessages size={17} stroke={1.6} />
            </ActionIcon>
          </Tooltip>
        )}
      </Table.Td>
    </Table.Tr>
  );
});

function quality(n: Name): ReactNode {
  const q = figures.quality(n);
  if (q === undefined) return "–";
  return (
    <Tooltip label={t("The share of good answers that is expected of it. Compare it to see that by what is asked.")} multiline maw={300}>
      <span tabIndex={0}>{share(q, 1)}</span>
    </Tooltip>
  );
}

function offerWords(o: Model): string {
  const by = (o.protocols ?? []).map(protocolName).join(", ");
  const source = [o.price_source, o.price_as_of].filter(Boolean).join(" · ");
  const price =
    o.price_unknown !== undefined
      ? say(o.price_unknown)
      : o.price_old
        ? t("{{input}} in, {{output}} out, by {{source}} (old)", { input: rate(o.input_usd), output: rate(o.output_usd), source })
        : t("{{input}} in, {{output}} out, by {{source}}", { input: rate(o.input_usd), output: rate(o.output_usd), source });
  return [
    t("Ask for {{name}} to have it from here only.", { name: `${o.account}/${o.name}` }),
    `${by}; ${price}.`,
    o.gone === undefined ? "" : t("No longer listed since {{time}}.", { time: ago(o.gone, Date.now()) }),
  ]
    .filter(Boolean)
    .join(" ");
}

/** The price of a model: one figure where all that offer it ask the same, else from the lowest to the highest. It opens all that is known. */
function Prices({ of: n, get, other, open }: { of: Name; get: (o: Model) => number | undefined; other?: (o: Model) => number | undefined; open: () => void }) {
  const offers = offered(n);
  const known = offers.map(get).filter((v) => v !== undefined);
  const low = Math.min(...known);
  const high = Math.max(...known);
  const some = known.length < offers.length;
  const tiered = offers.some((o) => o.tiered && get(o) !== undefined);
  const disputed = offers.filter((o) => other?.(o) !== undefined && other(o) !== get(o));
  const text = known.length === 0 ? "–" : low === high ? rate(low) : `${rate(low)} – ${rate(high)}`;
  const unknown = offers[0]?.price_unknown;
  const why = [
    known.length > 0 ? "" : unknown === undefined ? t("Not known: it is not in the price. In cost mode it comes last.") : t("Not known: {{why}}. In cost mode it comes last.", { why: say(unknown) }),
    ...disputed.map((o) => t("Disputed: {{price}} by {{source}}. Budgets hold back by the dearer.", { price: rate(other?.(o)), source: o.price_disputed ?? "" })),
    some && known.length > 0 ? t("Not every account's price is known.") : "",
    tiered ? t("Long prompts, or some hours, cost another price; each request is reckoned at the one that holds.") : "",
  ]
    .filter(Boolean)
    .join(" ");
  const sign = `${text}${disputed.length > 0 ? " !" : ""}${some && known.length > 0 ? " ?" : ""}${tiered ? " *" : ""}`;
  return (
    <Tooltip label={why} disabled={why === ""} multiline maw={360}>
      <UnstyledButton fz="sm" className="nowrap" onClick={open} aria-label={[`${text}.`, why, t("Show all that {{model}} costs", { model: n.name })].filter(Boolean).join(" ")}>
        {sign}
      </UnstyledButton>
    </Tooltip>
  );
}
