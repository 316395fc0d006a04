import { Anchor, Box, Button, Group, Stack, Text } from "@mantine/core";
import { IconCircleCheck } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "wouter";

import { type Account, type Standing, type Status, useAccounts, useClearCooldown, useEditAccount, useHealth, useNow } from "../../api/queries";
import { left, until } from "../../format";
import { standingOf } from "../../shell/state";
import { refused, tell } from "../../ui/notify";
import { Section, State } from "../../ui/Parts";
import { plural, say, t } from "../../words";
import { ReplaceKey } from "../accounts/ReplaceKey";
import { useRunTest } from "../accounts/useRunTest";

/** The accounts that cannot serve, or not for long, each with what is to be done; and that there is none. */
export function Attention({ status }: { status: Status }) {
  const { data: accounts } = useAccounts();
  const all = status.accounts ?? [];
  const now = useNow(all.some((s) => s.until !== undefined));
  const ill = all.flatMap((standing) => {
    const account = accounts?.find((a) => a.id === standing.id);
    return account !== undefined && (standing.state !== "ready" || account.balance?.low) ? [{ standing, account }] : [];
  });
  ill.sort((a, b) => Number(a.account.paused) - Number(b.account.paused)); // what the user has left out is no trouble
  return (
    <Section
      title={t("Accounts")}
      actions={
        <Anchor component={Link} href="/accounts" size="sm">
          {t("All accounts")}
        </Anchor>
      }
    >
      {ill.length === 0 ? (
        <Group gap="xs" wrap="nowrap" c="dimmed">
          <IconCircleCheck size={18} aria-hidden color="var(--mantine-color-teal-6)" />
          <Text size="sm">{plural(all.length, "The account can serve.", "All {{count}} accounts can serve.")}</Text>
        </Group>
      ) : (
        <Stack component="ul" gap="sm" p={0} m={0} mah={264} style={{ listStyle: "none", overflowY: "auto" }}>
          {ill.map((i) => (
            <li key={i.account.id}>
              <One {...i} now={now} />
            </li>
          ))}
        </Stack>
      )}
    </Section>
  );
}

function One({ account: a, standing: s, now }: { account: Account; standing: Standing; now: number }) {
  const { tone, word } = standingOf(s);
  const low = s.state === "ready";
  return (
    <Group justify="space-between" wrap="nowrap" gap="sm" align="flex-start">
      <Box miw={0}>
        <Group gap="xs">
          <Anchor component={Link} href={`/accounts/${a.id}`} size="sm" fw={550} c="var(--mantine-color-text)" style={{ overflowWrap: "anywhere" }}>
            {a.name}
          </Anchor>
          <State tone={low ? "warn" : tone}>{low ? t("Little left") : word}</State>
        </Group>
        <Text size="xs" c="dimmed" mt={2} lineClamp={3}>
          {low ? t("{{amount}} left. Top it up at its provider.", { amount: left(a.balance?.amounts ?? []) }) : a.paused ? t("You have left it out.") : say(s.reason || (a.scan.message ?? ""))}
          {s.until !== undefined && ` – ${t("tried again {{when}}", { when: until(s.until, now) })}`}
        </Text>
      </Box>
      <Remedy account={a} standing={s} />
    </Group>
  );
}

/** The button that does what helps. */
function Remedy({ account: a, standing: s }: { account: Account; standing: Standing }) {
  const clear = useClearCooldown();
  const edit = useEditAccount();
  const test = useRunTest(a.id);
  const { data: health } = useHealth();
  const [replacing, setReplacing] = useState(false);
  const refusedKey = s.state === "blocked" || a.scan.outcome === "unauthorised" || health?.accounts?.find((h) => h.id === a.id)?.last_error?.kind === "key-refused";
  const button = { size: "compact-sm", variant: "light", style: { flexShrink: 0 } } as const;
  if (a.paused)
    return (
      <Button {...button} loading={edit.isPending} onClick={() => edit.mutate({ id: a.id, paused: false }, { onError: refused })} aria-label={t("Use {{account}} again", { account: a.name })}>
        {t("Resume")}
      </Button>
    );
  if (s.until !== undefined && !refusedKey)
    return (
      <Button {...button} loading={clear.isPending} onClick={() => clear.mutate(a.id, { onError: refused, onSuccess: (d) => tell(say(d.message)) })} aria-label={t("Clear the cooldown of {{account}}", { account: a.name })}>
        {t("Clear the cooldown")}
      </Button>
    );
  if (refusedKey)
    return (
      <>
        <Button {...button} onClick={() => setReplacing(true)} aria-label={t("Replace the key of {{account}}", { account: a.name })}>
          {t("Replace the key")}
        </Button>
        <ReplaceKey account={a} opened={replacing} close={() => setReplacing(false)} />
      </>
    );
  return (
    <Button {...button} loading={test.pending} onClick={test.run} aria-label={t("Test {{account}}", { account: a.name })}>
      {t("Test")}
    </Button>
  );
}
