import { SimpleGrid, Stack } from "@mantine/core";

import { type Status, useAccounts, useBudgets, useClients, useMode, useRequests, useSettings, useStatus } from "../api/queries";
import { stateOf } from "../shell/state";
import { ModeSwitch } from "../ui/ModeSwitch";
import { Loaded, Page, Section } from "../ui/Parts";
import { plural, t } from "../words";
import { First } from "./first/First";
import { Addresses } from "./overview/Addresses";
import { Attention } from "./overview/Attention";
import { BudgetBars } from "./overview/BudgetBars";
import { Days } from "./overview/Days";
import { Live } from "./overview/Live";
import { SpentAndSaved } from "./overview/Money";
import { Today } from "./overview/Today";

export function Overview() {
  const status = useStatus();
  // What decides which sections there are is waited for: else they would push each other about.
  const ready = [useSettings(), useClients(), useRequests({}), useAccounts(), useBudgets(), useMode()].every((q) => !q.isPending);
  return (
    <Page title={t("Overview")} about={status.data ? stateLine(status.data) : "\u00a0"}>
      <Loaded of={{ data: ready ? status.data : undefined, error: status.error }}>
        {(s) => {
          const some = (s.accounts ?? []).length > 0;
          return (
            <Stack gap="md">
              <First status={s} />
              {some && <Live />}
              {some && (
                <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" className="filled">
                  <SpentAndSaved />
                  <Attention status={s} />
                </SimpleGrid>
              )}
              <Section title={t("Mode")}>
                <ModeSwitch />
              </Section>
              <BudgetBars />
              {some && (
                <SimpleGrid cols={{ base: 1, md: 2 }} spacing="md" className="filled">
                  <Today />
                  <Days />
                </SimpleGrid>
              )}
              <Addresses status={s} />
            </Stack>
          );
        }}
      </Loaded>
    </Page>
  );
}

function stateLine(s: Status): string {
  if ((s.accounts ?? []).length === 0) return t("One address for all your tools, in front of all your accounts.");
  const running = s.in_flight > 0 ? plural(s.in_flight, "{{count}} request running", "{{count}} requests running") : t("nothing running");
  return [stateOf(s).word, plural((s.accounts ?? []).length, "account"), plural(s.models, "model"), running].join(" · ");
}
