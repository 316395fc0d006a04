import { Alert, Box, Button, Code, Group, Text } from "@mantine/core";
import { useRef, useState } from "react";

import { type Routing, useSaveRouting } from "../../api/routing";
import { refused, tell } from "../../ui/notify";
import { Section } from "../../ui/Parts";
import { say, t, Trans } from "../../words";
import { faultIn, useFault } from "./useFault";

const lineHeight = 20; // pixels

/** The file itself, beside the forms: what one changes is shown by the other. */
export function RoutingText({ routing }: { routing: Routing }) {
  const [draft, setDraft] = useState<{ text: string; version: string }>();
  const [top, setTop] = useState(0);
  const save = useSaveRouting();
  const field = useRef<HTMLTextAreaElement>(null);
  const text = draft?.text ?? routing.text;
  const checked = useFault("text", draft?.text);
  const fault = draft !== undefined ? checked : routing.fault;
  const lines = text.split("\n").length;
  const stale = draft !== undefined && draft.version !== routing.version;

  const keep = () => {
    if (draft === undefined || save.isPending) return;
    save.mutate(draft, {
      onSuccess: () => {
        setDraft(undefined);
        tell(t("routing.yaml is saved, and in force."));
      },
      onError: refused,
    });
  };
  const goTo = (line: number) => {
    const from = text.split("\n").slice(0, line - 1).join("\n").length + (line > 1 ? 1 : 0);
    field.current?.focus();
    field.current?.setSelectionRange(from, from + (text.split("\n")[line - 1]?.length ?? 0));
    field.current?.scrollTo({ top: (line - 6) * lineHeight });
  };

  return (
    <Section
      title="routing.yaml"
      actions={
        <Group gap="xs" wrap="nowrap">
          <Button size="xs" variant="default" disabled={draft === undefined} onClick={() => setDraft(undefined)}>
            {t("Revert")}
          </Button>
          <Button size="xs" disabled={draft === undefined || fault !== undefined} loading={save.isPending} onClick={keep}>
            {t("Save")}
          </Button>
        </Group>
      }
    >
      <Text size="xs" c="dimmed" mb="xs">
        <Trans
          text="<path>{{path}}</path> is yours: change it here, in the forms or in any editor. Comments and order stay."
          parts={{ path: <Code style={{ overflowWrap: "anywhere" }} /> }}
          values={{ path: routing.path }}
        />
      </Text>
      <Box className="yaml" data-fault={fault !== undefined || undefined}>
        <Box aria-hidden className="yaml-lines">
          <div style={{ transform: `translateY(${-top}px)` }}>
            {Array.from({ length: lines }, (_, i) => (
              <div key={i} data-fault={fault?.line === i + 1 || undefined}>
                {fault?.line === i + 1 ? (
                  <button type="button" tabIndex={-1} title={say(fault.message)} onClick={() => goTo(i + 1)}>
                    ✕ {i + 1}
                  </button>
                ) : (
                  i + 1
                )}
              </div>
            ))}
          </div>
        </Box>
        <Box className="yaml-text">
          {fault?.line !== undefined && <div aria-hidden className="yaml-mark" style={{ top: 8 + (fault.line - 1) * lineHeight - top }} />}
          <textarea
            ref={field}
            aria-label={t("Text of routing.yaml")}
            aria-invalid={fault !== undefined}
            aria-describedby={fault !== undefined ? "yaml-fault" : undefined}
            spellCheck={false}
            autoCapitalize="off"
            wrap="off"
            placeholder={t("# Nothing yet. A rule looks like this:\n# rules:\n# - name: long context\n#   when: tokens > 150000\n#   models: [gemini-2.5-pro]")}
            value={text}
            onChange={(e) => setDraft({ text: e.currentTarget.value, version: draft?.version ?? routing.version })}
            onScroll={(e) => setTop(e.currentTarget.scrollTop)}
            onKeyDown={(e) => {
              if ((e.ctrlKey || e.metaKey) && e.key === "s") {
                e.preventDefault();
                if (fault === undefined) keep();
              }
            }}
          />
        </Box>
      </Box>
      {fault !== undefined && (
        <Alert color="red" mt="xs" id="yaml-fault" role="alert" title={fault.line !== undefined ? faultIn(fault, true) : t("Something is wrong with it")}>
          <Text size="sm" style={{ overflowWrap: "anywhere" }}>
            {say(fault.message)}
          </Text>
          <Group justify="space-between" mt={4}>
            <Text size="xs">{t("What was good last stays in force.")}</Text>
            {fault.line !== undefined && (
              <Button size="compact-xs" variant="default" onClick={() => goTo(fault.line!)}>
                {t("Go to the line")}
              </Button>
            )}
          </Group>
        </Alert>
      )}
      {stale && (
        <Alert color="yellow" mt="xs" title={t("The file has changed meanwhile")}>
          <Text size="sm">{t("Yours will not be saved over it. Copy what you need, and revert to see what it says now.")}</Text>
        </Alert>
      )}
    </Section>
  );
}
