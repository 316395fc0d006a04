import { ActionIcon, Alert, Box, Button, Card, CloseButton, Collapse, FileButton, Group, Image, NumberInput, Select, SimpleGrid, Stack, Textarea, Tooltip } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconArrowUp, IconBoxModel2, IconChevronDown, IconChevronUp, IconMessages, IconPhotoPlus, IconPlayerStop, IconPlus, IconRefresh } from "@tabler/icons-react";
import { type ClipboardEvent, type DragEvent, type KeyboardEvent, useEffect, useMemo } from "react";
import { useLocation } from "wouter";

import { addColumn, askAll, type Board, clear, edit, editColumn, mostColumns, type Options, runs, stop, take, takeRequest, useBoard } from "../api/play";
import { useModels } from "../api/queries";
import { Empty, Fault, Loaded, Page } from "../ui/Parts";
import { cheapest, talkers } from "../ui/talkers";
import { t } from "../words";
import { ColumnCard } from "./playground/Column";

/** Takes up what the address asks for, once: a captured request to be asked again, or a model. */
function useAsked() {
  const [here, go] = useLocation();
  const query = here.split("?")[1] ?? location.search.slice(1);
  useEffect(() => {
    if (query === "") return;
    const [from, model] = ["from", "model"].map((name) => new URLSearchParams(query).get(name));
    if (from) void takeRequest(from);
    else if (model) take({ model, turns: [] });
    go("/playground?", { replace: true });
  }, [query, go]);
}

/** One prompt to several models, side by side. */
export function Playground() {
  const board = useBoard();
  const models = useModels();
  useAsked();
  const [, go] = useLocation();
  const names = useMemo(() => talkers(models.data ?? []), [models.data]);

  useEffect(() => {
    const first = board.columns[0];
    const name = cheapest(models.data ?? [])?.name;
    if (board.columns.length === 1 && first?.model === null && first.turns.length === 0 && name !== undefined) editColumn(first.id, { model: name });
  }, [board.columns, models.data]);

  const begun = board.columns.some((c) => c.turns.length > 0);
  return (
    <Page
      title={t("Playground")}
      about={t("One prompt to several models, side by side. It goes the way of all requests, and is booked as a tool named Playground.")}
      actions={
        names.size > 0 && (
          <Button variant="default" leftSection={<IconRefresh size={16} />} onClick={clear} disabled={!begun}>
            {t("Begin anew")}
          </Button>
        )
      }
    >
      <Loaded of={models}>
        {() =>
          names.size === 0 ? (
            <Empty icon={IconMessages} title={t("No model to talk to yet")} action={<Button onClick={() => go("/accounts/add")}>{t("Add an account")}</Button>}>
              {t("Add an account, and ask one or several of its models here.")}
            </Empty>
          ) : (
            <Stack>
              {board.fault && <Fault error={board.fault} />}
              {board.leftOut && (
                <Alert color="blue" icon={<IconBoxModel2 />} py="xs" role="status">
                  {t("Tools, and what they said, cannot be asked again here, and are left out.")}
                </Alert>
              )}
              <Question board={board} names={[...names.keys()]} />
              <SimpleGrid cols={{ base: 1, sm: Math.min(2, board.columns.length), lg: board.columns.length }} spacing="md">
                {board.columns.map((c) => (
                  <ColumnCard key={c.id} of={c} names={names} alone={board.columns.length === 1} />
                ))}
              </SimpleGrid>
            </Stack>
          )
        }
      </Loaded>
    </Page>
  );
}

const largest = 10 << 20; // of an image

/** Takes images in as data: URLs. */
async function addImages(files: Iterable<File>, board: Board): Promise<void> {
  const images = [...files].filter((f) => f.type.startsWith("image/") && f.size <= largest);
  const urls = await Promise.all(
    images.map(
      (f) =>
        new Promise<string>((resolve, reject) => {
          const reader = new FileReader();
          reader.onload = () => resolve(reader.result as string);
          reader.onerror = reject;
          reader.readAsDataURL(f);
        }),
    ),
  );
  if (urls.length > 0) edit({ images: [...board.images, ...urls].slice(0, 20) });
}

