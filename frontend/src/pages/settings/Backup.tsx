import { Alert, Button, Checkbox, FileButton, Group, List, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { IconCircleCheck, IconDownload, IconUpload } from "@tabler/icons-react";
import { useEffect, useState } from "react";

import type { Schemas } from "../../api/client";
import { useBackup, useNow, useRestore } from "../../api/queries";
import { inWindow } from "../../api/session";
import { clock } from "../../format";
import { modeName } from "../../ui/ModeSwitch";
import { refused, tell } from "../../ui/notify";
import { Fault, Section } from "../../ui/Parts";
import { plural, say, t } from "../../words";
import { nameOf } from ".";
import { Row } from "./Rows";

type Restored = Schemas["Restored"];

/** One file with everything that is Metapi's, and the way back from it. */
export function Backup() {
  const [making, setMaking] = useState(false);
  const [file, setFile] = useState<File | null>(null);
  return (
    <Section title={t("Backup and restore")}>
      <Stack gap="md">
        <Row name={t("Make a backup")} about={t("One file with accounts, tools, budgets, settings, routing.yaml and your own providers. No key is in it, unless you ask for that.")}>
          <Button variant="default" leftSection={<IconDownload size={16} />} onClick={() => setMaking(true)}>
            {t("Back up…")}
          </Button>
        </Row>
        <Row name={t("Restore a backup")} about={t("You see what will change before it does. Nothing that is here is removed, and keys that are here stay.")}>
          <FileButton onChange={setFile} accept=".zip,application/zip">
            {(props) => (
              <Button variant="default" leftSection={<IconUpload size={16} />} {...props}>
                {t("Choose a file…")}
              </Button>
            )}
          </FileButton>
        </Row>
      </Stack>
      <Modal opened={making} onClose={() => setMaking(false)} title={t("Make a backup")}>
        <Make close={() => setMaking(false)} />
      </Modal>
      <Modal opened={file !== null} onClose={() => setFile(null)} title={t("Restore a backup")} size="lg">
        {file !== null && <Restore key={`${file.name} ${file.lastModified}`} file={file} close={() => setFile(null)} />}
      </Modal>
    </Section>
  );
}

function Make({ close }: { close: () => void }) {
  const make = useBackup();
  const [ledger, setLedger] = useState(false);
  const [keys, setKeys] = useState(false);
  const [first, setFirst] = useState("");
  const [second, setSecond] = useState("");
  const ready = !keys || (first.length >= 8 && first === second);
  const run = () =>
    make.mutate(
      { ledger, keys, ...(keys && { passphrase: first }) },
      {
        onSuccess: (path) => {
          tell(t("Saved {{path}}.", { path }));
          close();
        },
      },
    );
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (ready) run();
      }}
    >
      <Stack>
        <Checkbox label={t("With the records of requests")} description={t("What was asked of whom and what it cost; nothing of what was said.")} checked={ledger} onChange={(e) => setLedger(e.currentTarget.checked)} />
        <Checkbox label={t("With the keys, encrypted")} description={t("Nobody can open them without the passphrase, and nobody can bring it back. Metapi does not keep it.")} checked={keys} onChange={(e) => setKeys(e.currentTarget.checked)} />
        {keys && (
          <>
            <PasswordInput label={t("Passphrase")} description={t("Eight characters or more; a few words are better.")} value={first} onChange={(e) => setFirst(e.currentTarget.value)} autoComplete="off" required data-autofocus />
            <PasswordInput label={t("Once more")} value={second} onChange={(e) => setSecond(e.currentTarget.value)} error={second !== "" && first !== second && t("The two differ.")} autoComplete="off" required />
          </>
        )}
        {make.error && <Fault error={make.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("Cancel")}
          </Button>
          <Button type="submit" loading={make.isPending} disabled={!ready}>
            {inWindow() ? t("Save to Downloads") : t("Download")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}

/** Shows what a file would change, and restores it once that has been seen. */
function Restore({ file, close }: { file: File; close: () => void }) {
  const check = useRestore(true);
  const restore = useRestore(false);
  const [passphrase, setPassphrase] = useState("");
  const { mutate: look } = check;
  const now = useNow(false);
  useEffect(() => look({ file, passphrase: "" }), [look, file]);
  const done = restore.data;
  if (done !== undefined) {
    return (
      <Stack>
        <Alert color="teal" icon={<IconCircleCheck />} title={t("Restored")} role="alert">
          {t("What was before is in {{path}}.", { path: done.kept ?? "" })}
        </Alert>
        <What of={done} did />
        <Group justify="flex-end">
          <Button onClick={close}>{t("Done")}</Button>
        </Group>
      </Stack>
    );
  }
  const plan = check.data;
  const nothing = plan !== undefined && plan.changes!.length + plan.settings!.length === 0;
  return (
    <Stack>
      <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
        {plan === undefined ? file.name : t("{{name}}, made {{when}} by Metapi {{version}}", { name: file.name, when: clock(plan.made, now), version: plan.metapi })}
      </Text>
      {check.isPending && (
        <Text size="sm" role="status">
          {t("Looking at it…")}
        </Text>
      )}
      {check.error && <Fault error={check.error} />}
      {(plan?.locked || passphrase !== "" || check.error) && (
        <form
          onSubmit={(e) => {
            e.preventDefault();
            look({ file, passphrase });
          }}
        >
          <Group align="flex-end" wrap="nowrap">
            <PasswordInput style={{ flex: 1 }} label={t("Passphrase of the keys in it")} description={t("Leave it empty to restore all but the keys.")} value={passphrase} onChange={(e) => setPassphrase(e.currentTarget.value)} autoComplete="off" />
            <Button type="submit" variant="default" loading={check.isPending}>
              {t("Open")}
            </Button>
          </Group>
        </form>
      )}
      {plan !== undefined && <What of={plan} />}
      {restore.error && <Fault error={restore.error} />}
      <Group justify="flex-end">
        <Button variant="default" onClick={close}>
          {t("Cancel")}
        </Button>
        <Button loading={restore.isPending} disabled={plan === undefined || nothing || check.isPending} onClick={() => restore.mutate({ file, passphrase: plan?.locked ? "" : passphrase }, { onError: refused })}>
          {t("Restore")}
        </Button>
      </Group>
    </Stack>
  );
}

/** What a restore changes, in a list. */
function What({ of, did }: { of: Restored; did?: boolean }) {
  const kind = (c: NonNullable<Restored["changes"]>[number]): string => {
    const { name } = c;
    switch (c.what) {
      case "account":
        return c.new ? t("Adds the account {{name}}", { name }) : t("Changes the account {{name}}", { name });
      case "client":
        return c.new ? t("Adds the tool {{name}}, with the local key that it has", { name }) : t("Changes the tool {{name}}", { name });
      case "budget":
        return c.new ? t("Adds the budget {{name}}", { name }) : t("Changes the budget {{name}}", { name });
      case "file":
        return c.new ? t("Writes {{name}}", { name }) : t("Writes {{name}} in place of the one that is here", { name });
      case "mode":
        return t("Sets the mode {{name}}", { name: modeName(name) });
      case "records":
        return plural(Number(name), "Brings {{count}} request", "Brings {{count}} requests");
    }
  };
  const lines = of.changes!.map(kind);
  if (of.settings!.length > 0) lines.push(t("Changes settings: {{names}}", { names: of.settings!.map(nameOf).join(t(", ")) }));
  return (
    <Stack gap="xs">
      {lines.length === 0 ? (
        <Text size="sm">{t("All that is in it is here already.")}</Text>
      ) : (
        <List size="sm" spacing={4} aria-label={did ? t("What was changed") : t("What will change")}>
          {lines.map((line) => (
            <List.Item key={line}>{line}</List.Item>
          ))}
        </List>
      )}
      {(of.keyless ?? []).length > 0 && (
        <Alert color="yellow" styles={{ message: { color: "var(--mantine-color-text)" } }}>
          {t("No key is there for: {{names}}. Give them one under Accounts; until then they serve nothing.", { names: of.keyless!.join(t(", ")) })}
        </Alert>
      )}
      {(of.left_out ?? []).map((sentence) => (
        <Text key={sentence} size="sm" c="dimmed">
          {say(sentence)}
        </Text>
      ))}
    </Stack>
  );
}
