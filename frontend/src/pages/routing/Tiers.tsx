import { Button, Stack, TagsInput } from "@mantine/core";
import { IconPlus } from "@tabler/icons-react";
import { useMemo } from "react";

import { useModels } from "../../api/queries";
import type { Choice } from "../../api/routing";

/** Lists of models, one a tier. What stands behind a name in the text (its weight) stays with it. */
export function Tiers({ value, onChange }: { value: Choice[][]; onChange: (tiers: Choice[][]) => void }) {
  const { data } = useModels();
  const names = useMemo(() => [...new Set((data ?? []).filter((m) => m.gone === undefined).flatMap((m) => [m.model, `${m.account}/${m.name}`]))].sort(), [data]);
  const weights = new Map(value.flat().map((c) => [c.model, c]));
  const tiers = value.length > 0 ? value : [[]];
  return (
    <Stack gap="xs">
      {tiers.map((tier, i) => (
        <TagsInput
          key={i}
          label={i === 0 ? "Models that serve" : i === 1 ? "Where none of them can" : "Where none of those can either"}
          description={i === 0 ? "In your order; of your own models, or account/model. None: the model that was asked for." : undefined}
          data={names}
          limit={50}
          maxDropdownHeight={220}
          acceptValueOnBlur
          clearable
          value={tier.map((c) => c.model)}
          onChange={(list) => onChange(tiers.map((t, j) => (j === i ? list.map((model) => weights.get(model) ?? { model }) : t)))}
        />
      ))}
      {tiers.at(-1)!.length > 0 && (
        <Button size="compact-xs" variant="subtle" style={{ alignSelf: "flex-start" }} leftSection={<IconPlus size={14} />} onClick={() => onChange([...tiers, []])}>
          And where none of them can
        </Button>
      )}
    </Stack>
  );
}
