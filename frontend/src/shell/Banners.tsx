import { Alert, Anchor, Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconEyeglass, IconLock, IconPlayerPause, IconPlugConnectedX } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "wouter";

import { useSetPaused, useStatus, useUnlock } from "../api/queries";
import { refused } from "../ui/notify";
import { Fault } from "../ui/Parts";
import { say, t } from "../words";

/** What a person must know on whatever page they are, most urgent first. */
export function Banners({ lost }: { lost: boolean }) {
  const { data: status } = useStatus();
  const setPaused = useSetPaused();
  return (
    <Stack gap="xs" px={{ base: "md", md: "lg" }} pt="xs" maw={1120} mx="auto" aria-live="polite">
      {lost && (
        <Alert color="red" icon={<IconPlugConnectedX />} title={t("Metapi does not answer")}>
          {t("What you see may be old. This page connects again by itself.")}
        </Alert>
      )}
      {status?.locked && <Unlock fresh={status.locked === "new-passphrase"} where={status.keychain} />}
      {status?.paused && (
        <Alert color="gray" icon={<IconPlayerPause />} title={t("Paused")}>
          <Group justify="space-between">
            <Text size="sm">{t("Tools get an error until you resume.")}</Text>
            <Button size="xs" onClick={() => setPaused.mutate(false, { onError: refused })}>
              {t("Resume")}
            </Button>
          </Group>
        </Alert>
      )}
      {status?.capturing && (
        <Alert color="yellow" icon={<IconEyeglass />} title={t("Prompts and replies are being captured")} styles={{ title: { color: "var(--mantine-color-text)" } }}>
          <Group justify="space-between">
            <Text size="sm">{t("What these tools ask and are answered is kept on this machine: {{tools}}.", { tools: status.capturing.join(t(", ")) })}</Text>
            <Button size="xs" variant="default" component={Link} href="/tools">
              {t("See what is kept")}
            </Button>
          </Group>
        </Alert>
      )}
      {status?.trouble?.map((sentence) => (
        <Alert key={sentence} color="yellow" icon={<IconAlertTriangle />} title={t("Something needs your attention")}>
          {say(sentence)}{" "}
          {sentence.includes("port") && (
            <Anchor component={Link} href="/settings" size="sm">
              {t("Settings")}
            </Anchor>
          )}{" "}
          <Anchor component={Link} href="/doctor" size="sm">
            {t("Look for what is wrong")}
          </Anchor>
        </Alert>
      ))}
    </Stack>
  );
}

/** Asks for the passphrase of the file that secrets are in, or for a new one where there is no keychain. */
function Unlock({ fresh, where }: { fresh: boolean; where: string }) {
  const unlock = useUnlock();
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const differ = fresh && second !== "" && first !== second;
  return (
    <Alert color={fresh ? "blue" : "yellow"} icon={<IconLock />} title={fresh ? t("This machine has no keychain") : t("Your keys are locked")}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          unlock.mutate(first);
        }}
      >
        <Stack gap="xs" maw={460}>
          <Text size="sm">
            {fresh
              ? t("Choose a passphrase: your keys are then kept in a file that is encrypted under it. Metapi asks for it at each start, and nobody can bring it back.")
              : t("They are in the {{where}}. Until you give its passphrase no account can be used.", { where: say(where) })}
          </Text>
          <PasswordInput label={fresh ? t("New passphrase") : t("Passphrase")} value={first} onChange={(e) => setFirst(e.currentTarget.value)} autoComplete="off" required />
          {fresh && (
            <PasswordInput label={t("Once more")} value={second} onChange={(e) => setSecond(e.currentTarget.value)} error={differ && t("The two differ.")} autoComplete="off" required />
          )}
          {unlock.error && <Fault error={unlock.error} />}
          <Group>
            <Button type="submit" loading={unlock.isPending} disabled={first === "" || (fresh && first !== second)}>
              {fresh ? t("Keep my keys under it") : t("Unlock")}
            </Button>
          </Group>
        </Stack>
      </form>
    </Alert>
  );
}
