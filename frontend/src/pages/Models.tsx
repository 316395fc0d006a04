import { Badge, Button, Group, MultiSelect, Pagination, Stack, Switch, Table, Text, TextInput, Tooltip, UnstyledButton } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconBoxModel2, IconBrain, IconPhoto, IconSearch } from "@tabler/icons-react";
import { memo, useDeferredValue, useMemo, useRef, useState } from "react";
import { useLocation } from "wouter";

import { type DeploymentHealth, type Model, useAccounts, useHealth, useModels } from "../api/queries";
import { ago, rate, size } from "../format";
import { plural } from "../words";
import { CopyIcon } from "../ui/Copy";
import { Lately } from "../ui/Health";
import { Empty, Loaded, Page } from "../ui/Parts";
import { protocolName } from "../ui/protocols";
import { PriceDetail } from "./models/Price";
import { PriceList } from "./models/PriceList";

const perPage = 50;
const fewOffers = 4; // what a row has room for

/** One name that can be asked for, and who offers it. */
interface Offered {
  name: string;
  model: string;
  display?: string;
  offers: Model[];
  gone: boolean;
  /** All that it is searched by, in small letters: made once, since there may be tens of thousands. */
  text: string;
}

/** All models; asked is what to search for first. */
export function Models({ asked = "" }: { asked?: string }) {
  const models = useModels();
  const { data: accounts } = useAccounts();
  const [, go] = useLocation();
  const [query, setQuery] = useState(asked);
  const [of, setOf] = useState<string[]>([]);
  const [gone, setGone] = useState(false);
  const [page, setPage] = useState(1);
  const field = useRef<HTMLInputElement>(null);
  useHotkeys([["/", () => field.current?.focus()]]);

  const { data: health } = useHealth();
  const done = useMemo(() => byName(health?.deployments ?? []), [health]);
  const names = useMemo(() => group(models.data ?? []), [models.data]);
  const wanted = useDeferredValue(query); // the field shows each letter at once; the rows follow
  const shown = useMemo(() => {
    const words = wanted.toLowerCase().split(/\s+/).filter(Boolean);
    return names.filter(
      (n) =>
        (gone || !n.gone) &&
        (of.length === 0 || n.offers.some((o) => of.includes(o.account))) &&
        words.every((w) => n.text.includes(w)),
    );
  }, [names, wanted, of, gone]);
  const pages = Math.max(1, Math.ceil(shown.length / perPage));
  const at = Math.min(page, pages);
  const anyGone = names.some((n) => n.gone);

  return (
    <Page title="Models" about={names.length === 0 ? undefined : `${plural(names.filter((n) => !n.gone).length, "name")} you can ask for, at ${plural(accounts?.length ?? 0, "account")}. Prices are per million tokens.`}>
      <Loaded of={models}>
        {(list) =>
          list.length === 0 ? (
            <Empty
              icon={IconBoxModel2}
              title={accounts?.length ? "Your accounts offer no models" : "No models yet"}
              action={<Button onClick={() => go(accounts?.length ? "/accounts" : "/accounts/add")}>{accounts?.length ? "See what is wrong" : "Add an account"}</Button>}
            >
              {accounts?.length ? "Test an account: it tells why its models could not be read." : "Add an account, and Metapi finds out which models it offers."}
            </Empty>
          ) : (
            <Stack>
              <Group gap="sm">
                <TextInput
                  ref={field}
                  placeholder="Search names, makers, accounts"
                  aria-label="Search models"
                  leftSection={<IconSearch size={16} />}
                  value={query}
                  onChange={(e) => {
                    setQuery(e.currentTarget.value);
                    setPage(1);
                  }}
                  style={{ flex: 1, minWidth: 220 }}
                />
                <MultiSelect
                  placeholder={of.length === 0 ? "All accounts" : undefined}
                  aria-label="Accounts"
                  data={(accounts ?? []).map((a) => ({ value: a.slug, label: a.name }))}
                  value={of}
                  onChange={(v) => {
                    setOf(v);
                    setPage(1);
                  }}
                  clearable
                  w={240}
                />
                {anyGone && <Switch label="Also those that are gone" checked={gone} onChange={(e) => setGone(e.currentTarget.checked)} />}
              </Group>
              <PriceList />
              {shown.length === 0 ? (
                <Empty icon={IconSearch} title="Nothing has that name" action={<Button variant="default" onClick={() => (setQuery(""), setOf([]))}>Show all</Button>}>
                  No model here matches what you search for.
                </Empty>
              ) : (
                <Table.ScrollContainer minWidth={520}>
                  <Table aria-label="Models" stickyHeader>
                    <Table.Thead>
                      <Table.Tr>
                        <Table.Th w="36%">Model</Table.Th>
                        <Table.Th>Offered by</Table.Th>
                        <Table.Th ta="right">Input</Table.Th>
                        <Table.Th ta="right" className="wide">
                          Cached
                        </Table.Th>
                        <Table.Th ta="right">Output</Table.Th>
                        <Table.Th ta="right" className="wide">
                          Context
                        </Table.Th>
                        <Table.Th className="wide">Can</Table.Th>
                      </Table.Tr>
                    </Table.Thead>
                    <Table.Tbody>
                      {shown.slice((at - 1) * perPage, at * perPage).map((n) => (
                        <NameRow key={n.name} of={n} done={done.get(n.name)} />
                      ))}
                    </Table.Tbody>
                  </Table>
                </Table.ScrollContainer>
              )}
              <Text size="xs" c="dimmed">
                * long prompts, or some hours, cost another price · ! two sources differ · ? not every account's price is known · – not known: in cost mode it comes last
              </Text>
              {pages > 1 && (
                <Group justify="space-between">
                  <Text size="sm" c="dimmed">
                    {plural(shown.length, "name")}
                  </Text>
                  <Pagination total={pages} value={at} onChange={setPage} getControlProps={(c) => ({ "aria-label": `${c} page` })} />
                </Group>
              )}
            </Stack>
          )
        }
      </Loaded>
    </Page>
  );
}

