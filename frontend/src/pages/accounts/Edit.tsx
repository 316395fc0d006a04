import { Button, Group, Modal, Stack, TextInput } from "@mantine/core";
import { useState } from "react";

import { type Account, useEditAccount } from "../../api/queries";
import { Fault } from "../../ui/Parts";
import { ProxyField } from "../../ui/Proxy";
import { t } from "../../words";

export function Edit({ account, opened, close }: { account: Account; opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title={t("Edit {{account}}", { account: account.name })}>
      <Form account={account} close={close} />
    </Modal>
  );
}

function Form({ account, close }: { account: Account; close: () => void }) {
  const edit = useEditAccount();
  const [name, setName] = useState(account.name);
  const [base, setBase] = useState(account.base_url);
  const [proxy, setProxy] = useState(account.proxy ?? "");
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        edit.mutate({ id: account.id, name, base_url: base === account.base_url ? undefined : base, proxy }, { onSuccess: close });
      }}
    >
      <Stack>
        <TextInput
          label={t("Name")}
          value={name}
          onChange={(e) => setName(e.currentTarget.value)}
          maxLength={64}
          required
          data-autofocus
          description={t("Its models stay available as {{slug}}/…", { slug: account.slug })}
        />
        <TextInput
          label={t("Base URL")}
          value={base}
          onChange={(e) => setBase(e.currentTarget.value)}
          required
          inputMode="url"
          description={t("Its path may change. The key was given for this server, and goes to no other.")}
        />
        <ProxyField value={proxy} onChange={setProxy} follows />
        {edit.error && <Fault error={edit.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("Cancel")}
          </Button>
          <Button type="submit" loading={edit.isPending} disabled={name.trim() === "" || base.trim() === ""}>
            {t("Save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
