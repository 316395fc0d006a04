import { Anchor, SimpleGrid, Text } from "@mantine/core";
import { Link } from "wouter";

import { startOfDay, useNow, useUsage } from "../../api/queries";
import { saved, sum } from "../../format";
import { Cost, Figure, Section } from "../../ui/Parts";
import { RateNote } from "../../ui/RateNote";
import { say, t } from "../../words";

/** What was spent and saved today, this week and this month. */
export function SpentAndSaved() {
  const now = useNow(false);
  const day = new Date(now);
  const monday = new Date(now).setDate(day.getDate() - ((day.getDay() + 6) % 7));
  const spans = [
    [t("Today"), useUsage(startOfDay(now), "day")],
    [t("This week"), useUsage(startOfDay(monday), "day")],
    [t("This month"), useUsage(startOfDay(new Date(now).setDate(1)), "day")],
  ] as const;
  const month = spans[2][1].data;
  return (
    <Section
      title={t("Spent and saved")}
      actions={
        <Anchor component={Link} href="/costs" size="sm">
          {t("Costs and budgets")}
        </Anchor>
      }
    >
      <SimpleGrid cols={3} mb="xs">
        {spans.map(([name, { data }]) => (
          <Figure key={name} label={name} value={data ? <Cost of={sum(data.totals)} /> : "…"} note={data && data.totals.compared > 0 ? t("saved {{amount}}", { amount: saved(data.totals) }) : "\u00a0"} />
        ))}
      </SimpleGrid>
      <Text size="xs" c="dimmed">
        {month ? say(month.method) : "\u00a0"}
      </Text>
      <RateNote />
    </Section>
  );
}
