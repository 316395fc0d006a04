import { Badge, Button, Group, Text } from "@mantine/core";

import { usePrices, useRefreshPrices } from "../../api/queries";
import { plural } from "../../words";
import { refused, tell } from "../../ui/notify";

/** Which list the prices are from that no account publishes itself, how old it is, and what can be done about it. */
export function PriceList() {
  const { data: list } = usePrices();
  const refresh = useRefreshPrices();
  if (list === undefined) return null;
  const run = (what: "fetch" | "built-in", done: string) =>
    refresh.mutate(what, { onError: refused, onSuccess: (l) => (what === "built-in" || l.outcome === "ok") && tell(done) });
  return (
    <div>
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          {list.fetched ? "The list of prices was fetched" : "The list of prices came with this version"}: {list.source} of {list.as_of}, {plural(list.days, "day")} old.
        </Text>
        {list.old && (
          <Badge color="yellow" variant="light" c="var(--mantine-color-text)">
            old
          </Badge>
        )}
        <Button size="compact-xs" variant="default" loading={refresh.isPending} onClick={() => run("fetch", "The list of prices is up to date.")} title={`Fetches ${list.from}. Nothing of yours is sent.`}>
          Refresh now
        </Button>
        {list.fetched && (
          <Button size="compact-xs" variant="subtle" onClick={() => run("built-in", "The prices that came with this version are in force again.")}>
            Use the built-in list
          </Button>
        )}
      </Group>
      {list.message !== undefined && (
        <Text size="xs" role="status" mt={4}>
          {list.message}
        </Text>
      )}
    </div>
  );
}
