import { Anchor, Box, Group, SimpleGrid, Text } from "@mantine/core";
import { Link } from "wouter";

import { type Budget, useBudgets, useNow } from "../../api/queries";
import { dollars, until } from "../../format";
import { Section } from "../../ui/Parts";
import { t } from "../../words";

/** From which share on a budget is told to be nearly spent: see the ledger's budgets. */
const nearly = 0.8;

/** What is spent of each budget. Nothing where there is none. */
export function BudgetBars() {
  const { data: budgets } = useBudgets();
  if (!budgets?.length) return null;
  return (
    <Section
      title={t("Budgets")}
      actions={
        <Anchor component={Link} href="/costs" size="sm">
          {t("Change budgets")}
        </Anchor>
      }
    >
      <SimpleGrid cols={{ base: 1, xs: 2, md: 3 }} spacing="lg" verticalSpacing="sm">
        {budgets.map((b) => (
          <Bar key={b.name} budget={b} />
        ))}
      </SimpleGrid>
    </Section>
  );
}

function Bar({ budget: b }: { budget: Budget }) {
  const now = useNow(false);
  const part = b.usd > 0 ? Math.min(1, b.spent / b.usd) : 1;
  const color = part >= 1 ? "red" : part >= nearly ? "yellow" : "teal";
  return (
    <div>
      <Group justify="space-between" gap="xs" wrap="nowrap" mb={4}>
        <Text size="sm" fw={550} truncate>
          {b.name}
        </Text>
        <Text size="sm" className="nowrap figures">
          {t("{{spent}} of {{limit}}", { spent: dollars(b.spent), limit: dollars(b.usd) })}
        </Text>
      </Group>
      <Box
        h={8}
        bg="var(--mantine-color-default-border)"
        style={{ borderRadius: 4, position: "relative" }}
        role="meter"
        aria-label={b.name}
        aria-valuemin={0}
        aria-valuemax={100}
        aria-valuenow={Math.round(100 * part)}
      >
        <Box h="100%" w={`${100 * part}%`} bg={color} style={{ borderRadius: 4 }} />
        <Box aria-hidden style={{ position: "absolute", top: -2, bottom: -2, left: `${100 * nearly}%`, width: 2, background: "var(--mantine-color-dimmed)" }} />
      </Box>
      <Text size="xs" c="dimmed" mt={2}>
        {t("begins anew {{when}}", { when: until(b.until, now) })}
      </Text>
    </div>
  );
}
