import { Button, Chip, Group, Modal, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { type Client, useAddClient } from "../../api/queries";
import { Fault } from "../../ui/Parts";
import { Recipes } from "./Recipes";
import { recipes } from "./recipes";

export function Connect({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title="Connect a tool" size="lg">
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
  const proposed = tool === "curl" ? "" : (recipes.find((r) => r.id === tool)?.name.split(",")[0] ?? "");
  if (made !== null) {
    return (
      <Stack>
        <Recipes keyOf={made} first={tool} />
        <Group justify="flex-end">
          <Button onClick={close}>Done</Button>
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
        <Chip.Group value={tool} onChange={(v) => setTool(v as string)}>
          <Group gap="xs" role="radiogroup" aria-label="Which tool">
            {recipes.map((r) => (
              <Chip key={r.id} value={r.id}>
                {r.name}
              </Chip>
            ))}
          </Group>
        </Chip.Group>
        <TextInput label="Name" description="Its requests and what they cost are shown under this name." value={name ?? proposed} onChange={(e) => setName(e.currentTarget.value)} maxLength={64} required data-autofocus />
        {add.error && <Fault error={add.error} />}
        <Group justify="space-between">
          <Text size="xs" c="dimmed">
            Metapi changes none of the tool's files.
          </Text>
          <Group gap="xs">
            <Button variant="default" onClick={close}>
              Cancel
            </Button>
            <Button type="submit" loading={add.isPending} disabled={wanted === ""}>
              Make its key
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}
