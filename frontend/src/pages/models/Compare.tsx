import { Badge, Button, Modal, ScrollArea, Table, Text } from "@mantine/core";
import { IconMessages } from "@tabler/icons-react";
import { useQueries } from "@tanstack/react-query";
import { useLocation } from "wouter";

import { scoresOf } from "../../api/queries";
import { take, addColumn } from "../../api/play";
import { share } from "../../format";
import { t } from "../../words";
import { figureText } from "./figureText";
import { best, type Figure, figures, lessIsBetter, type Name, offered, traits } from "./names";

/** What is asked of a model, in words. */
export function domainName(domain: string): string {
  switch (domain) {
    case "code-edit":
      return t("Editing code");
    case "code-question":
      return t("Questions on code");
    case "agentic":
      return t("Work with tools");
    case "math":
      return t("Mathematics");
    case "reasoning":
      return t("Reasoning");
    case "writing":
      return t("Writing");
    case "extraction":
      return t("Extraction");
    case "translation":
      return t("Translation");
    case "summary":
      return t("Summaries");
    case "foreign":
      return t("Other languages than English");
  }
  return t("In general");
}

/** Some models side by side, with the best of each row marked. */
export function Compare({ names, close }: { names: Name[]; close: () => void }) {
  const [, go] = useLocation();
  const scores = useQueries({ queries: names.map((n) => scoresOf(n.name)) });
  const rows: [Figure, string][] = [
    ["input", t("Input, per million tokens")],
    ["cached", t("Input from a cache")],
    ["written", t("Input written to a cache")],
    ["output", t("Output")],
    ["context", t("Context")],
    ["longest", t("Longest answer")],
    ["first", t("First token, for half of the answers")],
    ["speed", t("Tokens a second")],
    ["answered", t("Answered, of all attempts")],
  ];
  const domains = [...new Set(scores.flatMap((s) => (s.data?.domains ?? []).map((d) => d.domain)))];
  const score = (i: number, domain: string) => scores[i]?.data?.domains?.find((d) => d.domain === domain)?.quality;
  const tryAll = () => {
    take({ model: names[0]!.name, turns: [] });
    names.slice(1).forEach((n) => addColumn(n.name));
    go("/playground");
  };
  return (
    <Modal opened onClose={close} title={t("Compare models")} size="xl">
      <ScrollArea>
        <Table aria-label={t("Compare models")} verticalSpacing={6} miw={420} className="figures">
          <Table.Thead>
            <Table.Tr>
              <Table.Th />
              {names.map((n) => (
                <Table.Th key={n.name} className="mono" style={{ overflowWrap: "anywhere" }}>
                  {n.name}
                </Table.Th>
              ))}
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            <Plain name={t("Offered by")} of={names.map((n) => offered(n).map((o) => o.account).join(", "))} />
            {rows.map(([figure, name]) => (
              <Marked key={figure} name={name} of={names.map((n) => figureText(figure, n))} best={best(names.map(figures[figure]), lessIsBetter[figure])} />
            ))}
            <Plain name={t("Takes images")} of={names.map((n) => (traits.images(n) ? t("yes") : "–"))} />
            <Plain name={t("Can reason before it answers")} of={names.map((n) => (traits.reasoning(n) ? t("yes") : "–"))} />
            {domains.length > 0 && (
              <Table.Tr>
                <Table.Th colSpan={names.length + 1} pt="md">
                  {t("Quality: the share of good answers that is expected")}
                </Table.Th>
              </Table.Tr>
            )}
            {domains.map((d) => {
              const values = names.map((_, i) => score(i, d));
              return <Marked key={d} name={domainName(d)} of={values.map((v) => (v === undefined ? "–" : share(v, 1)))} best={best(values.map((v) => (v === undefined ? v : Math.round(100 * v))), false)} />;
            })}
          </Table.Tbody>
        </Table>
      </ScrollArea>
      <Text size="xs" c="dimmed" mt="sm">
        {t("Of several accounts that offer a model, the best figure. Times and answers are those measured here lately; quality is drawn from published results to your thumbs.")}
      </Text>
      <Button mt="sm" variant="light" leftSection={<IconMessages size={16} />} onClick={tryAll}>
        {t("Try them side by side")}
      </Button>
    </Modal>
  );
}

function Plain({ name, of }: { name: string; of: string[] }) {
  return <Marked name={name} of={of} best={new Set()} />;
}

function Marked({ name, of, best }: { name: string; of: string[]; best: Set<number> }) {
  return (
    <Table.Tr>
      <Table.Th scope="row" fw={400} fz="sm" c="dimmed">
        {name}
      </Table.Th>
      {of.map((text, i) => (
        <Table.Td key={i} fw={best.has(i) ? 650 : undefined}>
          {text}
          {best.has(i) && (
            <Badge size="xs" variant="light" color="teal" c="var(--mantine-color-text)" ml={6} tt="none">
              {t("best")}
            </Badge>
          )}
        </Table.Td>
      ))}
    </Table.Tr>
  );
}
