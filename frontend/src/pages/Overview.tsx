import { Box, Button, SimpleGrid, Stack, Text, Timeline } from "@mantine/core";
import { IconCheck, IconKey, IconPlugConnected } from "@tabler/icons-react";
import type { ReactNode } from "react";
import { useLocation } from "wouter";

import { type Status, useClients, useRequests, useStatus } from "../api/queries";
import { stateOf } from "../shell/state";
import { ModeSwitch } from "../ui/ModeSwitch";
import { Loaded, Page, Section } from "../ui/Parts";
import { plural, t } from "../words";
import { Addresses } from "./overview/Addresses";
import { Attention } from "./overview/Attention";
import { BudgetBars } from "./overview/BudgetBars";
import { Days } from "./overview/Days";
import { Live } from "./overview/Live";
import { SpentAndSaved } from "./overview/Money";
import { Today } from "./overview/Today";

export function Overview() {
  const status = useStatus();
  return (
    <Page title={t("Overview")} about={status.data && stateLine(status.data)}>
      <Loaded of={status}>
        {(s) => {
          const some = (s.accounts ?? []).length > 0;
          return (
            <Stack gap="md">
              <FirstSteps status={s} />
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

/** What is left to do until the first request, for who has just started. */
function FirstSteps({ status }: { status: Status }) {
  const { data: clients } = useClients();
  const requests = useRequests({});
  const [, go] = useLocation();
  if (clients === undefined || requests.data === undefined) return null;
  const answered = requests.hasNextPage || requests.data.pages.some((p) => (p.rows ?? []).some((r) => r.state === "ok"));
  const done = [(status.accounts ?? []).length > 0, clients.some((c) => !c.revoked), answered];
  const next = done.indexOf(false);
  if (next < 0) return null;
  const steps: [string, string, ReactNode][] = [
    [
      "Add an account",
      "Paste a key of OpenAI, Anthropic, Gemini or any compatible server. It goes to your keychain.",
      <Button onClick={() => go("/accounts/add")} leftSection={<IconKey size={16} />}>
        Add an account
      </Button>,
    ],
    [
      "Connect a tool",
      "Each tool gets a local key of its own, which is useless off this machine.",
      <Button onClick={() => go("/tools/connect")} leftSection={<IconPlugConnected size={16} />}>
        Connect a tool
      </Button>,
    ],
    ["Send a request", "Ask your tool something: the request appears here as it runs.", null],
  ];
  return (
    <Section title="Three steps to the first answer">
      <Timeline active={next - 1} bulletSize={28} lineWidth={2}>
        {steps.map(([title, text, action], i) => (
          <Timeline.Item key={title} title={title} bullet={done[i] ? <IconCheck size={16} /> : <span>{i + 1}</span>}>
            <Text size="sm" c="dimmed">
              {text}
            </Text>
            {i === next && action !== null && <Box mt="xs">{action}</Box>}
          </Timeline.Item>
        ))}
      </Timeline>
    </Section>
  );
}
