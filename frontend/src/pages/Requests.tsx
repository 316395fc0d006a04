import { Button, Group, Select, Stack, Table, Text, UnstyledButton } from "@mantine/core";
import { IconActivity, IconFilterOff } from "@tabler/icons-react";
import { memo, useState } from "react";
import { useLocation, useParams } from "wouter";

import { type Filter, type Row, useAccounts, useClients, useModels, useNow, useRequests } from "../api/queries";
import { clock, duration } from "../format";
import { Cost, Empty, Loaded, Page, State, Tokens } from "../ui/Parts";
import { requestState } from "../ui/requests";
import { Detail } from "./requests/Detail";

const stateNames: [NonNullable<Filter["state"]>, string][] = [
  ["running", "Running"],
  ["ok", "OK"],
  ["failed", "Failed"],
  ["cancelled", "Cancelled"],
  ["interrupted", "Interrupted"],
];

export function Requests() {
  const { id } = useParams<{ id?: string }>();
  const [, go] = useLocation();
  const [filter, setFilter] = useState<Filter>(() => (history.state as Filter | null) ?? {}); // a link elsewhere may bring one
  const { data: accounts } = useAccounts();
  const { data: clients } = useClients();
  const { data: models } = useModels();
  const requests = useRequests(filter);
  const rows = requests.data?.pages.flatMap((p) => p.rows ?? []) ?? [];
  const now = useNow(rows.some((r) => r.state === "running"));
  const today = new Date(now).setHours(0, 0, 0, 0); // all that a row which has ended must know of the time
  const filtered = Object.values(filter).some((v) => v !== undefined);
  const set = (key: keyof Filter) => (value: string | null) => setFilter((f) => ({ ...f, [key]: value ?? undefined }));
  const modelNames = [...new Set((models ?? []).map((m) => m.model))].sort();

  return (
    <Page
      title="Requests"
      about="As they run, newest first. Open one to see why it went where it went."
    >
      {(rows.length > 0 || filtered) && (
        <Group gap="sm" mb="sm" role="search">
          <Select aria-label="Tool" placeholder="All tools" data={(clients ?? []).map((c) => ({ value: c.id, label: c.name }))} value={filter.client ?? null} onChange={set("client")} clearable w={150} />
          <Select aria-label="Account" placeholder="All accounts" data={(accounts ?? []).map((a) => ({ value: a.id, label: a.name }))} value={filter.account ?? null} onChange={set("account")} clearable w={170} />
          <Select aria-label="Model" placeholder="All models" data={modelNames} value={filter.model ?? null} onChange={set("model")} clearable searchable limit={50} w={220} />
          <Select
            aria-label="State"
            placeholder="All states"
            data={stateNames.map(([value, label]) => ({ value, label }))}
            value={filter.state ?? null}
            onChange={(v) => set("state")(v)}
            clearable
            w={140}
          />
          {filtered && (
            <Button variant="subtle" leftSection={<IconFilterOff size={16} />} onClick={() => setFilter({})}>
              Show all
            </Button>
          )}
        </Group>
      )}
      <Loaded of={requests}>
        {() =>
          rows.length === 0 ? (
            <Empty
              icon={IconActivity}
              title={filtered ? "No such request" : "No request yet"}
              action={<Button variant={filtered ? "default" : "filled"} onClick={() => (filtered ? setFilter({}) : go("/tools/connect"))}>{filtered ? "Show all" : "Connect a tool"}</Button>}
            >
              {filtered ? "Nothing matches these filters." : "Connect a tool and ask it something: the request appears here as it runs."}
            </Empty>
          ) : (
            <Stack>
              <Table.ScrollContainer minWidth={520}>
                <Table aria-label="Requests" stickyHeader>
                  <Table.Thead>
                    <Table.Tr>
                      <Table.Th w={112}>State</Table.Th>
                      <Table.Th>Model</Table.Th>
                      <Table.Th className="wide">Tool</Table.Th>
                      <Table.Th className="wide">Account</Table.Th>
                      <Table.Th ta="right" className="wide">
                        Tokens
                      </Table.Th>
                      <Table.Th ta="right">Cost</Table.Th>
                      <Table.Th ta="right">Took</Table.Th>
                      <Table.Th ta="right" className="wide">
                        When
                      </Table.Th>
                    </Table.Tr>
                  </Table.Thead>
                  <Table.Tbody>
                    {rows.map((r) => (
                      <RequestRow key={r.id} row={r} now={r.state === "running" ? now : today} go={go} />
                    ))}
                  </Table.Tbody>
                </Table>
              </Table.ScrollContainer>
              {requests.hasNextPage && (
                <Button variant="default" onClick={() => void requests.fetchNextPage()} loading={requests.isFetchingNextPage} style={{ alignSelf: "center" }}>
                  Show older requests
                </Button>
              )}
            </Stack>
          )
        }
      </Loaded>
      <Detail id={id ?? ""} close={() => go("/requests")} />
    </Page>
  );
}

/** One request. A list may be long, and most of it stands still: only rows that change are drawn again. */
const RequestRow = memo(function RequestRow({ row: r, now, go }: { row: Row; now: number; go: (path: string) => void }) {
  const { tone, word } = requestState(r);
  const running = r.state === "running";
  return (
    <Table.Tr className="row-button" onClick={() => go(`/requests/${r.id}`)}>
      <Table.Td>
        <State tone={tone}>{word}</State>
      </Table.Td>
      <Table.Td maw={260}>
        <UnstyledButton maw="100%" display="block" aria-label={`${r.model || "A request without a model"}, ${word}, ${clock(r.start, now)}`}>
          <Text size="sm" fw={550} truncate>
            {r.model || "–"}
          </Text>
        </UnstyledButton>
        <Text size="xs" c="dimmed" className="slim" truncate>
          {r.client}
          {r.account ? ` → ${r.account}` : ""}
        </Text>
        {r.error !== undefined && (
          <Text size="xs" c="var(--mantine-color-error)" truncate>
            {r.error}
          </Text>
        )}
      </Table.Td>
      <Table.Td className="wide" maw={140}>
        <Text size="sm" truncate title={r.client}>
          {r.client}
        </Text>
      </Table.Td>
      <Table.Td className="wide" maw={190}>
        <Text size="sm" truncate title={r.account}>
          {r.account ?? (running ? "…" : "–")}
          {r.attempts > 1 && (
            <Text span size="xs" c="dimmed">
              {" "}
              (try {r.attempts})
            </Text>
          )}
        </Text>
      </Table.Td>
      <Table.Td ta="right" className="wide">
        <Tokens input={r.input_tokens + r.cache_write_tokens} cached={r.cache_read_tokens} output={r.output_tokens} estimated={r.tokens_estimated} />
      </Table.Td>
      <Table.Td ta="right">{running || r.input_tokens + r.cache_read_tokens + r.cache_write_tokens + r.output_tokens === 0 ? "–" : <Cost of={{ usd: r.cost_usd, estimated: r.cost_estimated, by: r.cost_told_by }} />}</Table.Td>
      <Table.Td ta="right" className="nowrap">{duration(running ? Math.max(0, now - Date.parse(r.start)) : (r.took_ms ?? 0))}</Table.Td>
      <Table.Td ta="right" className="wide nowrap">
        {clock(r.start, now)}
      </Table.Td>
    </Table.Tr>
  );
});
