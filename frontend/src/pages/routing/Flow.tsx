import { Box, Card, Text, UnstyledButton } from "@mantine/core";
import { IconAbc, IconArrowsSort, IconGauge, IconListCheck } from "@tabler/icons-react";

import { useMode } from "../../api/queries";
import type { Routing } from "../../api/routing";
import { modeName } from "../../ui/ModeSwitch";
import { plural, t } from "../../words";

/** How a request finds its account, as a picture: what decides, in its order, how much of it there is here, and the way to it. */
export function Flow({ routing }: { routing: Routing }) {
  const { data } = useMode();
  const names = (routing.models?.length ?? 0) + (routing.aliases?.length ?? 0);
  const on = (routing.rules ?? []).filter((r) => !r.off).length;
  const accounts = routing.accounts ?? [];
  const bounded = accounts.filter((a) => Object.keys(a.use).length > 0).length;
  const steps = [
    { to: "names", icon: IconAbc, title: t("Name"), is: names > 0 ? plural(names, "name of your own", "names of your own") : t("as the tool says"), does: t("Which models may serve.") },
    { to: "rules", icon: IconListCheck, title: t("Rules"), is: on > 0 ? plural(on, "rule on", "rules on") : t("none on"), does: t("Each that holds may change models, accounts or the mode.") },
    {
      to: "uses",
      icon: IconGauge,
      title: t("Who can serve"),
      is: bounded > 0 ? plural(accounts.length, "{{count}} account, {{bounded}} bounded", "{{count}} accounts, {{bounded}} bounded", { bounded }) : plural(accounts.length, "account"),
      does: t("Not who is paused, cools down, or is at a cap or budget."),
    },
    { to: "mode", icon: IconArrowsSort, title: t("Mode"), is: data ? modeName(data.mode) : "–", does: t("Puts who is left in order. The first serves; the next, where it fails.") },
  ];
  return (
    <Card component="section" withBorder padding="sm" mb="md" aria-label={t("How a request finds its account")}>
      <Box component="ol" className="flow">
        {steps.map(({ to, icon: Icon, title, is, does }) => (
          <li key={to}>
            <UnstyledButton className="flow-step" onClick={() => document.getElementById(to)?.scrollIntoView({ block: "start" })}>
              <Icon size={20} stroke={1.6} aria-hidden />
              <span>
                <Text span size="sm" fw={600} display="block">
                  {title}
                </Text>
                <Text span size="sm" display="block" c="var(--mantine-color-anchor)">
                  {is}
                </Text>
                <Text span size="xs" c="dimmed" display="block">
                  {does}
                </Text>
              </span>
            </UnstyledButton>
          </li>
        ))}
      </Box>
    </Card>
  );
}
