import { Box, List, Table, Text, Title } from "@mantine/core";

import { type Receipt as Of, useReceipt } from "../../api/queries";
import { count, dollars } from "../../format";
import { Loaded } from "../../ui/Parts";
import { RateNote } from "../../ui/RateNote";
import { say, t, Trans } from "../../words";

const known = (usd: number | null) => (usd === null ? t("not known") : dollars(usd));

/** What a request cost by class, what others would have cost, and what was saved. */
export function Receipt({ id }: { id: string }) {
  const receipt = useReceipt(id);
  return <Loaded of={receipt}>{(r) => <Body of={r} />}</Loaded>;
}

function Body({ of: r }: { of: Of }) {
  const lines = r.lines ?? [];
  if (lines.length === 0 && !r.cost_usd) return null;
  return (
    <Box>
      <Title order={3} size="h5" mb={4}>
        {t("Receipt")}
      </Title>
      <Table verticalSpacing={4} aria-label={t("Receipt")}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th>{t("What")}</Table.Th>
            <Table.Th ta="right">{t("Tokens")}</Table.Th>
            <Table.Th ta="right">{t("Cost")}</Table.Th>
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {lines.map((l) => (
            <Table.Tr key={l.class}>
              <Table.Td>{say(l.name)}</Table.Td>
              <Table.Td ta="right">{l.tokens ? count(l.tokens) : ""}</Table.Td>
              <Table.Td ta="right">{r.cost_usd === null && l.usd === 0 ? t("not known") : dollars(l.usd)}</Table.Td>
            </Table.Tr>
          ))}
          <Table.Tr>
            <Table.Th scope="row">{t("Total")}</Table.Th>
            <Table.Td />
            <Table.Td ta="right" fw={650}>
              {known(r.cost_usd)}
            </Table.Td>
          </Table.Tr>
          {r.saved_usd !== null && (
            <Table.Tr>
              <Table.Th scope="row">{t("Saved")}</Table.Th>
              <Table.Td />
              <Table.Td ta="right">
                <Trans text="{{saved}} <small>instead of {{cost}}</small>" values={{ saved: known(r.saved_usd), cost: known(r.baseline_usd) }} parts={{ small: <Text span size="xs" c="dimmed" /> }} />
              </Table.Td>
            </Table.Tr>
          )}
        </Table.Tbody>
      </Table>
      <Text size="xs" c="dimmed" mt={4}>
        {say(r.basis)} {r.saved_usd !== null && say(r.method)}
      </Text>
      {(r.why ?? []).length > 1 && (
        <List size="sm" mt="xs">
          {(r.why ?? []).slice(1).map((w) => (
            <List.Item key={w}>{say(w)}</List.Item>
          ))}
        </List>
      )}
      <RateNote />
    </Box>
  );
}
