import { Anchor, SegmentedControl, SimpleGrid, VisuallyHidden } from "@mantine/core";
import { useState } from "react";

import { type Figures, useUsageToday } from "../../api/queries";
import { compact, count, dollars, money, sum } from "../../format";
import { Bars } from "../../ui/Bars";
import { Cost, Figure, Loaded, Section } from "../../ui/Parts";
import { RequestsLink } from "../../ui/RequestsLink";
import { plural, t } from "../../words";

/** What today came to, and its hours. */
export function Today() {
  const usage = useUsageToday("hour");
  const [chosen, setOf] = useState<"cost" | "tokens" | null>(null);
  const of = chosen ?? (usage.data?.totals.cost_usd === 0 ? "tokens" : "cost"); // where no price is known there are tokens to see
  return (
    <Section
      title={t("Today")}
      actions={<SegmentedControl size="xs" value={of} onChange={(v) => setOf(v as typeof of)} data={[{ value: "cost", label: t("Cost") }, { value: "tokens", label: t("Tokens") }]} aria-label={t("What the chart of today shows")} />}
    >
      <Loaded of={usage} height={300}>
        {({ totals, groups }) => (
          <>
            <SimpleGrid cols={{ base: 2, xs: 4 }} mb="md" spacing="xs">
              <Figure label={t("Cost")} value={<Cost of={sum(totals)} />} note={costNote(totals)} />
              <Figure label={t("Requests")} value={count(totals.requests)} note={<Failed of={totals} />} />
              <Figure label={t("Tokens in")} value={compact(allInput(totals))} note={cacheNote(totals)} />
              <Figure label={t("Tokens out")} value={compact(totals.output_tokens)} note={totals.reasoning_tokens > 0 ? t("{{tokens}} of it reasoning", { tokens: compact(totals.reasoning_tokens) }) : undefined} />
            </SimpleGrid>
            <Hours groups={groups ?? []} of={of} />
          </>
        )}
      </Loaded>
    </Section>
  );
}

const allInput = (f: Figures) => f.input_tokens + f.cache_read_tokens + f.cache_write_tokens;

/** How many failed, and the way to them. */
function Failed({ of: f }: { of: Figures }) {
  if (f.failed === 0) return <>{f.requests > 0 ? t("none failed") : t("none yet")}</>;
  return (
    <Anchor component={RequestsLink} of={{ state: "failed" }} size="xs" underline="always">
      {t("{{count}} failed", { count: f.failed })}
    </Anchor>
  );
}

function costNote(f: Figures): string | undefined {
  if (f.cost_unknown > 0) return plural(f.cost_unknown, "{{count}} request without a known price", "{{count}} requests without a known price");
  if (f.cost_estimated > 0) return plural(f.cost_estimated, "{{count}} request estimated", "{{count}} requests estimated");
  return f.requests > 0 ? t("all measured") : undefined;
}

function cacheNote(f: Figures): string | undefined {
  const all = allInput(f);
  return all > 0 ? t("{{percent}} % from a cache", { percent: Math.round((100 * f.cache_read_tokens) / all) }) : undefined;
}

type Hour = Figures & { key: string };

/** The hours of today. What the picture says is also in a table, for who cannot see it. */
function Hours({ groups, of }: { groups: Hour[]; of: "cost" | "tokens" }) {
  const by = new Map(groups.map((g) => [new Date(g.key).getHours(), g]));
  const hours = Array.from({ length: 24 }, (_, hour) => {
    const g = by.get(hour);
    return { hour: `${String(hour).padStart(2, "0")}:00`, cost: g?.cost_usd ?? 0, tokens: g ? allInput(g) + g.output_tokens : 0, requests: g?.requests ?? 0, money: g ? money(sum(g)) : "–" };
  });
  return (
    <figure style={{ margin: 0 }}>
      <Bars
        h={220}
        data={hours}
        dataKey="hour"
        series={[{ name: of, label: of === "cost" ? t("Cost") : t("Tokens"), color: "metapi.6" }]}
        valueFormatter={of === "cost" ? dollars : compact}
        xAxisProps={{ interval: 3 }}
        yAxisProps={{ width: 56, tickCount: 3 }}
        most={36}
      />
      <VisuallyHidden component="table">
        <caption>{t("Use by hour")}</caption>
        <tbody>
          {hours
            .filter((h) => h.requests > 0)
            .map((h) => (
              <tr key={h.hour}>
                <th scope="row">{h.hour}</th>
                <td>{plural(h.requests, "request")}</td>
                <td>{h.money}</td>
                <td>{plural(h.tokens, "token")}</td>
              </tr>
            ))}
        </tbody>
      </VisuallyHidden>
    </figure>
  );
}
