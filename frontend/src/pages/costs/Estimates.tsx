import { Table, Text } from "@mantine/core";

import type { Schemas } from "../../api/client";
import { count, percent } from "../../format";
import { Section } from "../../ui/Parts";
import { t } from "../../words";
import { Bar } from "../explain/Bar";

type Miss = Schemas["Miss"];

/** How far off what was expected of requests was from what the upstream then told, by model. */
export function Estimates({ of: misses }: { of: Miss[] }) {
  const figures = [
    { head: t("Prompt tokens"), of: (m: Miss) => m.prompt },
    { head: t("Reply tokens"), of: (m: Miss) => m.output },
    { head: t("Cost"), of: (m: Miss) => m.cost },
  ];
  const most = Math.max(...misses.flatMap((m) => figures.map((f) => f.of(m) ?? 0)));
  return (
    <Section title={t("Estimate against true")}>
      <Text size="sm" c="dimmed" mb="xs">
        {t("Before a request is sent, Metapi estimates what it will take, to choose by it. This is how far off that was from what the upstream told: half of the requests were closer, half were further off.")}
      </Text>
      <Table.ScrollContainer minWidth={480}>
        <Table aria-label={t("Estimate against true")} verticalSpacing={6}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("Model")}</Table.Th>
              <Table.Th ta="right">{t("Requests")}</Table.Th>
              {figures.map((f) => (
                <Table.Th key={f.head}>{f.head}</Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {misses.map((m) => (
              <Table.Tr key={m.model}>
                <Table.Td style={{ overflowWrap: "anywhere" }}>{m.model}</Table.Td>
                <Table.Td ta="right">{count(m.requests)}</Table.Td>
                {figures.map((f) => (
                  <Table.Td key={f.head}>
                    <Bar text={f.of(m) === undefined ? t("not known") : t("off by {{percent}}", { percent: percent(f.of(m)!) })} part={f.of(m)} whole={most} />
                  </Table.Td>
                ))}
              </Table.Tr>
            ))}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
    </Section>
  );
}
