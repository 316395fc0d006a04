import { Alert, Anchor, Button, Group, PasswordInput, Stack, Text } from "@mantine/core";
import { IconAlertTriangle, IconEyeglass, IconLock, IconPlayerPause, IconPlugConnectedX } from "@tabler/icons-react";
import { useState } from "react";
import { Link } from "wouter";

import { useSetPaused, useStatus, useUnlock } from "../api/queries";
import { refused } from "../ui/notify";
import { Fault } from "../ui/Parts";

/** What a person must know on whatever page they are, most urgent first. */
export function Banners({ lost }: { lost: boolean }) {
  const { data: status } = useStatus();
  const setPaused = useSetPaused();
  return (
    <Stack gap="xs" px={{ base: "md", md: "lg" }} pt="xs" maw={1120} mx="auto" aria-live="polite">
      {lost && (
        <Alert color="red" icon={<IconPlugConnectedX />} title="Metapi does not answer">
          What you see may be old. This page connects again by itself.
        </Alert>
      )}
      {status?.locked && <Unlock fresh={status.locked === "new-passphrase"} where={status.keychain} />}
      {status?.paused && (
        <Alert color="gray" icon={<IconPlayerPause />} title="Paused">
          <Group justify="space-between">
            <Text size="sm">Tools get an error until you resume.</Text>
            <Button size="xs" onClick={() => setPaused.mutate(false, { onError: refused })}>
              Resume
            </Button>
          </Group>
        </Alert>
      )}
      {status?.capturing && (
        <Alert color="yellow" icon={<IconEyeglass />} title="Prompts and replies are being captured" styles={{ title: { color: "var(--mantine-color-text)" } }}>
          <Group justify="space-between">
            <Text size="sm">All that {status.capturing.join(", ")} {status.capturing.length > 1 ? "ask and are" : "asks and is"} answered is kept on this machine.</Text>
            <Button size="xs" variant="default" component={Link} href="/tools">
              See what is kept
            </Button>
          </Group>
        </Alert>
      )}
      {status?.trouble?.map((sentence) => (
        <Alert key={sentence} color="yellow" icon={<IconAlertTriangle />} title="Something needs your attention">
          {sentence}{" "}
          {sentence.includes("port") && (
            <Anchor component={Link} href="/settings" size="sm">
              Settings
            </Anchor>
          )}{" "}
          <Anchor component={Link} href="/doctor" size="sm">
            Look for what is wrong
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
    <Alert color={fresh ? "blue" : "yellow"} icon={<IconLock />} title={fresh ? "This machine has no keychain" : "Your keys are locked"}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          unlock.mutate(first);
        }}
      >
        <Stack gap="xs" maw={460}>
          <Text size="sm">
            {fresh
              ? "Choose a passphrase: your keys are then kept in a file that is encrypted under it. Metapi asks for it at each start, and nobody can bring it back."
              : `They are in the ${where}. Until you give its passphrase no account can be used.`}
          </Text>
          <PasswordInput label={fresh ? "New passphrase" : "Passphrase"} value={first} onChange={(e) => setFirst(e.currentTarget.value)} autoComplete="off" required />
          {fresh && (
            <PasswordInput label="Once more" value={second} onChange={(e) => setSecond(e.currentTarget.value)} error={differ && "The two differ."} autoComplete="off" required />
          )}
          {unlock.error && <Fault error={unlock.error} />}
          <Group>
            <Button type="submit" loading={unlock.isPending} disabled={first === "" || (fresh && first !== second)}>
              {fresh ? "Keep my keys under it" : "Unlock"}
            </Button>
          </Group>
        </Stack>
      </form>
    </Alert>
  );
}
