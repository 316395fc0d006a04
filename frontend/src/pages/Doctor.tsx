import { Anchor, Box, Button, Code, Group, Paper, Stack, Text, ThemeIcon, Title } from "@mantine/core";
import { IconCircleCheck, IconFileZip, IconPlayerStop, IconStethoscope, IconRefresh } from "@tabler/icons-react";
import { Link, useLocation, useParams } from "wouter";

import { forPage } from "../api/client";
import { useDoctor, useExamine, useNow, useStatus, useStopDoctor } from "../api/queries";
import { when } from "../format";
import { CopyButton, CopyIcon } from "../ui/Copy";
import { refused } from "../ui/notify";
import { Empty, Loaded, Page, Section, State } from "../ui/Parts";
import { say, t } from "../words";
import { Diagnostics } from "./doctor/Diagnostics";
import { asText, type Check, groups, ofState, type Report, states, verdict } from "./doctor/report";

export function Doctor() {
  const report = useDoctor();
  const { data: status } = useStatus();
  const examine = useExamine();
  const stop = useStopDoctor();
  const { what } = useParams<{ what?: string }>();
  const [, go] = useLocation();
  const begin = () => examine.mutate(undefined, { onError: refused });
  const seen = report.data?.started !== undefined;
  const running = report.data?.running ?? false;

  return (
    <Page
      title={t("Doctor")}
      about={t("Looks for what keeps tools from being served, and says what to do about it.")}
      actions={
        seen && (
          <>
            <CopyButton text={asText(report.data!, status?.version ?? "")}>{t("Copy report")}</CopyButton>
            <Button variant="light" leftSection={<IconFileZip size={16} />} onClick={() => go("/doctor/save")}>
              {t("Save diagnostics")}
            </Button>
            {running ? (
              <Button variant="default" leftSection={<IconPlayerStop size={16} />} onClick={() => stop.mutate(undefined, { onError: refused })}>
                {t("Stop")}
              </Button>
            ) : (
              <Button leftSection={<IconRefresh size={16} />} onClick={begin} loading={examine.isPending}>
                {t("Look again")}
              </Button>
            )}
          </>
        )
      }
    >
      <Loaded of={report}>
        {(r) =>
          seen ? (
            <Stack gap="md">
              <Verdict of={r} />
              {groups(r).map(([group, checks]) => (
                <Section key={group} title={say(group)}>
                  <Stack component="ul" gap={0} p={0} m={0} style={{ listStyle: "none" }}>
                    {checks.map((c, i) => (
                      <One key={`${c.name} ${i}`} check={c} first={i === 0} />
                    ))}
                  </Stack>
                </Section>
              ))}
            </Stack>
          ) : (
            <Empty
              icon={IconStethoscope}
              title={t("Nothing has been looked at yet")}
              action={
                <Button leftSection={<IconStethoscope size={16} />} onClick={begin} loading={examine.isPending}>
                  {t("Look now")}
                </Button>
              }
            >
              {t("Metapi looks at this machine, its own data and the keychain, and asks each account for its models. It changes nothing, and takes some seconds.")}
            </Empty>
          )
        }
      </Loaded>
      <Diagnostics opened={what === "save"} close={() => go("/doctor", { replace: true })} />
    </Page>
  );
}

function Verdict({ of: r }: { of: Report }) {
  const now = useNow(false);
  const calm = !r.running && ofState(r, "fail") + ofState(r, "warn") + ofState(r, "stopped") === 0;
  const tone = r.running ? "busy" : ofState(r, "fail") > 0 ? "bad" : calm ? "good" : "warn";
  return (
    <Paper p="md" withBorder role="status">
      <Group gap="sm" wrap="nowrap">
        {calm && (
          <ThemeIcon size="lg" radius="xl" variant="light" color="teal" aria-hidden>
            <IconCircleCheck size={20} />
          </ThemeIcon>
        )}
        <Box style={{ flex: 1 }}>
          <Title order={2} size="h4">
            {verdict(r)}
          </Title>
          <Text size="sm" c="dimmed">
            {r.ended !== undefined ? t("Looked at {{time}}.", { time: when(r.ended, now) }) : t("Each line is told as it ends. You may leave this page meanwhile.")}
          </Text>
        </Box>
        {!calm && <State tone={tone}>{t(states[r.running ? "running" : tone === "bad" ? "fail" : "warn"].word)}</State>}
      </Group>
    </Paper>
  );
}

/** One thing that was looked at: how it is, and the one thing to do about it. */
function One({ check: c, first }: { check: Check; first: boolean }) {
  const { tone, word } = states[c.state];
  const next = forPage(c.next);
  return (
    <Group component="li" align="flex-start" wrap="nowrap" gap="md" py="sm" style={first ? undefined : { borderTop: "1px solid var(--mantine-color-default-border)" }}>
      <Box w={132} style={{ flexShrink: 0 }}>
        <State tone={tone}>{t(word)}</State>
      </Box>
      <Box miw={0} style={{ flex: 1 }}>
        <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
          {say(c.name)}
        </Text>
        {c.detail !== "" && (
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {say(c.detail)}
          </Text>
        )}
        {next !== undefined && (
          <Text size="sm" c="dimmed" mt={4}>
            {say(next)}
          </Text>
        )}
        {c.page !== undefined ? (
          <Anchor component={Link} href={c.page} size="sm" underline="always" mt={4} display="inline-block">
            {placeOf(c.page)}
          </Anchor>
        ) : (
          c.command !== undefined && (
            <Group gap={4} wrap="nowrap" mt={4}>
              <Code style={{ overflowWrap: "anywhere" }}>{c.command}</Code>
              <CopyIcon text={c.command} label={t("the command for {{what}}", { what: say(c.name) })} />
            </Group>
          )
        )}
      </Box>
    </Group>
  );
}

/** What a link to a page of ours says. */
function placeOf(page: string): string {
  if (page === "/accounts/add") return t("Add an account");
  if (page.startsWith("/accounts")) return t("Show the account");
  if (page === "/tools/connect") return t("Connect a tool");
  return t("Open the settings");
}
