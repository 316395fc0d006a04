import { Button, Group, Modal, PasswordInput, Stack, Text } from "@mantine/core";
import { useState } from "react";

import { type Account, useReplaceKey } from "../../api/queries";
import { tell } from "../../ui/notify";
import { Fault } from "../../ui/Parts";
import { say, t } from "../../words";

export function ReplaceKey({ account, opened, close }: { account: Account; opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title={t("Replace the key of {{account}}", { account: account.name })}>
      <Form account={account} close={close} />
    </Modal>
  );
}

function Form({ account, close }: { account: Account; close: () => void }) {
  const replace = useReplaceKey();
  const [key, setKey] = useState("");
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        replace.mutate(
          { id: account.id, key },
          {
            onSuccess: (d) => {
              close();
              tell(say(d.message));
            },
          },
        );
      }}
    >
      <Stack>
        <Text size="sm" c="dimmed">
          {t("The new key goes to {{address}} and nowhere else. It is tried first; one that is refused changes nothing.", { address: account.base_url })}
        </Text>
        <PasswordInput label={t("New key")} value={key} onChange={(e) => setKey(e.currentTarget.value)} autoComplete="off" required data-autofocus />
        {replace.error && <Fault error={replace.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("Cancel")}
          </Button>
          <Button type="submit" loading={replace.isPending} disabled={key.trim() === ""}>
            {t("Replace")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
