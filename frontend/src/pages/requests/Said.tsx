import { Box, Button, Code, Group, Text, Title } from "@mantine/core";
import { useMemo, useState } from "react";

import type { Schemas } from "../../api/client";
import { bytes } from "../../format";
import { CopyIcon } from "../../ui/Copy";
import { t } from "../../words";

/** What was said, where that was captured. */
export function Said({ of: said }: { of: Schemas["Captured"] }) {
  return (
    <Box>
      <Title order={3} size="h5" mb={4}>
        {t("What was said")}
      </Title>
      <Side name={t("Prompt")} copied={t("the prompt")} of={said.request} />
      <Side name={t("Reply")} copied={t("the reply")} note={said.stream ? t("put together from its stream") : undefined} of={said.reply} />
      <Text size="xs" c="dimmed">
        {t("Keys were taken out before it was kept, as far as they could be told.")}
      </Text>
    </Box>
  );
}

/** As many characters as are drawn before anybody asks for more: a prompt may be megabytes. */
const atFirst = 20_000;

function Side({ name, copied, note, of: side }: { name: string; copied: string; note?: string; of: Schemas["Side"] }) {
  const [all, setAll] = useState(false);
  const text = useMemo(() => indented(side.text), [side.text]);
  const long = text.length > atFirst && !all;
  return (
    <Box mb="xs">
      <Group justify="space-between">
        <Text size="sm">{[name, bytes(side.size), note, side.cut && t("this is the beginning of it")].filter(Boolean).join(" · ")}</Text>
        <CopyIcon text={side.text} label={copied} />
      </Group>
      <Code block mah={320} style={{ overflow: "auto", whiteSpace: "pre-wrap", overflowWrap: "anywhere" }} tabIndex={0} aria-label={name}>
        {long ? text.slice(0, atFirst) : text || t("(nothing)")}
      </Code>
      {long && (
        <Button size="compact-xs" variant="subtle" mt={4} onClick={() => setAll(true)}>
          {t("Show all of it")}
        </Button>
      )}
    </Box>
  );
}

/** JSON as people read it; anything else as it is. */
function indented(text: string): string {
  try {
    return JSON.stringify(JSON.parse(text), null, 2);
  } catch {
    return text;
  }
}
