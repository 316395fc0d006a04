import { Alert, Code, Collapse, Modal, NumberInput, Select, SimpleGrid, Stack, TagsInput, Text, Textarea, TextInput, UnstyledButton } from "@mantine/core";
import { useState } from "react";

import { useAccounts, useMode } from "../../api/queries";
import { type Routing, type Rule, useEditRouting } from "../../api/routing";
import { modeName } from "../../ui/ModeSwitch";
import { Fault } from "../../ui/Parts";
import { say, t } from "../../words";
import { filled } from "./filled";
import { Buttons } from "./Names";
import { Tiers } from "./Tiers";
import { faultIn, useFault } from "./useFault";
import { tiersOf, withTiers } from "./words";

const efforts = ["none", "minimal", "low", "medium", "high", "xhigh", "max"];

/** One rule, to be made or changed. */
export function RuleForm({ routing, rule, close }: { routing: Routing; rule: Rule | undefined; close: () => void }) {
  const [draft, setDraft] = useState<Rule>(rule ?? { name: "" });
  const [tiers, setTiers] = useState(tiersOf(draft));
  const [facts, setFacts] = useState(false);
  const { data: accounts } = useAccounts();
  const { data: modes } = useMode();
  const edit = useEditRouting();
  const fault = useFault("when", draft.when);
  const put = (change: Partial<Rule>) => setDraft((d) => ({ ...d, ...change }));
  const whose = [...new Set((accounts ?? []).flatMap((a) => [a.slug, a.provider]))];
  const taken = rule === undefined && routing.rules?.some((r) => r.name === draft.name.trim());

  const save = () => {
    const said = (v: unknown) => !(v === "" || v === null || v === false || (Array.isArray(v) && v.length === 0) || (typeof v === "object" && Object.keys(v as object).length === 0));
    const plan: Rule = { ...(withTiers(draft, tiers) as Rule), name: draft.name.trim() };
    const next = filled(Object.fromEntries(Object.entries(plan).map(([k, v]) => [k, said(v) ? v : undefined])) as unknown as Rule);
    edit.mutate({ version: routing.version, name: rule?.name ?? next.name, rule: next }, { onSuccess: close });
  };
  const set = (key: string, value: unknown) => {
    const { [key]: _, ...rest } = (draft.set ?? {}) as Record<string, unknown>;
    put({ set: value === "" || value === null ? rest : { ...rest, [key]: value } });
  };

  return (
    <Modal opened onClose={close} title={rule === undefined ? t("Add a rule") : t("Change the rule {{name}}", { name: rule.name })} size="lg">
      <Stack>
        <TextInput
          label={t("Name")}
          description={t("It is shown with each request that the rule changed.")}
          required
          data-autofocus
          value={draft.name}
          error={taken ? t("There is a rule of this name.") : undefined}
          onChange={(e) => put({ name: e.currentTarget.value })}
        />
        <Textarea
          label={t("When it holds")}
          description={t("A condition on the request. Empty: always.")}
          placeholder={'client == "codex" and tokens > 200000'}
          autosize
          minRows={1}
          styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)" } }}
          value={draft.when ?? ""}
          error={fault && `${faultIn(fault, (fault.line ?? 1) > 1)}: ${say(fault.message)}`}
          onChange={(e) => put({ when: e.currentTarget.value })}
        />
        <UnstyledButton onClick={() => setFacts(!facts)} aria-expanded={facts}>
          <Text size="sm" td="underline">
            {t("What can be asked")}
          </Text>
        </UnstyledButton>
        <Collapse expanded={facts}>
          <SimpleGrid cols={{ base: 1, sm: 2 }} spacing={4}>
            {routing.facts?.map((f) => (
              <UnstyledButton key={f.name} onClick={() => put({ when: draft.when ? `${draft.when} and ${f.example}` : f.example })} aria-label={t("Add {{what}}", { what: f.example })}>
                <Code>{f.example}</Code>
                <Text size="xs" c="dimmed">
                  {f.name}: {say(f.means)}
                </Text>
              </UnstyledButton>
            ))}
          </SimpleGrid>
        </Collapse>
        <Tiers value={tiers} mode={draft.mode} onChange={setTiers} />
        <SimpleGrid cols={{ base: 1, sm: 2 }}>
          <Select
            label={t("Mode")}
            placeholder={t("As everywhere")}
            clearable
            data={(modes?.modes ?? []).map((m) => ({ value: m.mode, label: modeName(m.mode) }))}
            value={draft.mode ?? null}
            onChange={(mode) => put({ mode: mode ?? "" })}
          />
          <TextInput label={t("Slower than")} description={t("Whoever is expected to be, comes last")} placeholder="8s" value={draft.within ?? ""} onChange={(e) => put({ within: e.currentTarget.value })} />
          <TagsInput label={t("Only these")} description={t("Accounts, providers or hosts")} acceptValueOnBlur data={whose} value={draft.only ?? []} onChange={(only) => put({ only })} />
          <TagsInput label={t("Never these")} description={t("Accounts, providers or hosts")} acceptValueOnBlur data={whose} value={draft.never ?? []} onChange={(never) => put({ never })} />
          <NumberInput label={t("Temperature")} placeholder={t("As the tool says")} min={0} max={2} step={0.1} value={draft.set?.temperature ?? ""} onChange={(v) => set("temperature", v)} />
          <NumberInput label={t("Longest output")} suffix={t(" tokens")} placeholder={t("As the tool says")} min={1} allowDecimal={false} value={draft.set?.max_output ?? ""} onChange={(v) => set("max_output", v)} />
          <Select label={t("Thinking")} placeholder={t("As the tool says")} clearable data={efforts} value={draft.set?.effort ?? null} onChange={(v) => set("effort", v)} />
        </SimpleGrid>
        {edit.error !== null && <Fault error={edit.error} />}
        {routing.fault !== undefined && (
          <Alert color="yellow" title={t("routing.yaml has a fault")}>
            {t("Mend it first: forms change only a file that can be read.")}
          </Alert>
        )}
        <Buttons close={close} adds={rule === undefined} busy={edit.isPending} ready={draft.name.trim() !== "" && !taken && fault === undefined && routing.fault === undefined} save={save} />
      </Stack>
    </Modal>
  );
}
