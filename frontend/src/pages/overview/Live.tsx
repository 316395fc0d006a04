import { Anchor, Box, Group, Table, Text } from "@mantine/core";
import { IconRocket } from "@tabler/icons-react";
import { Fragment } from "react";
import { Link, useLocation } from "wouter";

import { type Row, useAccounts, useNow, useRequests } from "../../api/queries";
import { duration, when } from "../../format";
import { Empty, Section, State } from "../../ui/Parts";
import { requestState } from "../../ui/requests";
import { t } from "../../words";

/** How many are shown; there is room for as many before they are there, so that nothing below moves. */
const most = 6;
const height = 52;

/** The requests that run, and the last ones that ended, each with the way that it takes. */
export function Live() {
  const requests = useRequests({});
  const { data: accounts } = useAccounts();
  const [, go] = useLocation();
  const rows = requests.data?.pages[0]?.rows?.slice(0, most) ?? [];
  const now = useNow(rows.some((r) => r.state === "running"));
  const named = new Map(accounts?.map((a) => [a.slug, a.name]));
  return (
    <Section
      title={t("Latest requests")}
      actions={
        <Anchor component={Link} href="/requests" size="sm">
          {t("All requests")}
        </Anchor>
      }
    >
      {requests.data !== undefined && rows.length === 0 ? (
        <Empty icon={IconRocket} title={t("No request yet")}>
          {t("Point a tool at the address below, and its requests appear here as they run.")}
        </Empty>
      ) : (
        <Box mih={most * height}>
          <Table aria-label={t("The last six")} layout="fixed" verticalSpacing={2}>
            <Table.Tbody>
              {rows.map((r) => (
                <One key={r.id} row={r} now={now} named={named} open={() => go(`/requests/${r.id}`)} />
              ))}
            </Table.Tbody>
          </Table>
        </Box>
      )}
    </Section>
  );
}

function One({ row: r, now, named, open }: { row: Row; now: number; named: Map<string, string>; open: () => void }) {
  const { tone, word } = requestState(r);
  return (
    <Table.Tr className="row-button arrives" h={height} onClick={open}>
      <Table.Td w={124}>
        <State tone={tone}>{t(word)}</State>
      </Table.Td>
      <Table.Td>
        <Route row={r} named={named} />
      </Table.Td>
      <Table.Td w={84} ta="right">
        <Text size="sm">{r.state === "running" ? duration(Math.max(0, now - Date.parse(r.start))) : duration(r.took_ms ?? 0)}</Text>
        <Text size="xs" c="dimmed" lh={1.2}>
          {when(r.start, now)}
        </Text>
      </Table.Td>
    </Table.Tr>
  );
}

/** The way of a request: from the tool by the model to the account; who could not serve is struck out. */
function Route({ row: r, named }: { row: Row; named: Map<string, string> }) {
  const called = (slug: string) => named.get(slug) ?? slug;
  const running = r.state === "running";
  const account = r.account ? called(r.account) : "";
  return (
    <Group gap={8} style={{ rowGap: 0 }}>
      <Group gap={8} wrap="nowrap" miw={0}>
        <Text size="sm" c="dimmed" truncate>
          {r.client}
        </Text>
        <Arrow />
        <Anchor component="button" type="button" size="sm" fw={550} truncate ta="left" c="var(--mantine-color-text)">
          {r.model || t("(no model)")}
        </Anchor>
      </Group>
      <Group gap={8} wrap="nowrap" miw={0}>
        {r.struck?.map((slug) => (
          <Fragment key={slug}>
            <Arrow />
            <Text component="s" size="sm" c="dimmed" td="line-through" truncate title={t("{{account}} could not serve", { account: called(slug) })}>
              {called(slug)}
            </Text>
          </Fragment>
        ))}
        {account !== "" && (
          <>
            <Arrow moving={running} />
            <Text size="sm" truncate>
              {account}
            </Text>
          </>
        )}
      </Group>
    </Group>
  );
}

/** What leads from one to the next; it moves while an answer is waited for. */
function Arrow({ moving }: { moving?: boolean }) {
  return (
    <svg width={22} height={10} viewBox="0 0 22 10" aria-hidden style={{ flexShrink: 0 }} fill="none" stroke={moving ? "var(--mantine-primary-color-filled)" : "var(--mantine-color-dimmed)"} strokeWidth={1.5}>
      <path d="M1 5H20" className={moving ? "flows" : undefined} strokeDasharray={moving ? "4 3" : undefined} />
      <path d="M16.5 1.5L20 5L16.5 8.5" />
    </svg>
  );
}
