import { Button, Code, Group, Modal, Select, Stack, Table, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import { useMode } from "../../api/queries";
import { type Plan, type Routing, useEditRouting } from "../../api/routing";
import { modeName } from "../../ui/ModeSwitch";
import { refused } from "../../ui/notify";
import { Fault, Section } from "../../ui/Parts";
import { Do } from "./Rules";
import { Tiers } from "./Tiers";
import { planInWords, tiersOf, withTiers } from "./words";

/** Names of the user's own: virtual models, which stand for several, and aliases, which stand for one. */
export function Names({ routing, undoable }: { routing: Routing; undoable: (what: string) => void }) {
  const [open, setOpen] = useState<{ name: string; plan: Plan } | "new">();
  const edit = useEditRouting();
  const models = routing.models ?? [];
  const aliases = routing.aliases ?? [];
  const remove = (what: "model" | "alias", name: string) =>
    edit.mutate({ version: routing.version, name, remove: what }, { onError: refused, onSuccess: () => undoable(`${name} is removed.`) });
  return (
    <Section
      title="Virtual models"
      mt="md"
      actions={
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={routing.fault !== undefined} onClick={() => setOpen("new")}>
          Add a virtual model
        </Button>
      }
    >
      {models.length + aliases.length === 0 ? (
        <Text size="sm" c="dimmed">
          None yet. A virtual model is a name of yours for several models, which any tool can ask for: the first that can serve does, or the one that its mode picks.
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={420}>
          <Table aria-label="Virtual models">
            <Table.Thead>
              <Table.Tr>
                <Table.Th>Name</Table.Th>
                <Table.Th>What it does</Table.Th>
                <Table.Th>
                  <VisuallyHidden>Change</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {models.map((m) => (
                <Table.Tr key={m.name}>
                  <Table.Td>
                    <Code>{m.name}</Code>
                  </Table.Td>
                  <Table.Td>{planInWords(m.plan)}</Table.Td>
                  <Table.Td>
                    <Group gap={2} wrap="nowrap" justify="flex-end">
                      <Do label={`Change ${m.name}`} icon={<IconPencil size={16} />} onClick={() => setOpen(m)} />
                      <Do label={`Remove ${m.name}`} icon={<IconTrash size={16} />} onClick={() => remove("model", m.name)} />
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
              {aliases.map((a) => (
                <Table.Tr key={a.name}>
                  <Table.Td>
                    <Code>{a.name}</Code>
                  </Table.Td>
                  <Table.Td>another name for {a.model}</Table.Td>
                  <Table.Td>
                    <Group gap={2} wrap="nowrap" justify="flex-end">
                      <Do label={`Remove ${a.name}`} icon={<IconTrash size={16} />} onClick={() => remove("alias", a.name)} />
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {open !== undefined && <ModelForm routing={routing} of={open === "new" ? undefined : open} close={() => setOpen(undefined)} />}
    </Section>
  );
}

function ModelForm({ routing, of, close }: { routing: Routing; of: { name: string; plan: Plan } | undefined; close: () => void }) {
  const [name, setName] = useState(of?.name ?? "");
  const [mode, setMode] = useState(of?.plan.mode ?? "");
  const [tiers, setTiers] = useState(tiersOf(of?.plan ?? {}));
  const { data: modes } = useMode();
  const edit = useEditRouting();
  const taken = of === undefined && (routing.models?.some((m) => m.name === name.trim()) || routing.aliases?.some((a) => a.name === name.trim()));
  const save = () => {
    const { mode: _, ...rest } = withTiers(of?.plan ?? {}, tiers);
    edit.mutate({ version: routing.version, name: name.trim(), model: { ...rest, ...(mode !== "" && { mode }) } }, { onSuccess: close });
  };
  return (
    <Modal opened onClose={close} title={of === undefined ? "Add a virtual model" : `Change ${of.name}`} size="lg">
      <Stack>
        <TextInput label="Name" description="As tools ask for it" required data-autofocus disabled={of !== undefined} value={name} error={taken ? "There is one of this name." : undefined} onChange={(e) => setName(e.currentTarget.value)} />
        <Tiers value={tiers} onChange={setTiers} />
        <Select label="Mode" placeholder="As everywhere" clearable data={(modes?.modes ?? []).map((m) => ({ value: m.mode, label: modeName(m.mode) }))} value={mode || null} onChange={(m) => setMode(m ?? "")} />
        {edit.error !== null && <Fault error={edit.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button onClick={save} loading={edit.isPending} disabled={name.trim() === "" || taken || tiers.every((t) => t.length === 0)}>
            {of === undefined ? "Add" : "Save"}
          </Button>
        </Group>
      </Stack>
    </Modal>
  );
}