/** Gathers who offers each name, in the user's order of accounts. */
function group(models: Model[]): Offered[] {
  const by = new Map<string, Offered>();
  for (const m of models) {
    const n = by.get(m.name) ?? { name: m.name, model: m.model, display: m.display, offers: [], gone: true, text: "" };
    n.offers.push(m);
    n.display ??= m.display;
    n.gone &&= m.gone !== undefined;
    by.set(m.name, n);
  }
  for (const n of by.values()) n.text = `${n.name} ${n.model} ${n.display ?? ""} ${n.offers.map((o) => `${o.account} ${o.provider}`).join(" ")}`.toLowerCase();
  return [...by.values()];
}

/** How each name has done, at those that were asked for it. */
function byName(health: DeploymentHealth[]): Map<string, DeploymentHealth[]> {
  const by = new Map<string, DeploymentHealth[]>();
  for (const d of health) by.set(d.name, [...(by.get(d.name) ?? []), d]);
  return by;
}

const NameRow = memo(function NameRow({ of: n, done }: { of: Offered; done: DeploymentHealth[] | undefined }) {
  const first = n.offers.find((o) => o.gone === undefined) ?? n.offers[0]!;
  const [all, setAll] = useState(false);
  const [detail, setDetail] = useState(false);
  const shown = all || n.offers.length <= fewOffers + 1 ? n.offers : n.offers.slice(0, fewOffers);
  return (
    <Table.Tr>
      <Table.Td>
        <Group gap={4} wrap="nowrap">
          <div style={{ minWidth: 0 }}>
            <Text size="sm" fw={550} className="mono" style={{ overflowWrap: "anywhere" }}>
              {n.name}
            </Text>
            {n.display !== undefined && n.display !== n.name && (
              <Text size="xs" c="dimmed">
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
            <Tooltip key={o.account} label={offerWords(o)}>
              <Badge variant={o.gone ? "outline" : "light"} color={o.gone ? "gray" : "metapi"} tt="none" fw={550} tabIndex={0} autoContrast>
                {o.account}
                {o.gone ? " (gone)" : ""}
              </Badge>
            </Tooltip>
          ))}
          {shown.length < n.offers.length && (
            <UnstyledButton fz="xs" c="var(--mantine-color-anchor)" onClick={() => setAll(true)} aria-label={`Show all ${n.offers.length} accounts that offer ${n.name}`}>
              and {n.offers.length - shown.length} more
            </UnstyledButton>
          )}
        </Group>
        {done?.slice(0, fewOffers).map((d) => <Lately key={d.account} of={d} name={d.account} slim />)}
      </Table.Td>
      <Table.Td ta="right">
        <Prices of={n} get={(o) => o.input_usd} other={(o) => o.other_input_usd} open={() => setDetail(true)} />
        {detail && <PriceDetail of={n.name} close={() => setDetail(false)} />}
      </Table.Td>
      <Table.Td ta="right" className="wide">
        <Prices of={n} get={(o) => o.cache_read_usd} open={() => setDetail(true)} />
      </Table.Td>
      <Table.Td ta="right">
        <Prices of={n} get={(o) => o.output_usd} other={(o) => o.other_output_usd} open={() => setDetail(true)} />
      </Table.Td>
      <Table.Td ta="right" className="wide">
        {size(first.context)}
      </Table.Td>
      <Table.Td className="wide">
        <Group gap={6} wrap="nowrap">
          {first.can?.includes("images") && (
            <Tooltip label="Takes images">
              <IconPhoto size={17} stroke={1.6} aria-label="Takes images" role="img" />
            </Tooltip>
          )}
          {first.can?.includes("reasoning") && (
            <Tooltip label="Can reason before it answers">
              <IconBrain size={17} stroke={1.6} aria-label="Can reason before it answers" role="img" />
            </Tooltip>
          )}
        </Group>
      </Table.Td>
    </Table.Tr>
  );
});

