import { ActionIcon, Badge, Box, Button, Card, Code, Group, Stack, Switch, Text, Tooltip } from "@mantine/core";
import { IconArrowDown, IconArrowUp, IconGripVertical, IconPencil, IconPlus, IconRoute, IconTrash } from "@tabler/icons-react";
import { useState } from "react";

import { type Routing, type Rule, useEditRouting } from "../../api/routing";
import { refused } from "../../ui/notify";
import { Empty, Section } from "../../ui/Parts";
import { RuleForm } from "./RuleForm";
import { ruleInWords } from "./words";

/** The rules as cards, in the order in which they count. */
export function Rules({ routing, undoable }: { routing: Routing; undoable: (what: string) => void }) {
  const [open, setOpen] = useState<Rule | "new">();
  const [dragged, setDragged] = useState<number>();
  const edit = useEditRouting();
  const rules = routing.rules ?? [];
  const { version } = routing;
  const move = (from: number, to: number) => to >= 0 && to < rules.length && from !== to && edit.mutate({ version, name: rules[from]!.name, to }, { onError: refused });

  return (
    <Section
      title="Rules"
      actions={
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={routing.fault !== undefined} onClick={() => setOpen("new")}>
          Add a rule
        </Button>
      }
    >
      {routing.fault !== undefined ? (
        <Text size="sm">routing.yaml has a fault, so that it cannot be shown in forms. Mend it in the text; what was good last stays in force.</Text>
      ) : rules.length === 0 ? (
        <Empty icon={IconRoute} title="No rule yet">
          Without rules, the mode alone decides. Switch a ready rule on below, or add one of your own: say when it holds, and which models serve then.
        </Empty>
      ) : (
        <>
          <Text size="xs" c="dimmed" mb="xs">
            All that hold apply. Of the models to use, and of modes, the first that says one counts.
          </Text>
          <Stack component="ol" gap="xs" p={0} m={0} style={{ listStyle: "none" }}>
            {rules.map((r, i) => (
              <li
                key={r.name}
                draggable
                onDragStart={() => setDragged(i)}
                onDragOver={(e) => dragged !== undefined && e.preventDefault()}
                onDrop={() => {
                  if (dragged !== undefined) move(dragged, i);
                  setDragged(undefined);
                }}
                onDragEnd={() => setDragged(undefined)}
              >
                <Card component="article" withBorder padding="xs" aria-label={r.name} opacity={dragged === i ? 0.5 : 1}>
                  <Group wrap="nowrap" align="flex-start" gap="xs">
                    <Box c="dimmed" aria-hidden style={{ cursor: "grab" }} pt={3}>
                      <IconGripVertical size={16} />
                    </Box>
                    <Box style={{ flex: 1, minWidth: 0 }}>
                      <Group gap="xs">
                        <Text fw={600} size="sm">
                          {r.name}
                        </Text>
                        {r.off && (
                          <Badge variant="default" tt="none">
                            off
                          </Badge>
                        )}
                      </Group>
                      <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
                        {r.when ? (
                          <>
                            When <Code>{r.when}</Code>
                          </>
                        ) : (
                          "Always"
                        )}
                      </Text>
                      <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                        {ruleInWords(r)}
                      </Text>
                    </Box>
                    <Group gap={2} wrap="nowrap">
                      <Switch
                        size="sm"
                        checked={!r.off}
                        aria-label={`${r.name} is on`}
                        onChange={(e) => {
                          const { off: _, ...rest } = r;
                          edit.mutate({ version, name: r.name, rule: e.currentTarget.checked ? rest : { ...rest, off: true } }, { onError: refused });
                        }}
                      />
                      <Do label={`Move ${r.name} up`} icon={<IconArrowUp size={16} />} disabled={i === 0} onClick={() => move(i, i - 1)} />
                      <Do label={`Move ${r.name} down`} icon={<IconArrowDown size={16} />} disabled={i === rules.length - 1} onClick={() => move(i, i + 1)} />
                      <Do label={`Change ${r.name}`} icon={<IconPencil size={16} />} onClick={() => setOpen(r)} />
                      <Do
                        label={`Remove ${r.name}`}
                        icon={<IconTrash size={16} />}
                        onClick={() => edit.mutate({ version, name: r.name, remove: "rule" }, { onError: refused, onSuccess: () => undoable(`The rule ${r.name} is removed.`) })}
                      />
                    </Group>
                  </Group>
                </Card>
              </li>
            ))}
          </Stack>
        </>
      )}
      {open !== undefined && <RuleForm routing={routing} rule={open === "new" ? undefined : open} close={() => setOpen(undefined)} />}
    </Section>
  );
}

export function Do({ label, icon, disabled, onClick }: { label: string; icon: React.ReactNode; disabled?: boolean; onClick: () => void }) {
  return (
    <Tooltip label={label}>
      <ActionIcon variant="subtle" color="gray" aria-label={label} disabled={disabled} onClick={onClick}>
        {icon}
      </ActionIcon>
    </Tooltip>
  );
}
