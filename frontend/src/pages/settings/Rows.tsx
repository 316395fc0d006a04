import { Box, Group, Switch, Text } from "@mantine/core";
import type { ReactNode } from "react";

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
