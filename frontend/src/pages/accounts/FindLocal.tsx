import { Alert, Button, Code, Group, Modal, NumberInput, Paper, Stack, Text } from "@mantine/core";
import { IconInfoCircle, IconSearch } from "@tabler/icons-react";
import { useState } from "react";

import type { Schemas } from "../../api/client";
import { useAddAccount, useNearby, useNearbyPorts } from "../../api/queries";
import { plural, say, t, Trans } from "../../words";
import { refused, tell } from "../../ui/notify";
import { Fault, Loaded, State } from "../../ui/Parts";

/** Looks for servers of models on this machine: says what it would ask, asks when the person agrees, and offers what it has found. */
export function FindLocal({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title={t("Look for models on this machine")} size="lg">
      <Content />
    </Modal>
  );
}

function Content() {
  const ports = useNearbyPorts();
  const { mutate: look, ...nearby } = useNearby();
  const [other, setOther] = useState<number | string>("");
  const others = typeof other === "number" ? [other] : [];
  const found = nearby.data;
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        look(others);
      }}
    >
      <Stack>
        <Loaded of={ports}>
          {({ ports: known }) => (
            <Text size="sm">
              <Trans
                text="Ollama, LM Studio, llama.cpp and others serve models on this machine. To find them, Metapi asks these ports of it whether one is there, and nothing else: <ports>{{ports}}</ports>. No key is sent."
                values={{ ports: (known ?? []).join(", ") }}
                parts={{ ports: <Code /> }}
              />
            </Text>
          )}
        </Loaded>
        <NumberInput label={t("Another port")} description={t("If you have chosen one yourself.")} value={other} onChange={setOther} min={1} max={65535} hideControls allowDecimal={false} maw={220} />
        <Group>
          <Button type="submit" leftSection={<IconSearch size={16} />} loading={nearby.isPending}>
            {found ? t("Ask again") : t("Ask them")}
          </Button>
        </Group>
        {nearby.error && <Fault error={nearby.error} />}
        <div aria-live="polite">{found && <Found servers={found.servers ?? []} again={() => look(others)} />}</div>
      </Stack>
    </form>
  );
}

type Server = Schemas["NearbyServer"];

function Found({ servers, again }: { servers: Server[]; again: () => void }) {
  if (servers.length === 0) {
    return (
      <Alert color="gray" icon={<IconInfoCircle />} title={t("No server of models was found")}>
        {t("Start one, or tell its port above.")}
      </Alert>
    );
  }
  return (
    <Stack component="ul" gap="xs" p={0} m={0} style={{ listStyle: "none" }}>
      {servers.map((s) => (
        <One key={s.base_url} server={s} added={again} />
      ))}
    </Stack>
  );
}

function One({ server: s, added }: { server: Server; added: () => void }) {
  const add = useAddAccount();
  const submit = () =>
    add.mutate(
      { provider: s.provider, base_url: s.base_url },
      {
        onSuccess: (d) => {
          tell(say(d.message));
          added();
        },
        onError: refused,
      },
    );
  const models = s.models ?? [];
  const some = models.slice(0, 4).join(", ");
  const few = models.length > 4 ? t("{{some}} and {{more}} more", { some, more: models.length - 4 }) : some;
  return (
    <Paper component="li" withBorder p="sm">
      <Group justify="space-between" wrap="nowrap" align="flex-start">
        <div style={{ minWidth: 0 }}>
          <Text fw={600}>{s.known ? s.name : t("A server that does not say which it is")}</Text>
          <Text size="sm" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {s.base_url}
          </Text>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {s.needs_key ? t("It wants a key: add it with “Add an account”, by this address.") : models.length === 0 ? t("It has no models yet.") : plural(models.length, "{{count}} model: {{few}}", "{{count}} models: {{few}}", { few })}
          </Text>
          {!s.needs_key && (
            <Text size="xs" c="dimmed">
              {s.known ? t("It runs its models itself: they cost nothing.") : t("It may pass requests on to where they cost money: what they cost is not known.")}
            </Text>
          )}
        </div>
        {s.account ? (
          <State tone="good">{t("Added")}</State>
        ) : (
          !s.needs_key && (
            <Button size="xs" onClick={submit} loading={add.isPending} aria-label={t("Add {{name}} at {{address}}", { name: s.name, address: s.base_url })} style={{ flexShrink: 0 }}>
              {t("Add")}
            </Button>
          )
        )}
      </Group>
    </Paper>
  );
}