function Question({ board, names }: { board: Board; names: string[] }) {
  const [options, { toggle }] = useDisclosure(board.system !== "");
  const running = board.columns.some(runs);
  const able = board.columns.some((c) => c.model !== null && names.includes(c.model)) && (board.text.trim() !== "" || board.images.length > 0);
  const keys = (e: KeyboardEvent) => {
    if (e.key !== "Enter" || e.shiftKey || e.nativeEvent.isComposing) return;
    e.preventDefault();
    if (able && !running) askAll();
  };
  const paste = (e: ClipboardEvent) => {
    if (e.clipboardData.files.length === 0) return;
    e.preventDefault();
    void addImages(e.clipboardData.files, board);
  };
  const drop = (e: DragEvent) => {
    if (e.dataTransfer.files.length === 0) return;
    e.preventDefault();
    void addImages(e.dataTransfer.files, board);
  };
  return (
    <Card withBorder padding="sm" component="section" aria-label={t("What to ask")} onDrop={drop} onDragOver={(e) => e.preventDefault()}>
      <Textarea
        variant="unstyled"
        placeholder={t("Ask something. Enter sends it, Shift and Enter begin a new line.")}
        aria-label={t("Prompt")}
        value={board.text}
        onChange={(e) => edit({ text: e.currentTarget.value })}
        onKeyDown={keys}
        onPaste={paste}
        autosize
        minRows={3}
        maxRows={12}
        data-autofocus
      />
      {board.images.length > 0 && (
        <Group gap="xs" mb="xs">
          {board.images.map((url, i) => (
            <Box key={i} pos="relative">
              <Image src={url} h={56} w={56} fit="cover" radius="sm" alt={t("Image {{n}}", { n: i + 1 })} />
              <CloseButton size="xs" variant="filled" pos="absolute" top={2} right={2} aria-label={t("Take image {{n}} away", { n: i + 1 })} onClick={() => edit({ images: board.images.filter((_, at) => at !== i) })} />
            </Box>
          ))}
        </Group>
      )}
      <Group justify="space-between" gap="xs">
        <Group gap={4}>
          <FileButton accept="image/*" multiple onChange={(files) => void addImages(files, board)}>
            {(props) => (
              <Tooltip label={t("Add an image, or paste or drop one")}>
                <ActionIcon variant="subtle" color="gray" size={30} aria-label={t("Add an image")} {...props}>
                  <IconPhotoPlus size={18} />
                </ActionIcon>
              </Tooltip>
            )}
          </FileButton>
          <Button variant="subtle" size="compact-sm" onClick={toggle} aria-expanded={options} rightSection={options ? <IconChevronUp size={14} /> : <IconChevronDown size={14} />}>
            {t("Options")}
          </Button>
          <Button variant="subtle" size="compact-sm" leftSection={<IconPlus size={14} />} disabled={board.columns.length >= mostColumns} onClick={() => addColumn()}>
            {t("Compare with another model")}
          </Button>
        </Group>
        {running ? (
          <Button color="red" variant="light" leftSection={<IconPlayerStop size={16} />} onClick={() => board.columns.forEach((c) => stop(c.id))}>
            {t("Stop all")}
          </Button>
        ) : (
          <Button leftSection={<IconArrowUp size={16} />} disabled={!able} onClick={askAll}>
            {t("Ask")}
          </Button>
        )}
      </Group>
      <Collapse expanded={options}>
        <Fold board={board} />
      </Collapse>
    </Card>
  );
}

const efforts: Exclude<Options["effort"], undefined>[] = ["", "none", "minimal", "low", "medium", "high"];

/** In words how hard a model shall think. */
function effortName(effort: string): string {
  switch (effort) {
    case "none":
      return t("Not at all");
    case "minimal":
      return t("As little as it can");
    case "low":
      return t("Little");
    case "medium":
      return t("Some");
    case "high":
      return t("Much");
  }
  return t("As the model will");
}

function Fold({ board }: { board: Board }) {
  const o = board.options;
  const set = (next: Partial<Options>) => edit({ options: { ...o, ...next } });
  const figure = (v: number | string) => (typeof v === "number" ? v : "");
  return (
    <Stack gap="sm" pt="sm">
      <Textarea label={t("System prompt")} placeholder={t("None")} value={board.system} onChange={(e) => edit({ system: e.currentTarget.value })} autosize minRows={2} maxRows={8} />
      <SimpleGrid cols={{ base: 1, xs: 3 }}>
        <NumberInput label={t("Longest answer, in tokens")} placeholder={t("As the model will")} value={o.maxOutput} onChange={(v) => set({ maxOutput: figure(v) })} min={1} allowDecimal={false} thousandSeparator />
        <NumberInput label={t("Temperature")} placeholder={t("The model's own")} value={o.temperature} onChange={(v) => set({ temperature: figure(v) })} min={0} max={2} step={0.1} decimalScale={2} />
        <Select label={t("Thinks")} data={efforts.map((value) => ({ value, label: effortName(value) }))} value={o.effort} onChange={(v) => set({ effort: (v ?? "") as Options["effort"] })} allowDeselect={false} />
      </SimpleGrid>
    </Stack>
  );
}
