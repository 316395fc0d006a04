import { Alert, Anchor, Badge, Group, Stack, Table, Text } from "@mantine/core";
import { Link } from "wouter";

import type { Schemas } from "../../api/client";
import { clock, compact, dollars, duration, fromNanos, share } from "../../format";
import { plural, say, t, Trans } from "../../words";
import { modeName } from "../../ui/ModeSwitch";
import { Section } from "../../ui/Parts";
import { protocolName } from "../../ui/protocols";
import { listed } from "../routing/words";
import { Bar } from "./Bar";

type Candidate = Schemas["Figure"];

/** What a decision was made of: who could serve, by which figures, and who could not. */
export function Decision({ title, record, why, refused, name }: { title: string; record: Schemas["Record"]; why?: string; refused?: string; name: (account: string) => string }) {
  const candidates = record.candidates ?? [];
  const excluded = record.excluded ?? [];
  const rules = record.rules ?? [];
  return (
    <Section title={title}>
      <Stack gap="sm">
        {why !== undefined && (
          <Text fw={550} style={{ overflowWrap: "anywhere" }}>
            {say(why)}
          </Text>
        )}
        {refused !== undefined && (
          <Alert color="red" role="alert" title={t("The tool would be told")}>
            {say(refused)}
          </Alert>
        )}
        <Group gap="xs">
          <Badge variant="default" tt="none" size="lg">
            {record.model || record.asked || t("no model")}
          </Badge>
          {record.mode !== undefined && (
            <Badge variant="default" tt="none" size="lg">
              {t("Mode: {{mode}}", { mode: modeName(record.mode) })}
            </Badge>
          )}
          <Badge variant="default" tt="none" size="lg">
            {record.stream ? t("{{protocol}}, streamed", { protocol: protocolName(record.protocol) }) : protocolName(record.protocol)}
          </Badge>
        </Group>
        <Text size="sm" c="dimmed">
          {record.asked !== record.model && record.asked !== "" && t("Asked for {{model}}.", { model: record.asked })} {rules.length > 0 ? t("Rules that hold: {{rules}}.", { rules: listed(rules) }) : t("No rule holds.")}{" "}
          {record.nearer && t("The mode was asked for by the request, a rule or the model.")}{" "}
          {!!record.ranked && plural(record.ranked, "{{count}} account could serve; the first {{kept}} are kept.", "{{count}} accounts could serve; the first {{kept}} are kept.", { kept: candidates.length })}{" "}
          <Anchor component={Link} href="/routing" underline="always">
            {t("Change the routing")}
          </Anchor>
        </Text>
        {candidates.length > 0 && <Candidates of={candidates} mode={record.mode ?? ""} name={name} />}
        {excluded.length > 0 && (
          <Stack component="ul" gap={4} m={0} pl="md" aria-label={t("Left out")}>
            {excluded.map((x) => (
              <Text component="li" size="sm" key={x.deployment}>
                <Trans
                  text={x.until ? "<who>{{account}}</who> is left out: {{reason}}, until {{time}}" : "<who>{{account}}</who> is left out: {{reason}}"}
                  parts={{ who: <b /> }}
                  values={{ account: name(x.account), reason: say(x.reason), time: x.until ? clock(x.until, Date.parse(record.start)) : "" }}
                />
              </Text>
            ))}
          </Stack>
        )}
      </Stack>
    </Section>
  );
}

function Candidates({ of: list, mode, name }: { of: Candidate[]; mode: string; name: (account: string) => string }) {
  const most = (figure: (c: Candidate) => number | undefined) => Math.max(0, ...list.map((c) => figure(c) ?? 0));
  const cost = (c: Candidate) => (c.priced ? c.cost : undefined);
  const later = (c: Candidate) => (c.priced ? c.later : undefined);
  const wait = (c: Candidate) => c.wait;
  const would = (c: Candidate) => (c.would_known ? (c.would ?? 0) : undefined);
  const any = (figure: (c: Candidate) => number | undefined) => list.some((c) => figure(c) !== undefined);
  const [mostCost, mostLater, mostWait, mostWould] = [most(cost), most(later), most(wait), most(would)];
  return (
    <Table.ScrollContainer minWidth={760} scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("Candidates, to be scrolled"), role: "group" } }}>
      <Table aria-label={t("Candidates, best first")} verticalSpacing={6}>
        <Table.Thead>
          <Table.Tr>
            <Table.Th w={32}>#</Table.Th>
            <Table.Th>{t("Account")}</Table.Th>
            <Table.Th>{t("Model there")}</Table.Th>
            {any(cost) && <Table.Th>{t("This request")}</Table.Th>}
            {any(later) && <Table.Th>{t("The turns to come")}</Table.Th>}
            <Table.Th>{t("Answers within")}</Table.Th>
            <Table.Th ta="right">{t("Fails")}</Table.Th>
            <Table.Th ta="right">{t("Running")}</Table.Th>
            <Table.Th ta="right">{t("Score")}</Table.Th>
            {any(would) && <Table.Th>{t("Same tokens")}</Table.Th>}
          </Table.Tr>
        </Table.Thead>
        <Table.Tbody>
          {list.map((c, i) => (
            <Table.Tr key={c.deployment}>
              <Table.Td>{i + 1}</Table.Td>
              <Table.Td fw={i === 0 ? 650 : undefined}>
                {name(c.account)}
                {!!c.tier && (
                  <Text size="xs" c="dimmed">
                    {t("where no other can")}
                  </Text>
                )}
              </Table.Td>
              <Table.Td className="mono nowrap">{c.upstream}</Table.Td>
              {any(cost) && (
                <Table.Td>
                  <Bar text={cost(c) === undefined ? t("not known") : `≈ ${dollars(c.cost ?? 0)}`} part={cost(c)} whole={mostCost} best={i === 0} note={c.cached ? t("{{tokens}} cached", { tokens: compact(c.cached) }) : undefined} />
                </Table.Td>
              )}
              {any(later) && (
                <Table.Td>
                  <Bar text={c.later ? `≈ ${dollars(c.later)}` : "–"} part={later(c)} whole={mostLater} best={i === 0} />
                </Table.Td>
              )}
              <Table.Td>
                <Bar text={c.wait ? duration(fromNanos(c.wait)) : "–"} part={c.wait} whole={mostWait} best={i === 0} />
              </Table.Td>
              <Table.Td ta="right" className="nowrap">
                {c.failing === undefined ? "–" : share(c.failing, 1)}
              </Table.Td>
              <Table.Td ta="right">{c.in_flight}</Table.Td>
              <Table.Td ta="right" className="nowrap">
                {score(c, mode)}
              </Table.Td>
              {any(would) && (
                <Table.Td>
                  <Bar text={would(c) === undefined ? t("not known") : dollars(c.would ?? 0)} part={would(c)} whole={mostWould} best={i === 0} />
                </Table.Td>
              )}
            </Table.Tr>
          ))}
        </Table.Tbody>
      </Table>
    </Table.ScrollContainer>
  );
}

/** What the mode sorted by, in its own unit; the smallest comes first. */
function score(c: Candidate, mode: string): string {
  if (c.score === undefined) return "–";
  if (mode === "latency") return duration(c.score * 1000);
  if (mode === "cost") return c.priced ? dollars(c.score) : t("not known");
  return c.score.toPrecision(3);
}
