import { Button, Group, Modal, Select, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { type Account, useAccounts, usePoolAccounts } from "../../api/queries";
import { Fault } from "../../ui/Parts";
import { t } from "../../words";

/** Asks with whom an account shares its place in the order. */
export function Pool({ account, opened, close }: { account: Account; opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title={t("Pool {{account}} with another", { account: account.name })}>
      <Form account={account} close={close} />
    </Modal>
  );
}

function Form({ account, close }: { account: Account; close: () => void }) {
  const { data: accounts } = useAccounts();
  const pool = usePoolAccounts();
  const others = (accounts ?? []).filter((a) => a.id !== account.id);
  const [id, setID] = useState<string | null>(others.find((a) => a.provider === account.provider)?.id ?? null);
  const [named, setNamed] = useState<string | null>(null);
  const other = others.find((a) => a.id === id);
  const name = named ?? other?.pool ?? other?.name ?? "";
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        pool.mutate({ name, ids: [account.id, ...others.filter((a) => a.id === id || (other?.pool !== undefined && a.pool === other.pool)).map((a) => a.id)] }, { onSuccess: close });
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {t("Accounts of a pool share one place in the order. Requests are spread among them, and a session stays where its prompt is cached; the next in the order takes over only where none of the pool can serve.")}
        </Text>
        <Select label={t("Account")} data={others.map((a) => ({ value: a.id, label: a.name }))} value={id} onChange={setID} allowDeselect={false} searchable required data-autofocus />
        <TextInput label={t("Name of the pool")} value={name} onChange={(e) => setNamed(e.currentTarget.value)} maxLength={64} required />
        {pool.error && <Fault error={pool.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("Cancel")}
          </Button>
          <Button type="submit" loading={pool.isPending} disabled={id === null || name.trim() === ""}>
            {t("Pool")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
