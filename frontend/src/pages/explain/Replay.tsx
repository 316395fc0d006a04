import { Button, Card, Group, List, Progress, Select, Stack, Table, Text } from "@mantine/core";
import { IconHistory, IconPlayerStop } from "@tabler/icons-react";
import { useState } from "react";
import { useLocation } from "wouter";

import type { Schemas } from "../../api/client";
import { useMode, useNow, useReplay, useReplayed, useStopReplay } from "../../api/queries";
import { clock, dollars, duration, share } from "../../format";
import { plural, say, t } from "../../words";
import { modeName } from "../../ui/ModeSwitch";
import { refused } from "../../ui/notify";
import { Empty, Fault, Loaded, Section } from "../../ui/Parts";
import { Bar } from "./Bar";

const spans = [1, 7, 30, 90, 365];

/** What past requests would have come to under each mode. */
export function Replay() {
  const replayed = useReplayed();
  const replay = useReplay();
  const stop = useStopReplay();
  const { data: mode } = useMode();
  const [days, setDays] = useState("7");
  const [one, setOne] = useState<string | null>(null);
  return (
    <Loaded of={replayed}>
      {(r) => (
        <Stack gap="md">
          <Card withBorder>
            <Group gap="sm" align="flex-end">
              <Select label={t("My requests of")} data={spans.map((d) => ({ value: String(d), label: plural(d, "the last day", "the last {{count}} days") }))} value={days} onChange={(d) => d !== null && setDays(d)} allowDeselect={false} w={180} />
              <Select label={t("Under the mode")} placeholder={t("The four by figures")} data={(mode?.modes ?? []).map((m) => ({ value: m.mode, label: modeName(m.mode) }))} value={one} onChange={setOne} clearable w={180} />
              {r.running ? (
                <Button variant="default" leftSection={<IconPlayerStop size={16} />} onClick={() => stop.mutate(undefined, { onError: refused })}>
                  {t("Stop")}
                </Button>
              ) : (
                <Button leftSection={<IconHistory size={16} />} onClick={() => replay.mutate({ days: Number(days), modes: one === null ? undefined : [one] }, { onError: refused })} loading={replay.isPending}>
                  {t("Replay")}
                </Button>
              )}
            </Group>
            {r.running && (
              <Stack gap={4} mt="md" role="status">
                <Progress value={100 * r.share} aria-label={t("How much of the time has been gone through")} />
                <Text size="sm" c="dimmed">
                  {t("Going through your requests: {{percent}} %. You may leave this page meanwhile.", { percent: Math.round(100 * r.share) })}
                </Text>
              </Stack>
            )}
          </Card>
          {r.trouble !== undefined && <Fault error={{}} title={say(r.trouble)} />}
          {r.stopped && <Text c="dimmed">{t("Stopped before it was done.")}</Text>}
          {r.report !== undefined ? (
            <Result of={r.report} days={r.days ?? 0} since={r.since} />
          ) : (
            !r.running &&
            !r.stopped && (
              <Empty icon={IconHistory} title={t("Nothing has been replayed yet")}>
                {t(
                  "Choose how far back, and press Replay: each request of that time is decided again under each mode, and you see what they would have cost and how long answers would have taken, beside what really happened.",
                )}
              </Empty>
            )
          )}
        </Stack>
      )}
    </Loaded>
  );
}

type Comparison = Schemas["Comparison"];

