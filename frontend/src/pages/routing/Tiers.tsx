import { Button, Group, NumberInput, Stack, TagsInput, Text } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMemo } from "react";

import { useMode, useModels } from "../../api/queries";
import type { Choice } from "../../api/routing";
import { t } from "../../words";

/** Lists of models, one a tier, and the share of each where the mode spreads requests over them. */
export function Tiers({ value, mode, onChange }: { value: Choice[][]; mode: string | undefined; onChange: (tiers: Choice[][]) => void }) {
  const { data } = useModels();
  const { data: everywhere } = useMode();
  const names = useMemo(() => [...new Set((data ?? []).filter((m) => m.gone === undefined).flatMap((m) => [m.model, `${m.account}/${m.name}`]))].sort(), [data]);
  const known = new Map(value.flat().map((c) => [c.model, c]));
  const tiers = value.length > 0 ? value : [[]];
  const put = (at: number, tier: Choice[]) => onChange(tiers.map((old, i) => (i === at ? tier : old)));
  const spreads = (mode || everywhere?.mode) === "balance";
  return (
    <Stack gap="xs">
      {tiers.map((tier, i) => (
        <div key={i}>
          <TagsInput
            label={i === 0 ? t("Models that serve") : i === 1 ? t("Where none of them can") : t("Where none of those can either")}
            description={i === 0 ? t("In your order; of your own models, or account/model. None: the model that was asked for.") : undefined}
            data={names}
            limit={50}
            maxDropdownHeight={220}
            acceptValueOnBlur
            clearable
            value={tier.map((c) => c.model)}
            onChange={(list) => put(i, list.map((model) => known.get(model) ?? { model }))}
          />
          {tier.length > 1 && (spreads || tier.some((c) => c.weight)) && (
            <Group gap="xs" mt={6} role="group" aria-label={t("Shares")}>
              {tier.map((c) => (
                <NumberInput
                  key={c.model}
                  size="xs"
                  w={150}
                  label={t("Share of {{model}}", { model: c.model })}
                  placeholder="1"
                  min={0}
                  value={c.weight || ""}
                  onChange={(v) => put(i, tier.map((o) => (o.model !== c.model ? o : typeof v === "number" && v > 0 ? { ...o, weight: v } : { model: o.model })))}
                />
              ))}
              <Text size="xs" c="dimmed">
                {t("With shares of 3 and 1, the first gets about three of four requests. They count in the mode that balances the load.")}
              </Text>
            </Group>
          )}
        </div>
      ))}
      {tiers.at(-1)!.length > 0 && (
        <Button size="compact-xs" variant="subtle" style={{ alignSelf: "flex-start" }} leftSection={<IconPlus size={14} />} onClick={() => onChange([...tiers, []])}>
          {t("And where none of them can")}
        </Button>
      )}
    </Stack>
  );
}