function offerWords(o: Model): string {
  const by = (o.protocols ?? []).map(protocolName).join(", ");
  const price = o.price_unknown !== undefined ? o.price_unknown : `${rate(o.input_usd)} in, ${rate(o.output_usd)} out, by ${[o.price_source, o.price_as_of].filter(Boolean).join(" of ")}${o.price_old ? " (old)" : ""}`;
  const state = o.gone === undefined ? "" : ` No longer listed since ${ago(o.gone, Date.now())}.`;
  return `Ask for ${o.account}/${o.name} to have it from here only. ${by}; ${price}.${state}`;
}

/** The price of a model: one figure where all that offer it ask the same, else from the lowest to the highest. It opens all that is known. */
function Prices({ of: n, get, other, open }: { of: Offered; get: (o: Model) => number | undefined; other?: (o: Model) => number | undefined; open: () => void }) {
  const offers = n.offers.filter((o) => o.gone === undefined);
  const known = offers.map(get).filter((v) => v !== undefined);
  const low = Math.min(...known);
  const high = Math.max(...known);
  const some = known.length < offers.length;
  const tiered = offers.some((o) => o.tiered && get(o) !== undefined);
  const disputed = offers.filter((o) => other?.(o) !== undefined && other(o) !== get(o));
  const text = known.length === 0 ? "–" : low === high ? rate(low) : `${rate(low)} – ${rate(high)}`;
  const why = [
    known.length === 0 ? `Not known: ${offers[0]?.price_unknown ?? "it is not in the price"}. In cost mode it comes last.` : "",
    ...disputed.map((o) => `Disputed: ${rate(other?.(o))} by ${o.price_disputed}. Budgets hold back by the dearer.`),
    some && known.length > 0 ? "Not every account's price is known." : "",
    tiered ? "Long prompts, or some hours, cost another price; each request is reckoned at the one that holds." : "",
  ]
    .filter(Boolean)
    .join(" ");
  const sign = `${text}${disputed.length > 0 ? " !" : ""}${some && known.length > 0 ? " ?" : ""}${tiered ? " *" : ""}`;
  return (
    <Tooltip label={why} disabled={why === ""} multiline maw={360}>
      <UnstyledButton fz="sm" className="nowrap" onClick={open} aria-label={`${text}. ${why} Show all that ${n.name} costs`.replace(/\s+/g, " ")}>
        {sign}
      </UnstyledButton>
    </Tooltip>
  );
}
