import { Button, Group, List, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { type Settings as Saved, useEditSettings, useNetwork } from "../../api/queries";
import { tell } from "../../ui/notify";
import { Fault, Section } from "../../ui/Parts";
import { ProxyField } from "../../ui/Proxy";
import { say, t } from "../../words";

/** How upstreams are reached, for all accounts that have no word of their own. */
export function Network({ settings }: { settings: Saved }) {
  return (
    <Section title={t("Network")}>
      <Stack gap="md">
        <Proxy key={settings.proxy} settings={settings} />
        <Certificates key={settings.ca_file} settings={settings} />
        <InForce settings={settings} />
      </Stack>
    </Section>
  );
}

/** Tells that a change is made. By its promise: the form begins anew with what was saved. */
async function save(change: Promise<unknown>, words: string) {
  try {
    await change;
    tell(words);
  } catch {
    // the form shows why
  }
}

function Proxy({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  const [proxy, setProxy] = useState(settings.proxy);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void save(edit.mutateAsync({ proxy }), t("From the next request on, accounts are reached so."));
      }}
    >
      <Stack gap="xs">
        <ProxyField value={proxy} onChange={setProxy} follows={false} />
        {edit.error && <Fault error={edit.error} />}
        {proxy !== settings.proxy && (
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setProxy(settings.proxy)}>
              {t("Cancel")}
            </Button>
            <Button type="submit" loading={edit.isPending}>
              {t("Save the proxy")}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}

function Certificates({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  const [file, setFile] = useState(settings.ca_file);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void save(edit.mutateAsync({ ca_file: file.trim() }), file.trim() === "" ? t("The system's certificates alone are believed.") : t("These certificates are believed beside the system's."));
      }}
    >
      <Stack gap="xs">
        <TextInput
          label={t("Certificates")}
          description={t("A file in PEM with your company's authority, where its proxy looks into https. It is believed beside the system's.")}
          placeholder={t("/path/to/company.pem")}
          value={file}
          onChange={(e) => setFile(e.currentTarget.value)}
          autoComplete="off"
          spellCheck={false}
        />
        {edit.error && <Fault error={edit.error} />}
        {file.trim() !== settings.ca_file && (
          <Group justify="flex-end" gap="xs">
            <Button variant="default" onClick={() => setFile(settings.ca_file)}>
              {t("Cancel")}
            </Button>
            <Button type="submit" loading={edit.isPending}>
              {t("Save the certificates")}
            </Button>
          </Group>
        )}
      </Stack>
    </form>
  );
}

/** What the choices come to, account by account, read anew at each press. */
function InForce({ settings }: { settings: Saved }) {
  const network = useNetwork(settings);
  const shown = network.data;
  const ways = shown?.ways ?? [];
  return (
    <Stack gap="xs">
      <Group justify="space-between">
        <Text size="xs" c="dimmed">
          {t("What is in force, with what the system says now.")}
        </Text>
        <Button variant="default" size="xs" loading={network.isFetching} onClick={() => void network.refetch()}>
          {t("Test")}
        </Button>
      </Group>
      {network.error && <Fault error={network.error} />}
      {shown !== undefined && (
        <div role="status">
          {ways.length === 0 && <Text size="sm">{t("There is no account yet.")}</Text>}
          <List size="sm" spacing={4} listStyleType="none">
            {ways.map((w) => (
              <List.Item key={w.account}>
                <Text span fw={550}>
                  {w.name}
                </Text>{" "}
                <Text span className="mono" style={{ overflowWrap: "anywhere" }}>
                  {w.url} – {say(w.way)}
                </Text>
              </List.Item>
            ))}
          </List>
          {(shown.trouble ?? []).map((sentence) => (
            <Text key={sentence} size="sm" c="var(--mantine-color-error)">
              {say(sentence)}
            </Text>
          ))}
        </div>
      )}
    </Stack>
  );
}
