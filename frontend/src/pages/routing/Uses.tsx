import { Button, Group, Modal, MultiSelect, NumberInput, SimpleGrid, Stack, Table, TagsInput, Text, TextInput, VisuallyHidden } from "@mantine/core";
import { IconPencil, IconPlus, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import { useClients } from "../../api/queries";
import { type Routing, type Use, useEditRouting } from "../../api/routing";
import { Fault, Section } from "../../ui/Parts";
import { say, t } from "../../words";
import { filled } from "./filled";
import { Buttons } from "./Names";
import { Do } from "./Rules";
import { dayName, days, inWords } from "./words";

type Of = NonNullable<Routing["accounts"]>[number];

/** How much of each account may be used, and when. */
export function Uses({ routing }: { routing: Routing }) {
  const [open, setOpen] = useState<Of>();
  const accounts = routing.accounts ?? [];
  if (accounts.length === 0) return null;
  return (
    <Section title={t("Caps and hours of accounts")} mt="md">
      <Text size="sm" c="dimmed" mb="sm">
        {t("An account that is at its cap, or outside its hours, is passed over until it may be used again.")}{" "}
        {routing.timezone ? t("Hours are those of {{timezone}}.", { timezone: routing.timezone }) : t("Hours are those of this machine.")}
      </Text>
      <Table.ScrollContainer minWidth={420}>
        <Table aria-label={t("Caps and hours")}>
          <Table.Thead>
            <Table.Tr>
              <Table.Th>{t("Account")}</Table.Th>
              <Table.Th>{t("May be used")}</Table.Th>
              <Table.Th>{t("Now")}</Table.Th>
              <Table.Th>
                <VisuallyHidden>{t("Change")}</VisuallyHidden>
              </Table.Th>
            </Table.Tr>
          </Table.Thead>
          <Table.Tbody>
            {accounts.map((a) => {
              const words = inWords(a.use);
              return (
                <Table.Tr key={a.account}>
                  <Table.Td>
                    {a.name ?? a.account}
                    {a.name === undefined && (
                      <Text size="xs" c="dimmed">
                        {t("no such account")}
                      </Text>
                    )}
                  </Table.Td>
                  <Table.Td>{words.length > 0 ? words.map((w) => <div key={w}>{w}</div>) : t("All of it, always")}</Table.Td>
                  <Table.Td>{a.standing?.map((w) => <div key={w}>{say(w)}</div>)}</Table.Td>
                  <Table.Td>
                    <Group justify="flex-end">
                      <Do label={t("Change caps and hours of {{account}}", { account: a.name ?? a.account })} icon={<IconPencil size={16} />} disabled={routing.fault !== undefined} onClick={() => setOpen(a)} />
                    </Group>
                  </Table.Td>
                </Table.Tr>
              );
            })}
          </Table.Tbody>
        </Table>
      </Table.ScrollContainer>
      {open !== undefined && <UseForm routing={routing} of={open} close={() => setOpen(undefined)} />}
    </Section>
  );
}

function UseForm({ routing, of, close }: { routing: Routing; of: Of; close: () => void }) {
  const [caps, setCaps] = useState<Record<string, number | undefined>>({ ...of.use.caps });
  const [percent, setPercent] = useState(of.use.reserve?.percent);
  const [clients, setClients] = useState(of.use.reserve?.clients ?? []);
  const [hours, setHours] = useState((of.use.schedule ?? []).map((h, i) => ({ ...h, id: i })));
  const { data: known } = useClients();
  const edit = useEditRouting();
  const number = (key: string, label: string, more = {}) => (
    <NumberInput label={label} placeholder={t("No cap")} min={0} allowDecimal={false} value={caps[key] ?? ""} onChange={(v) => setCaps({ ...caps, [key]: typeof v === "number" && v > 0 ? v : undefined })} {...more} />
  );
  const save = () => {
    const reserve = filled({ ...of.use.reserve, percent: percent || undefined, clients: clients.length > 0 ? clients : undefined });
    const use: Use = {
      ...(Object.values(caps).some(Boolean) && { caps: filled(caps) }),
      ...(Object.keys(reserve).length > 0 && { reserve }),
      ...(hours.length > 0 && { schedule: hours.map(({ days, from, to }) => filled({ days: days?.length ? days : undefined, from: from || undefined, to: to || undefined })) }),
    };
    edit.mutate({ version: routing.version, name: of.account, use }, { onSuccess: close });
  };
  return (
    <Modal opened onClose={close} title={t("Caps and hours of {{account}}", { account: of.name ?? of.account })} size="lg">
      <Stack>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          {number("requests_per_minute", t("Requests a minute"))}
          {number("concurrent", t("Requests at once"))}
          {number("tokens_per_minute", t("Tokens a minute"))}
          {number("dollars_per_day", t("Dollars a day"), { allowDecimal: true, prefix: "$" })}
          {number("dollars_per_month", t("Dollars a month"), { allowDecimal: true, prefix: "$" })}
        </SimpleGrid>
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <NumberInput label={t("Keep back")} description={t("Of each cap")} suffix=" %" placeholder={t("Nothing")} min={0} max={100} value={percent ?? ""} onChange={(v) => setPercent(typeof v === "number" ? v : undefined)} />
          <TagsInput label={t("For these tools")} description={t("By the names of their local keys")} acceptValueOnBlur data={[...new Set((known ?? []).map((c) => c.name))]} value={clients} onChange={setClients} />
        </SimpleGrid>
        {hours.map((h, i) => {
          const put = (change: Partial<typeof h>) => setHours(hours.map((o) => (o.id === h.id ? { ...o, ...change } : o)));
          return (
            <Group key={h.id} align="flex-end" gap="xs" role="group" aria-label={t("Hours {{n}}", { n: i + 1 })}>
              <MultiSelect label={t("Days")} placeholder={h.days?.length ? undefined : t("Every day")} data={days.map((d) => ({ value: d, label: dayName(d) }))} value={h.days ?? []} onChange={(d) => put({ days: d })} style={{ flex: 1, minWidth: 180 }} />
              <TextInput label={t("From")} placeholder="00:00" w={84} value={h.from ?? ""} onChange={(e) => put({ from: e.currentTarget.value })} />
              <TextInput label={t("To")} placeholder="24:00" w={84} value={h.to ?? ""} onChange={(e) => put({ to: e.currentTarget.value })} />
              <Do label={t("Remove hours {{n}}", { n: i + 1 })} icon={<IconTrash size={16} />} onClick={() => setHours(hours.filter((o) => o.id !== h.id))} />
            </Group>
          );
        })}
        <Button size="compact-sm" variant="subtle" style={{ alignSelf: "flex-start" }} leftSection={<IconPlus size={14} />} onClick={() => setHours([...hours, { id: Date.now() }])}>
          {t("Add hours")}
        </Button>
        {edit.error !== null && <Fault error={edit.error} />}
        <Buttons close={close} adds={false} busy={edit.isPending} ready save={save} />
      </Stack>
    </Modal>
  );
}
