import { ActionIcon, Badge, Button, Group, Menu, Modal, NumberInput, Progress, SegmentedControl, Select, Stack, Switch, Text, TextInput } from "@mantine/core";
import { notifications } from "@mantine/notifications";
import { IconCoins, IconDots, IconPlus } from "@tabler/icons-react";
import { useState } from "react";

import { type Budget, type SetBudget, useAccounts, useBudgets, useClients, useModels, useNow, useRemoveBudget, useSetBudget } from "../../api/queries";
import { dollars, when } from "../../format";
import { refused, tell } from "../../ui/notify";
import { Empty, Fault, Loaded, Section } from "../../ui/Parts";
import { t, w } from "../../words";

/** What a click raises a budget by, in dollars. */
const raiseBy = 2;

/** What may be spent, and what has been. */
export function Budgets() {
  const budgets = useBudgets();
  const [edited, setEdited] = useState<Budget | "new" | null>(null);
  const add = (
    <Button size="xs" variant="default" leftSection={<IconPlus size={15} />} onClick={() => setEdited("new")}>
      {t("Add a budget")}
    </Button>
  );
  return (
    <Section title={t("Budgets")} actions={budgets.data?.length ? add : undefined}>
      <Loaded of={budgets}>
        {(list) =>
          list.length === 0 ? (
            <Empty icon={IconCoins} title={t("No budget yet")} action={add}>
              {t("A budget bounds what a tool, an account, a model or everything together may spend in a day, a week or a month.")}
            </Empty>
          ) : (
            <Stack gap="md">
              {list.map((b) => (
                <Bar key={b.name} budget={b} edit={() => setEdited(b)} />
              ))}
            </Stack>
          )
        }
      </Loaded>
      <Modal opened={edited !== null} onClose={() => setEdited(null)} title={edited === "new" ? t("Add a budget") : t("Change “{{name}}”", { name: edited?.name ?? "" })}>
        {edited !== null && <Form budget={edited === "new" ? undefined : edited} close={() => setEdited(null)} />}
      </Modal>
    </Section>
  );
}

const asSet = (b: Budget): { name: string } & SetBudget => ({ name: b.name, scope: b.scope as SetBudget["scope"], of: b.of, period: b.period as SetBudget["period"], usd: b.usd, hard: b.hard });

function Bar({ budget: b, edit }: { budget: Budget; edit: () => void }) {
  const now = useNow(false);
  const set = useSetBudget();
  const remove = useRemoveBudget();
  const part = b.usd > 0 ? (100 * b.spent) / b.usd : 100;
  const held = b.usd > 0 ? Math.min((100 * b.held) / b.usd, Math.max(0, 100 - part)) : 0;
  const over = b.spent >= b.usd;
  const sums = { spent: dollars(b.spent), most: dollars(b.usd), held: dollars(b.held) };
  const raise = () => set.mutate({ ...asSet(b), usd: b.usd + raiseBy }, { onError: refused, onSuccess: () => tell(t("“{{name}}” is now {{money}}.", { name: b.name, money: dollars(b.usd + raiseBy) })) });
  const runRemove = async () => {
    try {
      await remove.mutateAsync(b.name);
    } catch (error) {
      refused(error);
      return;
    }
    const id = `budget-${b.name}`;
    const undo = () => {
      notifications.hide(id);
      set.mutateAsync(asSet(b)).then(() => tell(t("“{{name}}” is back.", { name: b.name })), refused);
    };
    notifications.show({
      id,
      title: t("Removed “{{name}}”", { name: b.name }),
      message: (
        <Group justify="space-between" wrap="nowrap">
          <span>{t("Nothing bounds that spending now.")}</span>
          <Button size="xs" variant="light" onClick={undo}>
            {t("Undo")}
          </Button>
        </Group>
      ),
      autoClose: 15_000,
    });
  };
  return (
    <article aria-label={b.name}>
      <Group justify="space-between" wrap="nowrap" gap="xs" mb={4}>
        <Group gap="xs" miw={0}>
          <Text size="sm" fw={600} style={{ overflowWrap: "anywhere" }}>
            {b.name}
          </Text>
          <Text size="xs" c="dimmed">
            {t(bounded[b.scope as SetBudget["scope"]], { name: b.of_name ?? b.of ?? "" })} · {t(perPeriod[b.period as SetBudget["period"]])}
          </Text>
          {over && (
            <Badge color={b.hard ? "red" : "yellow"} variant="light" c="var(--mantine-color-text)" tt="none">
              {b.hard ? t("spent: requests are refused") : t("spent: whoever costs less serves")}
            </Badge>
          )}
        </Group>
        <Group gap="xs" wrap="nowrap">
          <Button size="xs" variant={over ? "filled" : "default"} onClick={raise} loading={set.isPending} aria-label={t("Raise {{name}} by {{money}}", { name: b.name, money: dollars(raiseBy) })}>
            +{dollars(raiseBy).replace(/\.00$/, "")}
          </Button>
          <Menu position="bottom-end" withinPortal>
            <Menu.Target>
              <ActionIcon variant="default" size={30} aria-label={t("More about {{name}}", { name: b.name })}>
                <IconDots size={16} />
              </ActionIcon>
            </Menu.Target>
            <Menu.Dropdown>
              <Menu.Item onClick={edit}>{t("Change…")}</Menu.Item>
              <Menu.Item color="red" onClick={() => void runRemove()}>
                {t("Remove")}
              </Menu.Item>
            </Menu.Dropdown>
          </Menu>
        </Group>
      </Group>
      <Progress.Root size="lg" role="img" aria-label={t("{{spent}} of {{most}} spent", sums)}>
        <Progress.Section value={Math.min(part, 100)} color={over && b.hard ? "red.7" : part >= 80 ? "yellow.6" : "metapi.6"} />
        <Progress.Section value={held} color="gray.5" striped />
      </Progress.Root>
      <Text size="xs" c="dimmed" mt={4}>
        {b.held > 0 ? t("{{spent}} of {{most}}, {{held}} held by what runs", sums) : t("{{spent}} of {{most}}", sums)} · {t("begins anew {{when}}", { when: when(b.until, now) })}
      </Text>
    </article>
  );
}

