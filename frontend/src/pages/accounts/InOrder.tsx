import { type Announce, DragDropContext, Draggable, type DraggableProvidedDragHandleProps, Droppable, type DropResult } from "@hello-pangea/dnd";
import { Box, Button, Card, Group, Stack, Text, Title } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconGripVertical, IconStack2 } from "@tabler/icons-react";
import { type ReactNode, useState } from "react";
import { flushSync } from "react-dom";

import { type Account, useOrderAccounts, usePoolAccounts } from "../../api/queries";
import { refused } from "../../ui/notify";
import { plural, t } from "../../words";
import { type Block, blocksOf, moved, nameOf } from "./blocks";

type Ends = { first: boolean; last: boolean };

/** The accounts in the order that failover takes, to be put into another by hand or by keyboard, and to be pooled by dropping one on another. */
export function InOrder({ list, card }: { list: Account[]; card: (a: Account, at: Ends) => ReactNode }) {
  const blocks = blocksOf(list);
  const { mutate: reorder } = useOrderAccounts();
  const { mutateAsync: pool } = usePoolAccounts();
  const [pools, setPools] = useState(false); // only by hand: by keyboard each step would lie on another account

  const put = async (from: Block, onto: Block) => {
    const name = onto.pool ?? nameOf(onto);
    try {
      await pool({ name, ids: [...onto.accounts, ...from.accounts].map((a) => a.id) });
    } catch (error) {
      refused(error);
      return;
    }
    const undo = async () => {
      notifications.hide("pooled");
      try {
        await pool({ name: from.pool ?? "", ids: from.accounts.map((a) => a.id) });
        reorder(list, { onError: refused });
      } catch (error) {
        refused(error);
      }
    };
    notifications.show({
      id: "pooled",
      title: t("Pooled {{one}} with {{other}}", { one: nameOf(from), other: nameOf(onto) }),
      message: (
        <Group justify="space-between" wrap="nowrap">
          <span>{t("They share one place in the order now.")}</span>
          <Button size="xs" variant="light" onClick={() => void undo()}>
            {t("Undo")}
          </Button>
        </Group>
      ),
      autoClose: 15_000,
    });
  };
  const end = ({ source, destination, combine, reason }: DropResult, { announce }: { announce: Announce }) => {
    const from = blocks[source.index]!;
    const onto = blocks.find((b) => b.key === combine?.draggableId);
    const name = nameOf(from);
    if (onto !== undefined) void put(from, onto);
    else if (destination && destination.index !== source.index) reorder(moved(blocks, source.index, destination.index), { onError: refused });
    if (onto === undefined)
      announce(
        destination && reason === "DROP"
          ? t("{{account}} stands at place {{place}} of {{all}} now.", { account: name, place: destination.index + 1, all: blocks.length })
          : t("{{account}} is back at place {{place}}.", { account: name, place: source.index + 1 }),
      );
  };
  return (
    <DragDropContext
      dragHandleUsageInstructions={t("Press space to lift it, the arrow keys to move it, space again to put it down, escape to leave it where it was.")}
      onBeforeCapture={({ mode }) => flushSync(() => setPools(mode === "FLUID"))}
      onDragStart={({ source }, { announce }) => announce(t("Lifted {{account}} from place {{place}} of {{all}}.", { account: nameOf(blocks[source.index]!), place: source.index + 1, all: blocks.length }))}
      onDragUpdate={({ source, destination }, { announce }) =>
        destination && announce(t("{{account}} is over place {{place}} of {{all}}.", { account: nameOf(blocks[source.index]!), place: destination.index + 1, all: blocks.length }))
      }
      onDragEnd={end}
    >
      <Droppable droppableId="order" isCombineEnabled={pools}>
        {(drop) => (
          <Stack component="ol" gap={0} p={0} m={0} style={{ listStyle: "none" }} ref={drop.innerRef} {...drop.droppableProps}>
            {blocks.map((b, i) => (
              <Draggable key={b.key} draggableId={b.key} index={i}>
                {(drag, state) => (
                  <Box component="li" pb="sm" ref={drag.innerRef} {...drag.draggableProps} opacity={state.combineWith ? 0.75 : 1}>
                    <Group wrap="nowrap" gap="xs" align="stretch" style={{ borderRadius: "var(--mantine-radius-md)", outline: state.combineTargetFor ? "2px solid var(--mantine-primary-color-filled)" : undefined }}>
                      <Handle name={nameOf(b)} place={i + 1} props={drag.dragHandleProps} />
                      <Box flex={1} miw={0}>
                        <One block={b} ends={{ first: i === 0, last: i === blocks.length - 1 }} card={card} />
                      </Box>
                    </Group>
                  </Box>
                )}
              </Draggable>
            ))}
            {drop.placeholder}
          </Stack>
        )}
      </Droppable>
    </DragDropContext>
  );
}

function Handle({ name, place, props }: { name: string; place: number; props: DraggableProvidedDragHandleProps | null }) {
  return (
    <Stack gap={2} align="center" justify="center" w={30} c="dimmed" {...props} aria-label={t("Place {{place}}: move {{account}}", { place, account: name })} className="row-button" style={{ cursor: "grab", borderRadius: "var(--mantine-radius-sm)" }}>
      <IconGripVertical size={16} aria-hidden />
      <Text size="sm" fw={650} aria-hidden>
        {place}
      </Text>
    </Stack>
  );
}

/** An account, or the accounts of a pool under its name. */
function One({ block: b, ends, card }: { block: Block; ends: Ends; card: (a: Account, at: Ends) => ReactNode }) {
  if (b.accounts.length === 1) return <>{card(b.accounts[0]!, ends)}</>;
  return (
    <Card component="section" withBorder padding="xs" bg="var(--mantine-color-default-hover)" aria-label={t("Pool {{name}}", { name: b.pool! })}>
      <Group gap="xs" mb="xs" px={4}>
        <IconStack2 size={16} aria-hidden />
        <Title order={2} size="sm">
          {b.pool}
        </Title>
        <Text size="xs" c="dimmed">
          {plural(b.accounts.length, "{{count}} account shares this place", "{{count}} accounts share this place; requests are spread among them")}
        </Text>
      </Group>
      <Stack gap="xs">
        {b.accounts.map((a) => (
          <Box key={a.id}>{card(a, ends)}</Box>
        ))}
      </Stack>
    </Card>
  );
}
