import { Anchor, Badge, Group, Modal, Stack, Table, Text } from "@mantine/core";

import { type ModelPrice, usePrice } from "../../api/queries";
import { rate } from "../../format";
import { Loaded } from "../../ui/Parts";
import { locale, say, t, Trans } from "../../words";

/** All that a model costs, at each account that offers it, and by whose word. */
export function PriceDetail({ of, close }: { of: string; close: () => void }) {
  const price = usePrice(of);
  return (
    <Modal opened onClose={close} title={t("What {{model}} costs", { model: of })} size="lg">
      <Loaded of={price}>
        {(list) => (
          <Stack gap="xl">
            {list.map((p) => (
              <Stack key={`${p.account}/${p.name}`} gap="xs">
                <Text fw={600}>{t("At {{account}}", { account: p.account })}</Text>
                {!p.known && (
                  <Text size="sm">
                    {t("Not known: {{why}}. In cost mode it comes last. You can write what you pay into routing.yaml, under “prices”.", { why: say(p.why ?? "") })}
                  </Text>
                )}
                {p.source !== undefined && <Source of={p} />}
                {p.other && (
                  <>
                    <Text size="sm">
                      <Trans text="<b>Disputed.</b> Another source differs by more than a tenth. Requests are booked at the price above; budgets hold back by the dearer of the two." parts={{ b: <b /> }} />
                    </Text>
                    <Source of={p.other} />
                  </>
                )}
              </Stack>
            ))}
          </Stack>
        )}
      </Loaded>
    </Modal>
  );
}

function Source({ of: p }: { of: ModelPrice }) {
  const amount = (v: number) => v.toLocaleString(locale(), { maximumFractionDigits: 9 });
  const sum = (v: number) => (p.currency === undefined ? rate(v, 9) : `${v.toLocaleString(locale(), { minimumFractionDigits: 2, maximumFractionDigits: 9 })} ${p.currency}`);
  return (
    <Stack gap={6}>
      <Group gap={6}>
        <Text size="xs" c="dimmed">
          <Trans text="By <from>{{source}}</from>" parts={{ from: p.page === undefined ? <span /> : <Anchor href={p.page} target="_blank" rel="noreferrer" size="xs" /> }} values={{ source: p.source ?? "" }} />
          {p.as_of === undefined ? "" : ` · ${p.as_of}`}
          {p.dollars === undefined ? "" : ` · ${t("{{amount}} {{currency}} are a dollar", { amount: amount(1 / p.dollars), currency: p.currency ?? "" })}`}
        </Text>
        {p.old && (
          <Badge size="xs" color="yellow" variant="light" c="var(--mantine-color-text)">
            {t("old")}
          </Badge>
        )}
      </Group>
      {p.free ? (
        <Text size="sm">{t("Free of charge.")}</Text>
      ) : (
        <Table withRowBorders={false} verticalSpacing={2} aria-label={t("Prices by {{source}}", { source: p.source ?? "" })}>
          <Table.Tbody>
            {(p.terms ?? []).flatMap((term, i) => [
              term.when !== "" || (term.now && (p.terms?.length ?? 0) > 1) ? (
                <Table.Tr key={i}>
                  <Table.Td colSpan={2}>
                    <Text size="xs" fw={600}>
                      {say(term.when) || t("usually")}
                      {term.now ? ` (${t("now")})` : ""}
                    </Text>
                  </Table.Td>
                </Table.Tr>
              ) : null,
              ...(term.lines ?? []).map((l) => (
                <Table.Tr key={`${i} ${l.what}`}>
                  <Table.Td>{say(l.what)}</Table.Td>
                  <Table.Td ta="right">
                    {sum(l.amount)}{" "}
                    <Text span size="xs" c="dimmed">
                      {t("per {{unit}}", { unit: say(l.unit) })}
                    </Text>
                  </Table.Td>
                </Table.Tr>
              )),
            ])}
            {(p.services ?? []).map((s) => (
              <Table.Tr key={s.what}>
                <Table.Td>{say(s.what)}</Table.Td>
                <Table.Td ta="right">
                  × {amount(s.amount)}{" "}
                  <Text span size="xs" c="dimmed">
                    {t("all tokens")}
                  </Text>
                </Table.Td>
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      )}
    </Stack>
  );
}
