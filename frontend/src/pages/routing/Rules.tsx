import { DragDropContext, Draggable, type DraggableProvidedDragHandleProps, Droppable } from "@hello-pangea/dnd";
import { ActionIcon, Badge, Box, Button, Card, Code, Group, Menu, Stack, Switch, Text, Tooltip } from "@mantine/core";
import { IconDots, IconGripVertical, IconPencil, IconPlus, IconRoute } from "@tabler/icons-react";
import { useState } from "react";

import { type Routing, type Rule, useEditRouting } from "../../api/routing";
import { refused } from "../../ui/notify";
import { Empty, Section } from "../../ui/Parts";
import { t, Trans } from "../../words";
import { RuleForm } from "./RuleForm";
import { ruleInWords } from "./words";

/** The rules as cards, in the order in which they count. */
export function Rules({ routing, undoable }: { routing: Routing; undoable: (what: string) => void }) {
  const [open, setOpen] = useState<Rule | "new">();
  const edit = useEditRouting();
  const { version } = routing;
  const rules = moved(routing.rules ?? [], edit.isPending ? edit.variables : undefined);
  const move = (from: number, to: number) => to >= 0 && to < rules.length && from !== to && edit.mutate({ version, name: rules[from]!.name, to }, { onError: refused });
  const place = (at: number) => ({ place: at + 1, of: rules.length });
  return (
    <Section
      title={t("Rules")}
      actions={
        <Button size="xs" leftSection={<IconPlus size={14} />} disabled={routing.fault !== undefined} onClick={() => setOpen("new")}>
          {t("Add a rule")}
        </Button>
      }
    >
      {routing.fault !== undefined ? (
        <Text size="sm">{t("routing.yaml has a fault, so that it cannot be shown in forms. Mend it in the text; what was good last stays in force.")}</Text>
      ) : rules.length === 0 ? (
        <Empty icon={IconRoute} title={t("No rule yet")}>
          {t("Without rules, the mode alone decides. Switch a ready rule on below, or add one of your own: say when it holds, and which models serve then.")}
        </Empty>
      ) : (
        <>
          <Text size="xs" c="dimmed" mb="xs">
            {t("All that hold apply. Of the models to use, and of modes, the first that says one counts.")}
          </Text>
          <DragDropContext
            dragHandleUsageInstructions={t("Press space to lift it, the arrows to move it, space again to drop it, escape to let it be.")}
            onDragStart={(start, say) => say.announce(t("Lifted from place {{place}} of {{of}}.", place(start.source.index)))}
            onDragUpdate={(update, say) => update.destination && say.announce(t("At place {{place}} of {{of}}.", place(update.destination.index)))}
            onDragEnd={(end, say) => {
              const to = end.reason === "DROP" ? end.destination?.index : undefined;
              say.announce(to === undefined ? t("Not moved.") : t("Dropped at place {{place}} of {{of}}.", place(to)));
              if (to !== undefined) move(end.source.index, to);
            }}
          >
            <Droppable droppableId="rules">
              {(list) => (
                <Box component="ol" p={0} m={0} style={{ listStyle: "none" }} ref={list.innerRef} {...list.droppableProps}>
                  {rules.map((r, i) => (
                    <Draggable key={r.name} draggableId={r.name} index={i} isDragDisabled={rules.length < 2}>
                      {(drag, { isDragging }) => (
                        <Box component="li" pb="xs" ref={drag.innerRef} {...drag.draggableProps}>
                          <OneRule
                            rule={r}
                            handle={drag.dragHandleProps}
                            lifted={isDragging}
                            switchTo={(on) => {
                              const { off: _, ...rest } = r;
                              edit.mutate({ version, name: r.name, rule: on ? rest : { ...rest, off: true } }, { onError: refused });
                            }}
                            change={() => setOpen(r)}
                            up={i > 0 ? () => move(i, i - 1) : undefined}
                            down={i < rules.length - 1 ? () => move(i, i + 1) : undefined}
                            remove={() => edit.mutate({ version, name: r.name, remove: "rule" }, { onError: refused, onSuccess: () => undoable(t("The rule {{name}} is removed.", { name: r.name })) })}
                          />
                        </Box>
                      )}
                    </Draggable>
                  ))}
                  {list.placeholder}
                </Box>
              )}
            </Droppable>
          </DragDropContext>
        </>
      )}
      {open !== undefined && <RuleForm routing={routing} rule={open === "new" ? undefined : open} close={() => setOpen(undefined)} />}
    </Section>
  );
}

/** The rules as they will be once a move is written: they do not jump back until then. */
function moved(rules: Rule[], edit: { name: string; to?: number } | undefined): Rule[] {
  const from = rules.findIndex((r) => r.name === edit?.name);
  if (edit?.to === undefined || from < 0) return rules;
  const others = rules.filter((_, i) => i !== from);
  return [...others.slice(0, edit.to), rules[from]!, ...others.slice(edit.to)];
}

interface Doing {
  handle: DraggableProvidedDragHandleProps | null;
  lifted: boolean;
  switchTo: (on: boolean) => void;
  change: () => void;
  up?: () => void;
  down?: () => void;
  remove: () => void;
}

function OneRule({ rule: r, handle, lifted, switchTo, change, up, down, remove }: { rule: Rule } & Doing) {
  return (
    <Card component="article" withBorder padding="xs" aria-label={r.name} shadow={lifted ? "md" : undefined}>
      <Group wrap="nowrap" align="flex-start" gap="xs">
        <Box c="dimmed" className="handle" aria-label={handle ? t("Move {{name}}", { name: r.name }) : undefined} {...handle}>
          <IconGripVertical size={16} />
        </Box>
        <Box style={{ flex: 1, minWidth: 0 }}>
          <Group gap="xs">
            <Text fw={600} size="sm">
              {r.name}
            </Text>
            {r.off && (
              <Badge variant="default" tt="none">
                {t("off")}
              </Badge>
            )}
          </Group>
          <Text size="xs" c="dimmed" style={{ overflowWrap: "anywhere" }}>
            {r.when ? <Trans text="When <when>{{when}}</when>" parts={{ when: <Code /> }} values={{ when: r.when }} /> : t("Always")}
          </Text>
          <Stack gap={0}>
            {ruleInWords(r).map((phrase) => (
              <Text size="sm" key={phrase} style={{ overflowWrap: "anywhere" }}>
                {phrase}
              </Text>
            ))}
          </Stack>
        </Box>
        <Group gap={2} wrap="nowrap">
          <Switch size="sm" checked={!r.off} aria-label={t("{{name}} is on", { name: r.name })} onChange={(e) => switchTo(e.currentTarget.checked)} />
          <Do label={t("Change {{name}}", { name: r.name })} icon={<IconPencil size={16} />} onClick={change} />
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="subtle" color="gray" aria-label={t("More about {{name}}", { name: r.name })}>
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item disabled={!up} onClick={up}>
                {t("Move up")}
              </Menu.Item>
              <Menu.Item disabled={!down} onClick={down}>
                {t("Move down")}
              </Menu.Item>
              <Menu.Item color="red" onClick={remove}>
                {t("Remove")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      </Group>
    </Card>
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
