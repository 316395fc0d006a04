import { Button, Group, NumberInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useState } from "react";

import { type Settings as Saved, useCompact, useEditSettings, useRecords } from "../../api/queries";
import { bytes, clock } from "../../format";
import { refused, tell } from "../../ui/notify";
import { Fault, Loaded, Section } from "../../ui/Parts";

const baselines: { value: Saved["baseline"]; label: string }[] = [
  { value: "vendor", label: "The model's vendor, at its list price" },
  { value: "dearest", label: "The dearest account that could serve" },
  { value: "first", label: "The first account in your order" },
];

/** How money is shown, and what savings are counted against. */
export function Money({ settings }: { settings: Saved }) {
  const edit = useEditSettings();
  return (
    <Section title="Money">
      <Stack gap="md">
        <Select
          label="Savings are counted against"
          description="What you would have done without Metapi. It holds for what is past, too."
          data={baselines}
          value={settings.baseline}
          allowDeselect={false}
          onChange={(v) => edit.mutate({ baseline: v as Saved["baseline"] }, { onError: refused })}
        />
        <Currency key={`${settings.currency} ${settings.rate}`} settings={settings} />
        <Select
          label="When a tool seems to have run away"
          description="It sends the same again and again, or uses far more than it ever did."
          data={[
            { value: "off", label: "Do nothing" },
            { value: "tell", label: "Tell me" },
            { value: "pause", label: "Tell me, and pause the tool" },
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
      () => tell(own ? `Money is shown in ${code} now.` : "Money is shown in dollars now."),
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
        <TextInput label="Currency" description="EUR, CNY, … Empty: dollars" value={currency} onChange={(e) => setCurrency(e.currentTarget.value)} maxLength={3} w={190} placeholder="USD" />
        {own && <NumberInput label="Rate" description={`${code} for one dollar`} value={rate} onChange={setRate} min={0} hideControls w={150} />}
        {changed && (
          <Button type="submit" variant="default" disabled={!whole} loading={edit.isPending}>
            Save the currency
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
    { value: "0", label: "For ever" },
    ...[30, 90, 180, 365].filter((d) => d !== settings.keep_days).map((d) => ({ value: String(d), label: `${d} days` })),
    ...(settings.keep_days > 0 ? [{ value: String(settings.keep_days), label: `${settings.keep_days} days` }] : []),
  ];
  return (
    <Section title="Records">
      <Stack gap="md">
        <Select
          label="Keep requests one by one"
          description="What they came to by the hour stays for ever, and with it what Costs shows. What is forgotten cannot be brought back."
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
                  {bytes(r.bytes)} on disk, of which about {bytes(r.free_bytes)} would be given back.
                </Text>
                <Text size="xs" c="dimmed">
                  {r.oldest === undefined ? "No request is kept yet." : `The oldest request is of ${clock(r.oldest, Date.parse(r.oldest) + 86_400_000 * 2)}.`}
                </Text>
              </div>
              <Button variant="default" loading={compact.isPending} onClick={() => compact.mutate(undefined, { onError: refused, onSuccess: (now) => tell(`The records take ${bytes(now.bytes)} now.`) })}>
                Compact
              </Button>
            </Group>
          )}
        </Loaded>
      </Stack>
    </Section>
  );
}
