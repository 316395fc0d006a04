import { Button, Group, Modal, Stack } from "@mantine/core";
import { useState } from "react";

import { type Account, useEditAccount } from "../../api/queries";
import { Fault } from "../../ui/Parts";
import { ProxyField } from "../../ui/Proxy";

export function Network({ account, opened, close }: { account: Account; opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title={`How ${account.name} is reached`}>
      <Form account={account} close={close} />
    </Modal>
  );
}

function Form({ account, close }: { account: Account; close: () => void }) {
  const edit = useEditAccount();
  const [proxy, setProxy] = useState(account.proxy ?? "");
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        edit.mutate({ id: account.id, proxy }, { onSuccess: close });
      }}
    >
      <Stack>
        <ProxyField value={proxy} onChange={setProxy} follows />
        {edit.error && <Fault error={edit.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            Cancel
          </Button>
          <Button type="submit" loading={edit.isPending} disabled={proxy === (account.proxy ?? "")}>
            Save
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
