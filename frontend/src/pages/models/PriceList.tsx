import { Badge, Button, Group, Text } from "@mantine/core";

import { usePrices, useRefreshPrices } from "../../api/queries";
import { plural, say, t } from "../../words";
import { refused, tell } from "../../ui/notify";

/** Which list the prices are from that no account publishes itself, how old it is, and what can be done about it. */
export function PriceList() {
  const { data: list } = usePrices();
  const refresh = useRefreshPrices();
  if (list === undefined) return null;
  const run = (what: "fetch" | "built-in", done: string) =>
    refresh.mutate(what, { onError: refused, onSuccess: (l) => (what === "built-in" || l.outcome === "ok") && tell(done) });
  const about = { source: list.source, day: list.as_of, days: plural(list.days, "day") };
  return (
    <div>
      <Group gap="xs">
        <Text size="sm" c="dimmed">
          {list.fetched
            ? t("The list of prices was fetched: {{source}} of {{day}}, {{days}} old.", about)
            : t("The list of prices came with this version: {{source}} of {{day}}, {{days}} old.", about)}
        </Text>
        {list.old && (
          <Badge color="yellow" variant="light" c="var(--mantine-color-text)">
            {t("old")}
          </Badge>
        )}
        <Button size="compact-xs" variant="default" loading={refresh.isPending} onClick={() => run("fetch", t("The list of prices is up to date."))} title={t("Fetches {{address}}. Nothing of yours is sent.", { address: list.from })}>
          {t("Refresh now")}
        </Button>
        {list.fetched && (
          <Button size="compact-xs" variant="subtle" onClick={() => run("built-in", t("The prices that came with this version are in force again."))}>
            {t("Use the built-in list")}
          </Button>
        )}
      </Group>
      {list.message !== undefined && (
        <Text size="xs" role="status" mt={4}>
          {say(list.message)}
        </Text>
      )}
    </div>
  );
}
