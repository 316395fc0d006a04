import { Group, SegmentedControl, VisuallyHidden } from "@mantine/core";
import { useState } from "react";

import { type Group as Use, startOfDay, useAccounts, useNow, useUsage } from "../../api/queries";
import { compact, count, dollars, monthDay } from "../../format";
import { Bars } from "../../ui/Bars";
import { Loaded, Section } from "../../ui/Parts";
import { t } from "../../words";
import { type Measure, type Parts, stack } from "./stack";

const palette = ["metapi.6", "teal.6", "orange.6", "cyan.6", "pink.6"];
const ended = ["teal.6", "red.6"];

/** The last thirty days: spend and tokens by what they went to, requests by how they ended. */
export function Days() {
  const now = useNow(false);
  const since = startOfDay(new Date(now).setDate(new Date(now).getDate() - 29));
  const [of, setOf] = useState<Measure>("cost");
  const [by, setBy] = useState<Parts>("account");
  const usage = useUsage(since, `day-${by}`);
  const { data: accounts } = useAccounts();
  const named = new Map(accounts?.map((a) => [a.id, a.name]));
  const called = (g: Use) => (by === "account" ? (named.get(g.key) ?? g.name) : g.name);
  const shown = { cost: dollars, tokens: compact, requests: count }[of];
  return (
    <Section
      title={t("Last 30 days")}
      actions={
        <Group gap="xs" wrap="nowrap">
          {of !== "requests" && (
            <SegmentedControl size="xs" value={by} onChange={(v) => setBy(v as Parts)} data={[{ value: "account", label: t("By account") }, { value: "model", label: t("By model") }]} aria-label={t("What the days are made of")} />
          )}
          <SegmentedControl
            size="xs"
            value={of}
            onChange={(v) => setOf(v as Measure)}
            data={[{ value: "cost", label: t("Cost") }, { value: "tokens", label: t("Tokens") }, { value: "requests", label: t("Requests") }]}
            aria-label={t("What the chart of days shows")}
          />
        </Group>
      }
    >
      <Loaded of={usage} height={300}>
        {({ groups }) => {
          const { days, parts } = stack(groups ?? [], since, of, called);
          const series = parts.map((label, i) =>
            of === "requests" ? { name: `p${i}`, label: i === 0 ? t("Answered") : t("Not answered"), color: ended[i]! } : { name: `p${i}`, label: label || t("Others"), color: label ? palette[i]! : "gray.5" },
          );
          const data = days.map((d) => ({ day: monthDay(d.day), ...Object.fromEntries(d.values.map((v, i) => [`p${i}`, v])) }));
          const busy = days.filter((d) => d.values.some((v) => v > 0));
          return (
            <figure style={{ margin: 0 }}>
              <Bars
                h={300}
                type="stacked"
                data={data}
                dataKey="day"
                series={series}
                valueFormatter={shown}
                withLegend={parts.length > 1}
                legendProps={{ verticalAlign: "bottom", height: 34 }}
                xAxisProps={{ interval: 6 }}
                yAxisProps={{ width: 56, tickCount: 4 }}
                most={24}
              />
              <VisuallyHidden component="table">
                <caption>{t("Use by day")}</caption>
                <thead>
                  <tr>
                    <th scope="col">{t("Day")}</th>
                    {series.map((s) => (
                      <th key={s.name} scope="col">
                        {s.label}
                      </th>
                    ))}
                  </tr>
                </thead>
                <tbody>
                  {busy.map((d) => (
                    <tr key={d.day}>
                      <th scope="row">{monthDay(d.day)}</th>
                      {d.values.map((v, i) => (
                        <td key={series[i]!.name}>{shown(v)}</td>
                      ))}
                    </tr>
                  ))}
                </tbody>
              </VisuallyHidden>
            </figure>
          );
        }}
      </Loaded>
    </Section>
  );
}
