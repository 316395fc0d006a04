import { Button, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { type Client, useAddClient } from "../../api/queries";
import { Fault } from "../../ui/Parts";
import { t } from "../../words";
import { Recipes, WhichTool } from "./Recipes";
import { recipes } from "./recipes";

export function Connect({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title={t("Connect a tool")} size="lg">
      <Steps close={close} />
    </Modal>
  );
}

/** First which tool, then where its new key goes. */
function Steps({ close }: { close: () => void }) {
  const add = useAddClient();
  const [tool, setTool] = useState<string>(recipes[0]!.id);
  const [name, setName] = useState<string | null>(null);
  const [made, setMade] = useState<Client | null>(null);
  const proposed = tool === "curl" ? "" : (recipes.find((r) => r.id === tool)?.name ?? "");
  if (made !== null) {
    return (
      <Stack>
        <Recipes keyOf={made} first={tool} />
        <Group justify="flex-end">
          <Button onClick={close}>{t("Done")}</Button>
        </Group>
      </Stack>
    );
  }
  const wanted = (name ?? proposed).trim();
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        add.mutate(wanted, { onSuccess: (d) => setMade(d.client) });
      }}
    >
      <Stack>
        <WhichTool id={tool} choose={setTool} />
        <TextInput label={t("Name")} description={t("Its requests and what they cost are shown under this name.")} value={name ?? proposed} onChange={(e) => setName(e.currentTarget.value)} maxLength={64} required data-autofocus />
        {add.error && <Fault error={add.error} />}
        <Group justify="space-between">
          <Text size="xs" c="dimmed">
            {t("Metapi changes none of the tool's files.")}
          </Text>
          <Group gap="xs">
            <Button variant="default" onClick={close}>
              {t("Cancel")}
            </Button>
            <Button type="submit" loading={add.isPending} disabled={wanted === ""}>
              {t("Make its key")}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
