import { Button, Group, Modal, NumberInput, Text } from "@mantine/core";
import { useState } from "react";

import { type Client, useCapture, useCaptureClient, useEmptyCapture, useLimitCapture } from "../../api/queries";
import { bytes as size } from "../../format";
import { refused, tell } from "../../ui/notify";
import { Section } from "../../ui/Parts";
import { plural, say, t } from "../../words";

/** Asks before what a tool says is captured. */
export function Confirm({ client: c, opened, close }: { client: Client; opened: boolean; close: () => void }) {
  const capture = useCaptureClient();
  const { data: now } = useCapture();
  return (
    <Modal opened={opened} onClose={close} title={t("Capture what {{name}} asks and is answered?", { name: c.name })}>
      <Text size="sm">
        {plural(
          now?.days ?? 7,
          "From now on its prompts and replies are kept on this machine, for {{count}} day and up to {{size}}, and shown with each request. Keys are taken out as far as they can be told; everything else that it sends is kept, files it reads included. Nothing of it is in a backup or in the doctor’s bundle.",
          "From now on its prompts and replies are kept on this machine, for {{count}} days and up to {{size}}, and shown with each request. Keys are taken out as far as they can be told; everything else that it sends is kept, files it reads included. Nothing of it is in a backup or in the doctor’s bundle.",
          { size: size(1e6 * (now?.megabytes ?? 50)) },
        )}
      </Text>
      <Group justify="flex-end" mt="md">
        <Button variant="default" onClick={close} data-autofocus>
          {t("Do not capture")}
        </Button>
        <Button color="red.9" loading={capture.isPending} onClick={() => capture.mutate({ id: c.id, on: true }, { onSuccess: close, onError: refused })}>
          {t("Capture")}
        </Button>
      </Group>
    </Modal>
  );
}

/** What is captured, and how to be rid of it. It is there only where something is. */
export function Kept() {
  const { data: capture } = useCapture();
  const limit = useLimitCapture();
  const empty = useEmptyCapture();
  const [sure, setSure] = useState(false);
  if (!capture || (capture.clients ?? []).length + capture.holding.requests === 0) return null;
  const { requests, bytes, missed } = capture.holding;
  const change = (what: "days" | "megabytes", most: number) => (v: number | string) => {
    const n = Number(v);
    if (Number.isInteger(n) && n >= 1 && n <= most && n !== capture[what]) limit.mutate({ [what]: n }, { onError: refused });
  };
  const runEmpty = () =>
    empty.mutate(undefined, {
      onSuccess: (done) => {
        tell(say(done.message));
        setSure(false);
      },
      onError: refused,
    });
  return (
    <Section
      title={t("Captured prompts and replies")}
      actions={
        <Button size="xs" variant="default" color="red" disabled={requests === 0} onClick={() => setSure(true)}>
          {t("Delete all…")}
        </Button>
      }
    >
      <Text size="sm" c="dimmed" mb="sm">
        {requests === 0
          ? t("Nothing has come yet.")
          : plural(requests, "{{count}} request, {{size}}. Open a request to read what was said.", "{{count}} requests, {{size}}. Open a request to read what was said.", { size: size(bytes) })}{" "}
        {missed ? plural(missed, "{{count}} request could not be kept; the log says why.", "{{count}} requests could not be kept; the log says why.") : ""}
      </Text>
      <Group>
        <NumberInput label={t("Delete after days")} value={capture.days} onChange={change("days", 365)} min={1} max={365} w={150} />
        <NumberInput label={t("Keep at most (MB)")} value={capture.megabytes} onChange={change("megabytes", 10000)} min={1} max={10000} w={150} />
      </Group>
      <Modal opened={sure} onClose={() => setSure(false)} title={t("Delete all captured prompts and replies?")}>
        <Text size="sm">
          {plural(
            requests,
            "{{count}} request loses what was said in it; tokens and costs stay. This cannot be undone.",
            "{{count}} requests lose what was said in them; tokens and costs stay. This cannot be undone.",
          )}
        </Text>
        <Group justify="flex-end" mt="md">
          <Button variant="default" onClick={() => setSure(false)} data-autofocus>
            {t("Keep them")}
          </Button>
          <Button color="red.9" loading={empty.isPending} onClick={runEmpty}>
            {t("Delete all")}
          </Button>
        </Group>
      </Modal>
    </Section>
  );
}
