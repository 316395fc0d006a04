import { Box, Group, NumberInput, Switch, Text } from "@mantine/core";
import { type ReactNode, useState } from "react";

/** Where a setting stands, so that a link to it finds it. */
export const rowID = (setting: string) => `setting-${setting}`;

/** A setting that is on or off. */
export function Choice({ name, about, checked, disabled, change }: { name: string; about: string; checked: boolean; disabled?: boolean; change: (on: boolean) => void }) {
  return <Switch label={name} description={about} checked={checked} disabled={disabled} onChange={(e) => change(e.currentTarget.checked)} labelPosition="left" styles={{ body: { justifyContent: "space-between" } }} />;
}

/** A setting with its name at the left and what changes it at the right. */
export function Row({ name, about, children }: { name: string; about?: string; children: ReactNode }) {
  return (
    <Group justify="space-between" wrap="wrap" gap="sm">
      <Box style={{ flex: 1, minWidth: 220 }}>
        <Text size="sm" fw={550}>
          {name}
        </Text>
        {about !== undefined && (
          <Text size="xs" c="dimmed">
            {about}
          </Text>
        )}
      </Box>
      {children}
    </Group>
  );
}

/** A number that is saved when the field is left, or Enter is pressed. */
export function Limit({ label, value, max, dollars, disabled, save }: { label: string; value: number; max: number; dollars?: boolean; disabled?: boolean; save: (v: number) => void }) {
  const [typed, setTyped] = useState<number | string>(value);
  const valid = typeof typed === "number" && typed >= 0 && typed <= max;
  const done = () => {
    if (valid && typed !== value) save(typed);
    if (!valid) setTyped(value);
  };
  return (
    <NumberInput
      label={label}
      value={typed}
      onChange={setTyped}
      onBlur={done}
      onKeyDown={(e) => e.key === "Enter" && done()}
      min={0}
      max={max}
      step={dollars ? 0.01 : 10}
      allowDecimal={dollars ?? false}
      allowNegative={false}
      prefix={dollars ? "$" : undefined}
      disabled={disabled}
      error={!valid}
    />
  );
}
