import { Button, Group, SegmentedControl } from "@mantine/core";
import { useHotkeys, useLocalStorage } from "@mantine/hooks";
import { IconDeviceDesktopSearch, IconKey, IconPlus } from "@tabler/icons-react";
import { useCallback } from "react";
import { useLocation, useParams } from "wouter";

import { type Account, useAccounts, useHealth, useNow, useOrderAccounts, usePoolAccounts, useStatus, useUsageToday } from "../api/queries";
import { refused } from "../ui/notify";
import { Empty, Loaded, Page } from "../ui/Parts";
import { t } from "../words";
import { AccountCard } from "./accounts/AccountCard";
import { AddAccount } from "./accounts/AddAccount";
import { blocksOf, moved } from "./accounts/blocks";
import { FindLocal } from "./accounts/FindLocal";
import { InOrder } from "./accounts/InOrder";
import { Providers } from "./accounts/Providers";

export function Accounts() {
  const accounts = useAccounts();
  const { data: status } = useStatus();
  const { data: usage } = useUsageToday("account");
  const { data: health } = useHealth();
  const { what } = useParams<{ what?: string }>();
  const [, go] = useLocation();
  const [by, setBy] = useLocalStorage<"order" | "provider">({ key: "metapi:accounts-by", defaultValue: "order", getInitialValueInEffect: false });
  const open = () => go("/accounts/add");
  const now = useNow(status?.accounts?.some((s) => s.until !== undefined) ?? false);
  useHotkeys([["mod+N", open]]);

  // The same ones as long as the list is: a card is drawn anew only where something of its own has changed, and there may be a hundred.
  const { data: list } = accounts;
  const { mutate: reorder } = useOrderAccounts();
  const { mutate: pool } = usePoolAccounts();
  const move = useCallback(
    (account: Account, by: number) => {
      const blocks = blocksOf(list ?? []);
      const from = blocks.findIndex((b) => b.accounts.includes(account));
      reorder(moved(blocks, from, from + by), { onError: refused });
    },
    [list, reorder],
  );
  const unpool = useCallback((account: Account) => pool({ name: "", ids: [account.id] }, { onError: refused }), [pool]);

  const card = (a: Account, at?: { first: boolean; last: boolean }) => (
    <AccountCard
      account={a}
      standing={status?.accounts?.find((s) => s.id === a.id)}
      health={health?.accounts?.find((h) => h.id === a.id)}
      today={usage?.groups?.find((g) => g.key === a.id)}
      ofAll={usage?.totals}
      now={now}
      highlighted={what === a.id}
      first={at?.first ?? true}
      last={at?.last ?? true}
      move={at && move}
      unpool={unpool}
    />
  );
  const add = (
    <Button leftSection={<IconPlus size={16} />} onClick={open}>
      {t("Add an account")}
    </Button>
  );
  const both = (
    <Group gap="xs" justify="center">
      <Button variant="light" leftSection={<IconDeviceDesktopSearch size={16} />} onClick={() => go("/accounts/find")}>
        {t("Look on this machine")}
      </Button>
      {add}
    </Group>
  );

  return (
    <Page title={t("Accounts")} about={t("In failover, the first that can serve a request gets it; the next takes over when it cannot.")} actions={accounts.data?.length ? both : undefined}>
      <Loaded of={accounts}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={IconKey} title={t("No account yet")} action={both}>
              {t("An account is a key of yours at one provider: OpenAI, Anthropic, Gemini, a relay or a server of your own. Paste the key, and Metapi finds out the rest.")}
            </Empty>
          ) : (
            <>
              <SegmentedControl
                size="xs"
                mb="sm"
                value={by}
                onChange={(v) => setBy(v as typeof by)}
                data={[{ value: "order", label: t("By order") }, { value: "provider", label: t("By provider") }]}
                aria-label={t("How accounts are shown")}
              />
              {by === "order" ? <InOrder list={list} card={card} /> : <Providers list={list} usage={usage} status={status} card={card} />}
            </>
          )
        }
      </Loaded>
      <AddAccount opened={what === "add"} close={() => go("/accounts", { replace: true })} />
      <FindLocal opened={what === "find"} close={() => go("/accounts", { replace: true })} />
    </Page>
  );
}
