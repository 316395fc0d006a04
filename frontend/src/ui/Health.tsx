// How accounts and models have done lately, as small pictures with their words beside them.
import { Box, Group, Text, Tooltip } from "@mantine/core";

import type { Schemas } from "../api/client";
import type { Vitals } from "../api/queries";
import { ago, count, duration } from "../format";
import { say, t } from "../words";
import { inWords, percent, place, waits } from "./healthWords";

const track = { borderRadius: 3, overflow: "hidden", flexShrink: 0, position: "relative" } as const;

/** How many attempts were answered: the part that failed is red. */
function Answered({ share }: { share: number }) {
  return (
    <Box w={40} h={6} bg={share < 1 ? "red" : "teal"} style={track} aria-hidden>
      <Box h="100%" w={`${100 * Math.min(share, share < 1 ? 0.96 : 1)}%`} bg="teal" />
    </Box>
  );
}

/** From how long half of the answers take to how long 19 of 20 do, between a tenth of a second and a minute. */
function Span({ half, most }: { half: number; most: number }) {
  const from = 94 * place(half);
  return (
    <Box w={64} h={6} bg="var(--mantine-color-default-border)" style={track} aria-hidden>
      <Box h="100%" bg="var(--mantine-primary-color-filled)" style={{ position: "absolute", left: `${from}%`, width: `${Math.max(6, 94 * place(most) + 6 - from)}%`, borderRadius: 3 }} />
    </Box>
  );
}

const between = (half: number, most: number) => (duration(half) === duration(most) ? duration(most) : t("{{from}} to {{to}}", { from: duration(half), to: duration(most) }));

/** One line of it; slim leaves all but one figure to the tooltip. Nothing where nothing is known. */
export function Lately({ of: v, name, slim }: { of: Vitals; name?: string; slim?: boolean }) {
  if (v.available === undefined) return null;
  const wait = waits(v);
  const words = (text: string) => (
    <Text size={slim ? "xs" : "sm"} c="dimmed" className="nowrap">
      {text}
    </Text>
  );
  return (
    <Tooltip label={inWords(v)} multiline maw={360}>
      <Group gap={slim ? 6 : "xs"} mt={slim ? 2 : 4} w="fit-content" wrap={slim ? "nowrap" : "wrap"} style={{ rowGap: 2 }} tabIndex={0} role="img" aria-label={`${name ? `${name}: ` : ""}${inWords(v)}`}>
        {name !== undefined && words(name)}
        <Group gap="xs" wrap="nowrap">
          <Answered share={v.available} />
          {words(slim ? percent(v.available) : t("{{share}} answered lately", { share: percent(v.available) }))}
        </Group>
        {wait !== undefined && (
          <Group gap="xs" wrap="nowrap">
            <Span half={wait.half} most={wait.most} />
            {!slim && words(t(wait.what, { time: between(wait.half, wait.most) }))}
          </Group>
        )}
        {!slim && v.tokens_per_second !== undefined && words(t("{{n}} tokens/s", { n: count(Math.round(v.tokens_per_second)) }))}
      </Group>
    </Tooltip>
  );
}

const day = 24 * 3600_000;

/** What went wrong last, while it is not long past. */
export function LastError({ of: e, now }: { of: Schemas["AttemptError"]; now: number }) {
  if (now - Date.parse(e.at) > day) return null;
  return (
    <Text size="xs" c="dimmed" mt={2} lineClamp={2} title={say(e.message)}>
      {t("Last failure {{ago}}: {{what}}", { ago: ago(e.at, now), what: say(e.message) })}
    </Text>
  );
}
