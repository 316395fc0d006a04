import { Anchor, Text } from "@mantine/core";
import { Link } from "wouter";

import { useSettings } from "../api/queries";
import { t } from "../words";

/** Says by which rate money is shown, where that is not in dollars. */
export function RateNote() {
  const { data: s } = useSettings();
  if (s === undefined || s.currency === "" || s.currency === "USD" || s.rate <= 0) return null;
  return (
    <Text size="xs" c="dimmed">
      {t("Shown in {{currency}} at your rate of {{rate}} for a dollar.", { currency: s.currency, rate: String(s.rate) })}{" "}
      <Anchor component={Link} href="/settings" size="xs" underline="always">
        {t("Change it")}
      </Anchor>
    </Text>
  );
}
