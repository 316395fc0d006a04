import { Box, Code, Group, SegmentedControl, Select, Stack, Text } from "@mantine/core";
import { useMediaQuery } from "@mantine/hooks";
import { useQuery } from "@tanstack/react-query";
import { useState } from "react";

import { clientKey, type Client, type Model, useModels, useStatus } from "../../api/queries";
import { CopyButton } from "../../ui/Copy";
import { Loaded } from "../../ui/Parts";
import { talks } from "../../ui/protocols";
import { recipes } from "./recipes";

/** How to point a tool at Metapi, with its own key and this address filled in; fixed: it is chosen elsewhere which. */
export function Recipes({ keyOf, first, fixed }: { keyOf: Client; first?: string; fixed?: boolean }) {
  const key = useQuery({ queryKey: ["key", keyOf.id], queryFn: () => clientKey(keyOf.id), gcTime: 0 });
  const { data: status } = useStatus();
  const [id, setID] = useState(first ?? guess(keyOf.name));
  const narrow = useMediaQuery("(max-width: 50em)");
  const recipe = recipes.find((r) => r.id === id) ?? recipes[0]!;
  const at = status?.addresses?.[0] ?? "127.0.0.1:4747";
  const { data: models } = useModels();
  const text = (key: string) => recipe.text({ at, key, model: talker(models ?? []), windows: navigator.userAgent.includes("Windows") });
  const options = recipes.map((r) => ({ value: r.id, label: r.name }));
  return (
    <Loaded of={key}>
      {({ key }) => (
        <Stack gap="sm">
          {fixed ? null : narrow ? (
            <Select aria-label="Which tool" data={options} value={id} onChange={(v) => v !== null && setID(v)} allowDeselect={false} />
          ) : (
            <SegmentedControl aria-label="Which tool" size="xs" data={options} value={id} onChange={setID} />
          )}
          <Text size="sm">{recipe.how}</Text>
          <Code block fz="sm" style={{ whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} tabIndex={0} aria-label={`Set-up of ${recipe.name}`}>
            {text(key)}
          </Code>
          <Group justify="space-between">
            <Box>
              <Text size="xs" c="dimmed">
                Then ask the tool something: the request appears under Requests.
              </Text>
            </Box>
            <Group gap="xs">
              <CopyButton text={key}>Copy the key</CopyButton>
              <CopyButton text={text(key)}>Copy the set-up</CopyButton>
            </Group>
          </Group>
        </Stack>
      )}
    </Loaded>
  );
}

/** The name of a model that can be talked to, for who has not chosen one. */
function talker(models: Model[]): string {
  const able = models.filter((m) => m.gone === undefined && talks(m.protocols));
  return able[0]?.name ?? "MODEL-NAME";
}

function guess(name: string): string {
  const plain = name.toLowerCase();
  return recipes.find((r) => plain.includes(r.id.split("-")[0]!))?.id ?? "curl";
}
