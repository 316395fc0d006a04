import { Box, Group, Text } from "@mantine/core";
import { IconArrowRight, IconCheck, IconX } from "@tabler/icons-react";

import type { Schemas } from "../../api/client";
import { duration, fromNanos, money } from "../../format";
import { protocolName } from "../../ui/protocols";
import { say, t } from "../../words";
import "./waterfall.css";

type Attempt = Schemas["Attempt"];
type How = "served" | "failed" | "lost";

const signs = { served: IconCheck, failed: IconX, lost: IconArrowRight };

/** A race of two ends for one of them: who lost it has not failed. */
const howOf = (a: Attempt): How => (a.kind === "hedged" ? "lost" : a.kind ? "failed" : "served");

/** The tries of a request on one axis of time. What the bars show stands in words below each, for who cannot see them. */
export function Waterfall({ attempts, took, name }: { attempts: Attempt[]; took: number; name: (account: string) => string }) {
  const whole = Math.max(1, took, ...attempts.map((a) => fromNanos(a.start + a.took)));
  const at = (ms: number) => `${Math.min(100, (100 * ms) / whole)}%`;
  return (
    <Box className="waterfall">
      <Group justify="space-between" aria-hidden>
        <Text size="xs" c="dimmed">
          0
        </Text>
        <Text size="xs" c="dimmed">
          <span className="waterfall-key" data-part="waits" /> {t("waits for the first token")} <span className="waterfall-key" data-part="answers" /> {t("is answered")}
        </Text>
        <Text size="xs" c="dimmed">
          {duration(whole)}
        </Text>
      </Group>
      <ol>
        {attempts.map((a, i) => {
          const how = howOf(a);
          const Sign = signs[how];
          const [begun, ended] = [fromNanos(a.start), fromNanos(a.start + a.took)];
          const first = a.first_byte ? begun + fromNanos(a.first_byte) : ended;
          return (
            <li key={i} data-how={how}>
              <div className="waterfall-track" aria-hidden>
                <i data-part="queued" style={{ width: at(begun) }} />
                <i data-part="waits" style={{ left: at(begun), width: at(first - begun) }} />
                <i data-part="answers" style={{ left: at(first), width: at(ended - first) }} />
              </div>
              <Group gap={6} wrap="nowrap">
                <Sign size={15} className="waterfall-sign" aria-hidden />
                <Text size="sm" fw={600}>
                  {name(a.account)}
                </Text>
              </Group>
              <Words of={a} how={how} />
            </li>
          );
        })}
      </ol>
    </Box>
  );
}

function Words({ of: a, how }: { of: Attempt; how: How }) {
  const facts = [
    t("as {{model}}", { model: a.upstream }),
    a.via && t("translated to {{protocol}}", { protocol: protocolName(a.via) }),
    a.mends?.length && t("mended for this provider: {{mends}}", { mends: a.mends.join(", ") }),
    a.status ? `HTTP ${a.status}` : t("no answer"),
    t("began after {{duration}}", { duration: duration(fromNanos(a.start)) }),
    t("took {{duration}}", { duration: duration(fromNanos(a.took)) }),
    a.first_byte && t("first token after {{duration}}", { duration: duration(fromNanos(a.first_byte)) }),
    a.finish && t("ended: {{how}}", { how: a.finish }),
  ];
  const used = a.usage && a.usage.input + a.usage.cache_read + a.usage.output > 0;
  const spent = a.cost && money({ usd: a.cost.unknown ? null : a.cost.usd, estimated: a.cost.estimated });
  return (
    <>
      {a.error !== undefined && (
        <Text size="sm" c={how === "lost" ? "dimmed" : "var(--mantine-color-error)"}>
          {how === "lost" ? t("Hedged: {{why}}", { why: say(a.error) }) : say(a.error)}
        </Text>
      )}
      <Text size="xs" c="dimmed">
        {facts.filter(Boolean).join(" · ")}
      </Text>
      {used && spent && (
        <Text size="xs" c="dimmed">
          {[how === "served" ? spent : how === "lost" ? t("hedged: lost, {{money}}", { money: spent }) : t("may be billed: {{money}}", { money: spent }), a.cost?.told_by !== undefined && t("told by {{who}}", { who: a.cost.told_by })].filter(Boolean).join(", ")}
        </Text>
      )}
    </>
  );
}
