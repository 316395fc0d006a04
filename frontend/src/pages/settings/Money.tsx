import { Button, Group, NumberInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { type Settings as Saved, useCompact, useEditSettings, useRecords } from "../../api/queries";
import { bytes, clock } from "../../format";
import { refused, tell } from "../../ui/notify";
import { Fault, Loaded, Section } from "../../ui/Parts";
import { plural, t, w } from "../../words";

const baselines: { value: Saved["baseline"]; label: string }[] = [
  { value: "vendor", label: w("The model's vendor, at its list price") },
  { value: "dearest", label: w("The dearest account that could serve") },
  { value: "first", label: w("The first account in your order") },
];

/** How money is shown, and what savings are counted against. */
export function Money({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  return (
    <Section title={t("Money")}>
      <Stack gap="md">
        <Select
          label={t("Savings are counted against")}
          description={t("What you would have done without Metapi. It holds for what is past, too.")}
          data={baselines.map(({ value, label }) => ({ value, label: t(label) }))}
          value={settings.baseline}
          allowDeselect={false}
          onChange={(v) => edit.mutate({ baseline: v as Saved["baseline"] }, { onError: refused })}
        />
        <Currency key={`${settings.currency} ${settings.rate}`} settings={settings} />
        <Select
          label={t("When a tool seems to have run away")}
          description={t("It sends the same again and again, or uses far more than it ever did.")}
          data={[
            { value: "off", label: t("Do nothing") },
            { value: "tell", label: t("Tell me") },
            { value: "pause", label: t("Tell me, and pause the tool") },
          ]}
          value={settings.runaway}
          allowDeselect={false}
          onChange={(v) => edit.mutate({ runaway: v as Saved["runaway"] }, { onError: refused })}
        />
      </Stack>
    </Section>
  );
}

function Currency({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  const [currency, setCurrency] = useState(settings.currency);
  const [rate, setRate] = useState<number | string>(settings.rate || "");
  const code = currency.trim().toUpperCase();
  const own = code !== "" && code !== "USD";
  const whole = code === "" || (/^[A-Z]{3}$/.test(code) && (!own || (typeof rate === "number" && rate > 0)));
  // By its promise: the page begins anew with what was saved.
  const save = () =>
    edit.mutateAsync({ currency: code, ...(own && { rate: Number(rate) }) }).then(
      () => tell(own ? t("Money is shown in {{code}} now.", { code }) : t("Money is shown in dollars now.")),
      () => undefined, // the form shows why
    );
  const changed = code !== settings.currency || (own && rate !== settings.rate);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        void save();
      }}
    >
      <Group align="flex-end" gap="sm">
        <TextInput label={t("Currency")} description={t("EUR, CNY, … Empty: dollars")} value={currency} onChange={(e) => setCurrency(e.currentTarget.value)} maxLength={3} w={190} placeholder="USD" />
        {own && <NumberInput label={t("Rate")} description={t("{{code}} for one dollar", { code })} value={rate} onChange={setRate} min={0} hideControls w={150} />}
        {changed && (
          <Button type="submit" variant="default" disabled={!whole} loading={edit.isPending}>
            {t("Save the currency")}
          </Button>
        )}
      </Group>
      {edit.error && <Fault error={edit.error} />}
    </form>
  );
}

/** How long requests are kept one by one, and what they take. */
export function Records({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  const records = useRecords();
  const compact = useCompact();
  const keep = [
    { value: "0", label: t("For ever") },
    ...[30, 90, 180, 365].filter((d) => d !== settings.keep_days).map((d) => ({ value: String(d), label: plural(d, "day") })),
    ...(settings.keep_days > 0 ? [{ value: String(settings.keep_days), label: plural(settings.keep_days, "day") }] : []),
  ];
  return (
    <Section title={t("Records")}>
      <Stack gap="md">
        <Select
          label={t("Keep requests one by one")}
          description={t("What they came to by the hour stays for ever, and with it what Costs shows. What is forgotten cannot be brought back.")}
          data={keep}
          value={String(settings.keep_days)}
          allowDeselect={false}
          onChange={(v) => edit.mutate({ keep_days: Number(v) }, { onError: refused })}
        />
        <Loaded of={records}>
          {(r) => (
            <Group justify="space-between" gap="sm">
              <div>
                <Text size="sm">
                  {t("{{all}} on disk, of which about {{free}} would be given back.", { all: bytes(r.bytes), free: bytes(r.free_bytes) })}
                </Text>
                <Text size="xs" c="dimmed">
                  {r.oldest === undefined ? t("No request is kept yet.") : t("The oldest request is of {{when}}.", { when: clock(r.oldest, Date.parse(r.oldest) + 86_400_000 * 2) })}
                </Text>
              </div>
              <Button variant="default" loading={compact.isPending} onClick={() => compact.mutate(undefined, { onError: refused, onSuccess: (now) => tell(t("The records take {{size}} now.", { size: bytes(now.bytes) })) })}>
                {t("Compact")}
              </Button>
            </Group>
          )}
        </Loaded>
      </Stack>
    </Section>
  );
}
