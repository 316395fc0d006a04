import { Button, Group, Stack } from "@mantine/core";
import { useHotkeys } from "@mantine/hooks";
import { IconDeviceDesktopSearch, IconKey, IconPlus } from "@tabler/icons-react";
import { useCallback } from "react";
import { useLocation, useParams } from "wouter";

import { type Account, useAccounts, useHealth, useNow, useOrderAccounts, useStatus, useUsageToday } from "../api/queries";
import { refused } from "../ui/notify";
import { Empty, Loaded, Page } from "../ui/Parts";
import { AccountCard } from "./accounts/AccountCard";
import { AddAccount } from "./accounts/AddAccount";
import { FindLocal } from "./accounts/FindLocal";

export function Accounts() {
  const accounts = useAccounts();
  const { data: status } = useStatus();
  const { data: usage } = useUsageToday("account");
  const { data: health } = useHealth();
  const order = useOrderAccounts();
  const { what } = useParams<{ what?: string }>();
  const [, go] = useLocation();
  const open = () => go("/accounts/add");
  const now = useNow(status?.accounts?.some((s) => s.until !== undefined) ?? false);
  useHotkeys([["mod+N", open]]);

  // The same one as long as the list is: a card is drawn anew only where something of its own has changed, and there may be a hundred.
  const { data: list } = accounts;
  const { mutate } = order;
  const move = useCallback(
    (account: Account, by: number) => {
      const next = (list ?? []).slice();
      const from = next.indexOf(account);
      next.splice(from + by, 0, ...next.splice(from, 1));
      mutate(next, { onError: refused });
    },
    [list, mutate],
  );
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={open}>
      Add an account
    </Button>
  );

  const both = (
    <Group gap="xs" justify="center">
      <Button variant="light" leftSection={<IconDeviceDesktopSearch size={16} />} onClick={() => go("/accounts/find")}>
        Look on this machine
      </Button>
      {add}
    </Group>
  );

  return (
    <Page title="Accounts" about="In failover, the first that can serve a request gets it; the next takes over when it cannot." actions={accounts.data?.length ? both : undefined}>
      <Loaded of={accounts}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={IconKey} title="No account yet" action={both}>
              An account is a key of yours at one provider: OpenAI, Anthropic, Gemini, a relay or a server of your own. Paste the key, and Metapi finds out the rest.
            </Empty>
          ) : (
            <Stack component="ol" gap="sm" p={0} m={0} style={{ listStyle: "none" }}>
              {list.map((a, i) => (
                <li key={a.id}>
                  <AccountCard
                    account={a}
                    standing={status?.accounts?.find((s) => s.id === a.id)}
                    health={health?.accounts?.find((h) => h.id === a.id)}
                    today={usage?.groups?.find((g) => g.key === a.id)}
                    ofAll={usage?.totals}
                    place={i + 1}
                    now={now}
                    highlighted={what === a.id}
                    last={i === list.length - 1}
                    move={move}
                  />
                </li>
              ))}
            </Stack>
          )
        }
      </Loaded>
      <AddAccount opened={what === "add"} close={() => go("/accounts", { replace: true })} />
      <FindLocal opened={what === "find"} close={() => go("/accounts", { replace: true })} />
    </Page>
  );
}
