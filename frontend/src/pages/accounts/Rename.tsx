import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState } from "react";

import { type Account, useEditAccount } from "../../api/queries";
import { Fault } from "../../ui/Parts";

export function Rename({ account, opened, close }: { account: Account; opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title={`Rename ${account.name}`}>
      <Form account={account} close={close} />
    </Modal>
  );
}

function Form({ account, close }: { account: Account; close: () => void }) {
  const edit = useEditAccount();
  const [name, setName] = useState(account.name);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        edit.mutate({ id: account.id, name }, { onSuccess: close });
      }}
    >
      <Stack>
        <TextInput label="Name" value={name} onChange={(e) => setName(e.currentTarget.value)} maxLength={64} required data-autofocus description={`Its models stay available as ${account.slug}/…`} />
        {edit.error && <Fault error={edit.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={edit.isPending} disabled={name.trim() === ""}>
            Rename
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
