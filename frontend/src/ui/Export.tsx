import { Button, Menu } from "@mantine/core";
import { IconChevronDown, IconDownload } from "@tabler/icons-react";
import { useState } from "react";

import { download } from "../api/download";
import { type Choice, useSaveExport } from "../api/queries";
import { inWindow, token } from "../api/session";
import { t } from "../words";
import { refused, tell } from "./notify";

/** Requests as a file. A browser downloads it; the window has Metapi save it, since it cannot. */
export function Export({ of, disabled }: { of: Choice; disabled?: boolean }) {
  const save = useSaveExport();
  const [busy, setBusy] = useState(false);
  const run = async (format: "csv" | "jsonl") => {
    setBusy(true);
    try {
      if (inWindow()) tell(t("Saved to {{path}}.", { path: (await save.mutateAsync({ ...of, format })).path }));
      else await fetched(of, format);
    } catch (error) {
      refused(error);
    } finally {
      setBusy(false);
    }
  };
  return (
    <Menu position="bottom-end">
      <Menu.Target>
        <Button variant="default" leftSection={<IconDownload size={16} />} rightSection={<IconChevronDown size={14} />} loading={busy} disabled={disabled}>
          {t("Export")}
        </Button>
      </Menu.Target>
      <Menu.Dropdown>
        <Menu.Item onClick={() => void run("csv")}>{t("As CSV, for spreadsheets")}</Menu.Item>
        <Menu.Item onClick={() => void run("jsonl")}>{t("As JSON lines")}</Menu.Item>
      </Menu.Dropdown>
    </Menu>
  );
}

async function fetched(of: Choice, format: string): Promise<void> {
  const set = Object.entries(of).filter(([, v]) => v !== undefined) as [string, string][];
  const answer = await fetch(`/api/usage/export?${new URLSearchParams([["format", format], ...set])}`, { headers: { Authorization: `Bearer ${token() ?? ""}` } });
  if (!answer.ok) throw new Error(String(answer.status));
  download(await answer.blob(), `metapi-requests.${format}`);
}
