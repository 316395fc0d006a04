import { Anchor, Badge, Group, Modal, Stack, Table, Text } from "@mantine/core";

import { type ModelPrice, usePrice } from "../../api/queries";
import { Loaded } from "../../ui/Parts";

/** All that a model costs, at each account that offers it, and by whose word. */
export function PriceDetail({ of, close }: { of: string; close: () => void }) {
  const price = usePrice(of);
  return (
    <Modal opened onClose={close} title={`What ${of} costs`} size="lg">
      <Loaded of={price}>
        {(list) => (
          <Stack gap="xl">
            {list.map((p) => (
              <Stack key={`${p.account}/${p.name}`} gap="xs">
                <Text fw={600}>At {p.account}</Text>
                {!p.known && (
                  <Text size="sm">
                    Not known: {p.why}. In cost mode it comes last. You can write what you pay into routing.yaml, under “prices”.
                  </Text>
                )}
                {p.source !== undefined && <Source of={p} />}
                {p.other && (
                  <>
                    <Text size="sm">
                      <b>Disputed.</b> Another source differs by more than a tenth. Requests are booked at the price above; budgets hold back by the dearer of the two.
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
  const amount = (v: number) => v.toLocaleString("en-US", { maximumFractionDigits: 9 });
  const places = (v: number) => v.toLocaleString("en-US", { minimumFractionDigits: 2, maximumFractionDigits: 9 });
  const sum = (v: number) => (p.currency === undefined ? `$${places(v)}` : `${places(v)} ${p.currency}`);
  return (
    <Stack gap={6}>
      <Group gap={6}>
        <Text size="xs" c="dimmed">
          By {p.page === undefined ? p.source : <Anchor href={p.page} target="_blank" rel="noreferrer" size="xs">{p.source}</Anchor>}
          {p.as_of === undefined ? "" : `, ${p.as_of}`}
          {p.dollars === undefined ? "" : `; ${amount(1 / p.dollars)} ${p.currency} are a dollar`}
        </Text>
        {p.old && (
          <Badge size="xs" color="yellow" variant="light" c="var(--mantine-color-text)">
            old
          </Badge>
        )}
      </Group>
      {p.free ? (
        <Text size="sm">Free of charge.</Text>
      ) : (
        <Table withRowBorders={false} verticalSpacing={2} aria-label={`Prices by ${p.source}`}>
          <Table.Tbody>
            {(p.terms ?? []).flatMap((t, i) => [
              t.when !== "" || (t.now && (p.terms?.length ?? 0) > 1) ? (
                <Table.Tr key={i}>
                  <Table.Td colSpan={2}>
                    <Text size="xs" fw={600}>
                      {t.when || "usually"}
                      {t.now ? " (now)" : ""}
                    </Text>
                  </Table.Td>
                </Table.Tr>
              ) : null,
              ...(t.lines ?? []).map((l) => (
                <Table.Tr key={`${i} ${l.what}`}>
                  <Table.Td>{l.what}</Table.Td>
                  <Table.Td ta="right">
                    {sum(l.amount)}{" "}
                    <Text span size="xs" c="dimmed">
                      per {l.unit}
                    </Text>
                  </Table.Td>
                </Table.Tr>
              )),
            ])}
            {(p.services ?? []).map((s) => (
              <Table.Tr key={s.what}>
                <Table.Td>{s.what}</Table.Td>
                <Table.Td ta="right">
                  × {amount(s.amount)}{" "}
                  <Text span size="xs" c="dimmed">
                    all tokens
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
