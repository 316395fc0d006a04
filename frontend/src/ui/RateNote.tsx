import { Anchor, Text } from "@mantine/core";
import { Link } from "wouter";

import { useSettings } from "../api/queries";

/** Says by which rate money is shown, where that is not in dollars. */
export function RateNote() {
  const { data: s } = useSettings();
  if (s === undefined || s.currency === "" || s.currency === "USD" || s.rate <= 0) return null;
  return (
    <Text size="xs" c="dimmed">
      Shown in {s.currency} at your rate of {s.rate} for a dollar.{" "}
      <Anchor component={Link} href="/settings" size="xs" underline="always">
        Change it
      </Anchor>
    </Text>
  );
}