function Result({ of: r, days, since }: { of: Comparison; days: number; since?: string }) {
  const [, go] = useLocation();
  const now = useNow(false);
  if (r.compared === 0) {
    return (
      <Stack gap="md">
        <Empty icon={IconHistory} title={t("Nothing to compare")} action={r.requests === 0 && <Button onClick={() => go("/tools/connect")}>{t("Connect a tool")}</Button>}>
          {r.requests === 0
            ? plural(days, "There is no request in the last day.", "There is no request in the last {{count}} days.")
            : plural(r.requests, "The {{count}} request of this time could not be compared.", "None of the {{count}} requests of this time could be compared.")}
        </Empty>
        <Method of={r} />
      </Stack>
    );
  }
  const rows = [r.real, ...(r.modes ?? [])];
  const most = (figure: (o: Schemas["Outcome"]) => number) => Math.max(...rows.map(figure));
  const [usd, typical, slow] = [most((o) => o.usd), most((o) => o.typical_ms), most((o) => o.slow_ms)];
  const cheapest = Math.min(...(r.modes ?? []).map((o) => o.usd));
  return (
    <Stack gap="md">
      <Section title={t("What they would have come to")}>
        <Text size="sm" c="dimmed" mb="xs">
          {since === undefined ? plural(r.compared, "request") : plural(r.compared, "{{count}} request since {{time}}", "{{count}} requests since {{time}}", { time: clock(since, now) })} ·{" "}
          {t("≈ says that a part of it is estimated")}
        </Text>
        <Table.ScrollContainer minWidth={680} scrollAreaProps={{ viewportProps: { tabIndex: 0, "aria-label": t("Modes, to be scrolled"), role: "group" } }}>
          <Table aria-label={t("What each mode would have come to")} verticalSpacing={8}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("Mode")}</Table.Th>
                <Table.Th>{t("Cost")}</Table.Th>
                <Table.Th>{t("Typical wait")}</Table.Th>
                <Table.Th>{t("19 of 20 within")}</Table.Th>
                <Table.Th ta="right">{t("Moved")}</Table.Th>
                <Table.Th ta="right">{t("Failed tries")}</Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((o) => {
                const real = o.mode === undefined;
                const guessed = Math.abs(o.usd - o.measured_usd) > 1e-9;
                return (
                  <Table.Tr key={o.mode ?? ""}>
                    <Table.Td fw={real ? 650 : undefined}>{real ? t("As it really was") : modeName(o.mode ?? "")}</Table.Td>
                    <Table.Td>
                      <Bar text={(guessed ? "≈ " : "") + dollars(o.usd)} part={o.usd} whole={usd} best={!real && o.usd === cheapest} note={real ? undefined : difference(o.usd, r.real.usd, o.measured_usd)} />
                    </Table.Td>
                    <Table.Td>
                      <Bar text={o.typical_ms ? duration(o.typical_ms) : t("not known")} part={o.typical_ms} whole={typical} />
                    </Table.Td>
                    <Table.Td>
                      <Bar text={o.slow_ms ? duration(o.slow_ms) : t("not known")} part={o.slow_ms} whole={slow} />
                    </Table.Td>
                    <Table.Td ta="right">{real ? "" : o.moved}</Table.Td>
                    <Table.Td ta="right">{o.failed_tries}</Table.Td>
                  </Table.Tr>
                );
              })}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      </Section>
      <Method of={r} />
    </Stack>
  );
}

/** How much more or less than in reality. */
function difference(usd: number, real: number, measured: number): string {
  const percent = real > 0 ? Math.round((100 * (usd - real)) / real) : 0;
  const than = percent === 0 ? t("as much") : percent < 0 ? t("{{percent}} % less", { percent: -percent }) : t("{{percent}} % more", { percent });
  return usd > 0 ? t("{{than}}, {{share}} measured", { than, share: share(measured, usd) }) : than;
}

/** How the figures are made, and what they leave out. */
function Method({ of: r }: { of: Comparison }) {
  const notes = [
    r.alone > 0 && plural(r.alone, "{{count}} request had one account that could serve: the same under each mode.", "{{count}} requests had one account that could serve: the same under each mode."),
    r.fixed > 0 && plural(r.fixed, "{{count}} request had the mode from a rule, the model or the tool itself, and keeps it.", "{{count}} requests had the mode from a rule, the model or the tool itself, and keep it."),
    r.cut > 0 &&
      plural(
        r.cut,
        "{{count}} request had more accounts that could serve than the ledger keeps: the mode chose among those kept.",
        "{{count}} requests had more accounts that could serve than the ledger keeps: the mode chose among those kept.",
      ),
    r.no_caches > 0 &&
      plural(
        r.no_caches,
        "{{count}} request was kept before the ledger knew what prompt caches are worth: all accounts are taken to have held what one did.",
        "{{count}} requests were kept before the ledger knew what prompt caches are worth: all accounts are taken to have held what one did.",
      ),
    ...(r.modes ?? []).map(
      (o) =>
        o.unheard > 0 &&
        plural(
          o.unheard,
          "{{mode}}: the wait of {{count}} request is not known, since nothing was measured where it would have gone.",
          "{{mode}}: the wait of {{count}} requests is not known, since nothing was measured where they would have gone.",
          { mode: modeName(o.mode ?? "") },
        ),
    ),
    ...(r.left_out ?? []).map((l) =>
      plural(l.requests, "Left out of all sides: {{count}} request ({{money}}): {{reason}}.", "Left out of all sides: {{count}} requests ({{money}}): {{reason}}.", { money: dollars(l.usd), reason: say(l.reason) }),
    ),
    r.checked > 0 &&
      plural(
        r.checked,
        "Decided again under the mode it was decided in, {{repeated}} of {{count}} decision comes out as it was.",
        "Decided again under the modes they were decided in, {{repeated}} of {{count}} decisions come out as they were.",
        { repeated: r.repeated },
      ),
  ].filter((n) => n !== false);
  return (
    <Section title={t("How this is worked out")}>
      <Text size="sm">{say(r.measuring)}</Text>
      {notes.length > 0 && (
        <List size="sm" mt="xs" spacing={4}>
          {notes.map((n) => (
            <List.Item key={n}>{n}</List.Item>
          ))}
        </List>
      )}
    </Section>
  );
}