const scopeNames: Record<SetBudget["scope"], string> = { total: w("Everything"), client: w("Tool"), account: w("Account"), model: w("Model") };
const bounded: Record<SetBudget["scope"], string> = { total: w("everything"), client: w("tool {{name}}"), account: w("account {{name}}"), model: w("model {{name}}") };
const perPeriod: Record<SetBudget["period"], string> = { day: w("a day"), week: w("a week"), month: w("a month") };

function Form({ budget, close }: { budget?: Budget; close: () => void }) {
  const set = useSetBudget();
  const { data: clients } = useClients();
  const { data: accounts } = useAccounts();
  const { data: models } = useModels();
  const [name, setName] = useState(budget?.name ?? "");
  const [scope, setScope] = useState<SetBudget["scope"]>((budget?.scope as SetBudget["scope"]) ?? "total");
  const [of, setOf] = useState<string | null>(budget?.of ?? null);
  const [period, setPeriod] = useState<SetBudget["period"]>((budget?.period as SetBudget["period"]) ?? "month");
  const [usd, setUsd] = useState<number | string>(budget?.usd ?? 20);
  const [hard, setHard] = useState(budget?.hard ?? false);
  const choices = {
    total: [],
    client: (clients ?? []).filter((c) => c.revoked === undefined).map((c) => ({ value: c.id, label: c.name })),
    account: (accounts ?? []).map((a) => ({ value: a.id, label: a.name })),
    model: [...new Set((models ?? []).map((m) => m.model))].sort().map((m) => ({ value: m, label: m })),
  }[scope];
  const whole = name.trim() !== "" && typeof usd === "number" && (scope === "total" || of !== null);
  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        if (!whole) return;
        set.mutate({ name: name.trim(), scope, of: scope === "total" ? undefined : (of ?? undefined), period, usd, hard }, { onSuccess: () => (tell(t("“{{name}}” is in force.", { name: name.trim() })), close()) });
      }}
    >
      <Stack gap="sm">
        <TextInput label={t("Name")} value={name} onChange={(e) => setName(e.currentTarget.value)} readOnly={budget !== undefined} maxLength={80} required data-autofocus placeholder={t("Pocket money")} />
        <Select
          label={t("Whose spending")}
          data={Object.entries(scopeNames).map(([value, label]) => ({ value, label: t(label) }))}
          value={scope}
          onChange={(v) => (setScope((v ?? "total") as SetBudget["scope"]), setOf(null))}
          allowDeselect={false}
        />
        {scope !== "total" && <Select label={t(scopeNames[scope])} data={choices} value={of} onChange={setOf} searchable limit={50} required placeholder={t("Choose one")} />}
        <Group align="flex-end" wrap="nowrap">
          <NumberInput label={t("Dollars")} value={usd} onChange={setUsd} min={0} decimalScale={2} prefix="$" required style={{ flex: 1 }} />
          <SegmentedControl aria-label={t("Period")} value={period} onChange={(v) => setPeriod(v as SetBudget["period"])} data={Object.entries(perPeriod).map(([value, label]) => ({ value, label: t(label) }))} />
        </Group>
        <Switch
          label={t("Refuse requests once it is spent")}
          description={hard ? t("The tool is told which budget it is, and how to raise it.") : t("Off: requests are then served by whoever costs less, and the reply says so.")}
          checked={hard}
          onChange={(e) => setHard(e.currentTarget.checked)}
        />
        {set.error && <Fault error={set.error} />}
        <Group justify="flex-end">
          <Button variant="default" onClick={close}>
            {t("Cancel")}
          </Button>
          <Button type="submit" disabled={!whole} loading={set.isPending}>
            {budget === undefined ? t("Add") : t("Save")}
          </Button>
        </Group>
      </Stack>
    </form>
  );
}
