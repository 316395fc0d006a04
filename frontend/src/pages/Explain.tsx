import { Tabs } from "@mantine/core";
import { useLocation, useParams } from "wouter";

import { Page } from "../ui/Parts";
import { t } from "../words";
import { Ask } from "./explain/Ask";
import { Replay } from "./explain/Replay";

/** Why requests go where they go, and what they would have come to under another mode. */
export function Explain() {
  const { what = "" } = useParams<{ what?: string }>();
  const [, go] = useLocation();
  const tab = what === "replay" ? "replay" : "one";
  return (
    <Page title={t("Explain")} about={t("Why a request goes where it goes, and what your requests would have cost under another mode. Nothing is sent, and nothing is spent.")}>
      <Tabs value={tab} onChange={(to) => go(to === "replay" ? "/explain/replay" : "/explain")} keepMounted={false}>
        <Tabs.List mb="md">
          <Tabs.Tab value="one">{t("One request")}</Tabs.Tab>
          <Tabs.Tab value="replay">{t("Replay")}</Tabs.Tab>
        </Tabs.List>
        <Tabs.Panel value="one">
          <Ask id={tab === "one" ? what : ""} />
        </Tabs.Panel>
        <Tabs.Panel value="replay">
          <Replay />
        </Tabs.Panel>
      </Tabs>
    </Page>
  );
}
