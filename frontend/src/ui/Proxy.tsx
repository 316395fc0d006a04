import { Input, SegmentedControl, Stack, TextInput } from "@mantine/core";
import { useId } from "react";

import { t, w } from "../words";

/** How to connect, in the words of the API: "" (as in the settings), "system", "direct", or a proxy's URL. */
export function ProxyField({ value, onChange, follows, error }: { value: string; onChange: (v: string) => void; follows: boolean; error?: string }) {
  const id = useId();
  const kind = value === "" || value === "system" || value === "direct" ? value : "url";
  const kinds = [
    ...(follows ? [{ value: "", label: t("As in Settings") }] : []),
    { value: "system", label: t("System") },
    { value: "direct", label: t("No proxy") },
    { value: "url", label: t("A proxy") },
  ];
  return (
    <Stack gap="xs">
      <Input.Wrapper label={t("Proxy")} labelProps={{ id }} description={t(about[kind])}>
        <SegmentedControl aria-labelledby={id} mt={6} fullWidth size="xs" data={kinds} value={kind} onChange={(k) => onChange(k === "url" ? "http://" : k)} />
      </Input.Wrapper>
      {kind === "url" && (
        <TextInput
          aria-label={t("Address of the proxy")}
          placeholder="http://name:password@proxy.example:8080"
          description={t("http://, https:// or socks5://. A password is kept with your keys, and shown as ***.")}
          value={value}
          onChange={(e) => onChange(e.currentTarget.value || "http://")}
          error={error}
          inputMode="url"
          autoComplete="off"
          spellCheck={false}
        />
      )}
    </Stack>
  );
}

const about = {
  "": w("What Settings say for all accounts."),
  system: w("What this computer is set to, its script (PAC) included."),
  direct: w("Straight to the server."),
  url: w("Through this one. What goes by https stays closed to it."),
};
