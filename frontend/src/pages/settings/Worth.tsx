import { NumberInput, SegmentedControl, Stack, Text } from "@mantine/core";

import { useEditSettings, type Settings } from "../../api/queries";
import { refused } from "../../ui/notify";
import { Section } from "../../ui/Parts";
import { t, w } from "../../words";
import { Row } from "./Rows";

/** What answers and an hour of waiting are worth to people in a hurry, or not, in dollars; the command line has the same. */
const presets = [
  { name: w("Thrifty"), answer: 0.02, hour: 1 },
  { name: w("Balanced"), answer: 0.2, hour: 2 },
  { name: w("Careful"), answer: 2, hour: 20 },
];

const own = w("My own");

/** Asks what answers and waiting are worth to the user: automatic mode weighs them, and cheapest mode must know how much worse is good enough. */
export function Worth({ settings }: { settings: Settings }) {
  const edit = useEditSettings();
  const hour = Math.round(settings.second_usd * 360_000) / 100;
  const preset = presets.find((p) => p.answer === settings.answer_usd && p.hour === hour)?.name ?? own;
  const change = (body: Parameters<typeof edit.mutate>[0]) => edit.mutate(body, { onError: refused });
  return (
    <Section title={t("What answers are worth to you")}>
      <Stack gap="md">
        <Text size="sm" c="dimmed">
          {t("Automatic mode weighs how good an answer will be against its cost and the wait. Worth more: better and dearer models. A dearer hour: faster ones.")}
        </Text>
        <SegmentedControl
          aria-label={t("What answers and waiting are worth")}
          data={[...presets.map((p) => p.name), ...(preset === own ? [own] : [])].map((name) => ({ value: name, label: t(name) }))}
          value={preset}
          onChange={(name) => {
            const p = presets.find((q) => q.name === name);
            if (p !== undefined) change({ answer_usd: p.answer, second_usd: p.hour / 3600 });
          }}
        />
        <Amount key={`answer ${settings.answer_usd}`} label={t("A right answer is worth")} unit="$" value={settings.answer_usd} max={1000} step={0.1} save={(v) => change({ answer_usd: v })} />
        <Amount
          key={`hour ${hour}`}
          label={t("An hour of waiting costs me")}
          about={t("A second: ${{usd}}.", { usd: settings.second_usd.toFixed(5) })}
          unit="$"
          value={hour}
          max={36_000}
          step={1}
          save={(v) => change({ second_usd: v / 3600 })}
        />
        <Amount
          key={`tolerance ${settings.tolerance}`}
          label={t("Good enough for the cheapest mode")}
          about={t("Of several models, the cheapest of those that are expected to be at least this good, compared with the best. 0 takes the cheapest, however bad.")}
          unit="%"
          value={Math.round(settings.tolerance * 1000) / 10}
          max={100}
          step={1}
          save={(v) => change({ tolerance: v / 100 })}
        />
      </Stack>
    </Section>
  );
}

/** A figure that is saved when the user leaves it. */
function Amount({ label, about, unit, value, max, step, save }: { label: string; about?: string; unit: "$" | "%"; value: number; max: number; step: number; save: (v: number) => void }) {
  const commit = (text: string) => {
    const v = parseFloat(text.replace(/[^0-9.]/g, ""));
    if (Number.isFinite(v) && v <= max && v !== value) save(v);
  };
  return (
    <Row name={label} about={about}>
      <NumberInput
        aria-label={label}
        defaultValue={unit === "$" && Number.isInteger(Math.round(value * 1e6) / 1e4) ? value.toFixed(2) : value}
        min={0}
        max={max}
        step={step}
        w={120}
        allowNegative={false}
        prefix={unit === "$" ? "$" : ""}
        suffix={unit === "%" ? " %" : ""}
        onBlur={(e) => commit(e.currentTarget.value)}
        onKeyDown={(e) => {
          if (e.key === "Enter") commit(e.currentTarget.value);
        }}
      />
    </Row>
  );
}
