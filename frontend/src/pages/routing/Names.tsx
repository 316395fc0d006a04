import { Autocomplete, Button, Code, Group, Modal, Select, Stack, Table, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import { useMode, useModels } from "../../api/queries";
import { type Alias, type Plan, type Routing, useEditRouting } from "../../api/routing";
import { modeName } from "../../ui/ModeSwitch";
import { refused } from "../../ui/notify";
import { Fault, Section } from "../../ui/Parts";
import { t } from "../../words";
import { Do } from "./Rules";
import { Tiers } from "./Tiers";
import { planInWords, tiersOf, withTiers } from "./words";

type Open = { what: "model"; of?: { name: string; plan: Plan } } | { what: "alias"; of?: Alias };

/** Names of the user's own: virtual models, which stand for several, and aliases, which stand for one. */
export function Names({ routing, undoable }: { routing: Routing; undoable: (what: string) => void }) {
  const [open, setOpen] = useState<Open>();
  const edit = useEditRouting();
  const rows = [
    ...(routing.models ?? []).map((m) => ({ name: m.name, does: planInWords(m.plan), open: { what: "model", of: m } as Open })),
    ...(routing.aliases ?? []).map((a) => ({ name: a.name, does: [t("Another name for {{model}}", { model: a.model })], open: { what: "alias", of: a } as Open })),
  ];
  const remove = (what: "model" | "alias", name: string) =>
    edit.mutate({ version: routing.version, name, remove: what }, { onError: refused, onSuccess: () => undoable(t("{{name}} is removed.", { name })) });
  const close = () => setOpen(undefined);
  return (
    <Section
      title={t("Virtual models and aliases")}
      mt="md"
      actions={
        <Group gap="xs" justify="flex-end">
          <Button size="xs" leftSection={<IconPlus size={14} />} disabled={routing.fault !== undefined} onClick={() => setOpen({ what: "model" })}>
            {t("Add a virtual model")}
          </Button>
          <Button size="xs" variant="default" leftSection={<IconPlus size={14} />} disabled={routing.fault !== undefined} onClick={() => setOpen({ what: "alias" })}>
            {t("Add an alias")}
          </Button>
        </Group>
      }
    >
      {rows.length === 0 ? (
        <Text size="sm" c="dimmed">
          {t(
            "None yet. A virtual model is a name of yours for several models, which any tool can ask for: the first that can serve does, or the one that its mode picks. An alias is another name for one model.",
          )}
        </Text>
      ) : (
        <Table.ScrollContainer minWidth={420}>
          <Table aria-label={t("Virtual models and aliases")}>
            <Table.Thead>
              <Table.Tr>
                <Table.Th>{t("Name")}</Table.Th>
                <Table.Th>{t("What it does")}</Table.Th>
                <Table.Th>
                  <VisuallyHidden>{t("Change")}</VisuallyHidden>
                </Table.Th>
              </Table.Tr>
            </Table.Thead>
            <Table.Tbody>
              {rows.map((r) => (
                <Table.Tr key={r.name}>
                  <Table.Td>
                    <Code>{r.name}</Code>
                  </Table.Td>
                  <Table.Td>
                    {r.does.map((phrase) => (
                      <div key={phrase}>{phrase}</div>
                    ))}
                  </Table.Td>
                  <Table.Td>
                    <Group gap={2} wrap="nowrap" justify="flex-end">
                      <Do label={t("Change {{name}}", { name: r.name })} icon={<IconPencil size={16} />} disabled={routing.fault !== undefined} onClick={() => setOpen(r.open)} />
                      <Do label={t("Remove {{name}}", { name: r.name })} icon={<IconTrash size={16} />} disabled={routing.fault !== undefined} onClick={() => remove(r.open.what, r.name)} />
                    </Group>
                  </Table.Td>
                </Table.Tr>
              ))}
            </Table.Tbody>
          </Table>
        </Table.ScrollContainer>
      )}
      {open?.what === "model" && <ModelForm routing={routing} of={open.of} close={close} />}
      {open?.what === "alias" && <AliasForm routing={routing} of={open.of} close={close} />}
    </Section>
  );
}

/** What is wrong with a name that is to be new. */
const taken = (routing: Routing, name: string) => ([...(routing.models ?? []), ...(routing.aliases ?? [])].some((n) => n.name === name.trim()) ? t("There is one of this name.") : undefined);

function AliasForm({ routing, of, close }: { routing: Routing; of: Alias | undefined; close: () => void }) {
  const [name, setName] = useState(of?.name ?? "");
  const [model, setModel] = useState(of?.model ?? "");
  const { data: models } = useModels();
  const edit = useEditRouting();
  const fault = of === undefined ? taken(routing, name) : undefined;
  const whole = name.trim() !== "" && model.trim() !== "" && fault === undefined;
  return (
    <Modal opened onClose={close} title={of === undefined ? t("Add an alias") : t("Change {{name}}", { name: of.name })}>
      <Stack
        component="form"
        onSubmit={(e: React.FormEvent) => {
          e.preventDefault();
          if (whole) edit.mutate({ version: routing.version, name: name.trim(), alias: model.trim() }, { onSuccess: close });
        }}
      >
        <TextInput label={t("Name")} description={t("As tools ask for it")} required data-autofocus={of === undefined || undefined} disabled={of !== undefined} value={name} error={fault} onChange={(e) => setName(e.currentTarget.value)} />
        <Autocomplete
          label={t("Stands for")}
          description={t("A model, a virtual model, or account/model")}
          required
          data-autofocus={of !== undefined || undefined}
          limit={50}
          data={[...new Set([...(routing.models ?? []).map((m) => m.name), ...(models ?? []).filter((m) => m.gone === undefined).map((m) => m.model)])].sort()}
          value={model}
          onChange={setModel}
        />
        {edit.error !== null && <Fault error={edit.error} />}
        <Buttons close={close} adds={of === undefined} busy={edit.isPending} ready={whole} />
      </Stack>
    </Modal>
  );
}

/** The end of a form. */
export function Buttons({ close, adds, busy, ready, save }: { close: () => void; adds: boolean; busy: boolean; ready: boolean; save?: () => void }) {
  return (
    <Group justify="flex-end">
      <Button variant="default" onClick={close}>
        {t("Cancel")}
      </Button>
      <Button type={save ? "button" : "submit"} onClick={save} loading={busy} disabled={!ready}>
        {adds ? t("Add") : t("Save")}
      </Button>
    </Group>
  );
}

function ModelForm({ routing, of, close }: { routing: Routing; of: { name: string; plan: Plan } | undefined; close: () => void }) {
  const [name, setName] = useState(of?.name ?? "");
  const [mode, setMode] = useState(of?.plan.mode ?? "");
  const [tiers, setTiers] = useState(tiersOf(of?.plan ?? {}));
  const { data: modes } = useMode();
  const edit = useEditRouting();
  const fault = of === undefined ? taken(routing, name) : undefined;
  const save = () => {
    const { mode: _, ...rest } = withTiers(of?.plan ?? {}, tiers);
    edit.mutate({ version: routing.version, name: name.trim(), model: { ...rest, ...(mode !== "" && { mode }) } }, { onSuccess: close });
  };
  return (
    <Modal opened onClose={close} title={of === undefined ? t("Add a virtual model") : t("Change {{name}}", { name: of.name })} size="lg">
      <Stack>
        <TextInput label={t("Name")} description={t("As tools ask for it")} required data-autofocus disabled={of !== undefined} value={name} error={fault} onChange={(e) => setName(e.currentTarget.value)} />
        <Tiers value={tiers} mode={mode} onChange={setTiers} />
        <Select label={t("Mode")} placeholder={t("As everywhere")} clearable data={(modes?.modes ?? []).map((m) => ({ value: m.mode, label: modeName(m.mode) }))} value={mode || null} onChange={(m) => setMode(m ?? "")} />
        {edit.error !== null && <Fault error={edit.error} />}
        <Buttons close={close} adds={of === undefined} busy={edit.isPending} ready={name.trim() !== "" && fault === undefined && tiers.some((tier) => tier.length > 0)} save={save} />
      </Stack>
    </Modal>
  );
}
