import { Chip, Code, Group, Stack, Text } from "@mantine/core";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { clientKey, type Client, useModels, useNewestOf, useNow, useStatus } from "../../api/queries";
import { ago } from "../../format";
import { CopyButton } from "../../ui/Copy";
import { Loaded } from "../../ui/Parts";
import { talkers } from "../../ui/talkers";
import { t } from "../../words";
import { recipeFor, recipes } from "./recipes";

/** How to point a tool at Metapi, with its own key and this address filled in; fixed: it is chosen elsewhere which. */
export function Recipes({ keyOf, first, fixed }: { keyOf: Client; first?: string; fixed?: boolean }) {
  const key = useQuery({ queryKey: ["key", keyOf.id], queryFn: () => clientKey(keyOf.id), gcTime: 0 });
  const { data: status } = useStatus();
  const { data: models } = useModels();
  const { data: newest } = useNewestOf(keyOf.id);
  const now = useNow(false);
  const [id, setID] = useState(first ?? recipeFor(keyOf.name));
  const recipe = recipes.find((r) => r.id === id) ?? recipes[0]!;
  const [model] = [...talkers(models ?? []).values()].flat(); // for who has not chosen one
  const text = (key: string) =>
    recipe.text({
      at: status?.addresses?.[0] ?? "127.0.0.1:4747",
      key,
      model: model?.name ?? "MODEL-NAME",
      context: model?.context ?? 128_000,
      windows: navigator.userAgent.includes("Windows"),
    });
  return (
    <Loaded of={key}>
      {({ key }) => (
        <Stack gap="sm">
          {!fixed && <WhichTool id={id} choose={setID} />}
          <Text size="sm">{t(recipe.how)}</Text>
          <Code block fz="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} tabIndex={0} aria-label={t("Set-up of {{name}}", { name: t(recipe.name) })}>
            {text(key)}
          </Code>
          <Group justify="space-between">
            <Text size="xs" c="dimmed" aria-live="polite">
              {newest ? t("Its last request came {{ago}}.", { ago: ago(newest.start, now) }) : t("Then ask the tool something: the request appears under Requests.")}
            </Text>
            <Group gap="xs">
              <CopyButton text={key}>{t("Copy the key")}</CopyButton>
              <CopyButton text={text(key)}>{t("Copy the set-up")}</CopyButton>
            </Group>
          </Group>
        </Stack>
      )}
    </Loaded>
  );
}

export function WhichTool({ id, choose }: { id: string; choose: (id: string) => void }) {
  return (
    <Chip.Group value={id} onChange={(v) => choose(v as string)}>
      <Group gap="xs" role="radiogroup" aria-label={t("Which tool")}>
        {recipes.map((r) => (
          <Chip key={r.id} value={r.id}>
            {t(r.name)}
          </Chip>
        ))}
      </Group>
    </Chip.Group>
  );
}
