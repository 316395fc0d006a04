import { Alert, Autocomplete, Button, Card, Group, SegmentedControl, Select, Stack, Text, Textarea, TextInput } from "@mantine/core";
import { IconRoute } from "@tabler/icons-react";
import { useEffect, useState } from "react";
import { useLocation } from "wouter";

import { type Schemas } from "../../api/client";
import { type Row, useAccounts, useClients, useDecide, useMode, useModels, useNow, useRequest, useRequests } from "../../api/queries";
import { clock } from "../../format";
import { modeName } from "../../ui/ModeSwitch";
import { Empty, Fault, Loaded } from "../../ui/Parts";
import { protocolName } from "../../ui/protocols";
import { requestState } from "../../ui/requests";
import { t } from "../../words";
import { Decision } from "./Decision";

const protocols = ["openai-chat", "openai-responses", "anthropic", "gemini"] as const;
type Protocol = (typeof protocols)[number];
type From = "recent" | "text" | "model";

/** One request: of the ledger, or one that is pasted. */
export function Ask({ id }: { id: string }) {
  const [, go] = useLocation();
  const [from, setFrom] = useState<From>("recent");
  const shown = id !== "" ? "recent" : from;
  const choose = (word: string) => {
    setFrom(word as From);
    if (id !== "") go("/explain");
  };
  return (
    <Stack gap="md">
      <SegmentedControl
        aria-label={t("Which request")}
        value={shown}
        onChange={choose}
        style={{ alignSelf: "flex-start" }}
        data={[
          { value: "recent", label: t("A recent request") },
          { value: "text", label: t("Paste one") },
          { value: "model", label: t("A model") },
        ]}
      />
      {shown === "recent" ? <Recent id={id} /> : <Question key={shown} pasted={shown === "text"} />}
    </Stack>
  );
}

/** What an account is called. */
function useName(): (account: string) => string {
  const { data } = useAccounts();
  return (account) => data?.find((a) => a.id === account)?.name ?? t("a removed account");
}

function Recent({ id }: { id: string }) {
  const requests = useRequests({});
  const [, go] = useLocation();
  const now = useNow(false);
  const rows = requests.data?.pages.flatMap((p) => p.rows ?? []) ?? [];
  const label = (r: Row) => `${clock(r.start, now)} · ${r.model || t("no model")} · ${r.client}${r.account ? ` → ${r.account}` : ""} · ${t(requestState(r).word)}`;
  const choices = rows.map((r) => ({ value: r.id, label: label(r) }));
  if (id !== "" && !rows.some((r) => r.id === id)) choices.push({ value: id, label: id }); // an older one, by a link
  return (
    <Loaded of={requests}>
      {() =>
        choices.length === 0 ? (
          <Empty icon={IconRoute} title={t("No request to explain yet")} action={<Button onClick={() => go("/tools/connect")}>{t("Connect a tool")}</Button>}>
            {t("Once a tool has asked something, choose the request here to see who could have served it and why it went where it went. Or paste a request, or name a model.")}
          </Empty>
        ) : (
          <Stack gap="md">
            <Select
              label={t("Request")}
              placeholder={t("Choose one of the last")}
              data={choices}
              value={id === "" ? null : id}
              onChange={(to) => to !== null && go(`/explain/${to}`)}
              searchable
              nothingFoundMessage={t("None of the last requests")}
              maw={640}
            />
            {id !== "" && <Of key={id} id={id} />}
          </Stack>
        )
      }
    </Loaded>
  );
}

/** A request as it was decided, and as it would be now. */
function Of({ id }: { id: string }) {
  const request = useRequest(id);
  const name = useName();
  const { mutate, data: now, error, isPending } = useDecide();
  useEffect(() => mutate({ request: id }), [id, mutate]);
  return (
    <Loaded of={request}>
      {({ record, why }) => (
        <Stack gap="md">
          <Decision title={t("As it was decided")} record={record} why={why} name={name} />
          {error !== null && <Fault error={error} title={t("It cannot be decided again")} />}
          {now !== undefined && <Decision title={t("As it would be decided now")} record={now.record} why={now.why} refused={now.refused} name={name} />}
          {!isPending && now !== undefined && (
            <Text size="xs" c="dimmed">
              {t("Now means with the accounts, rules and figures of this moment, as far as the ledger tells: it keeps no text and no headers, which rules may look at.")}
            </Text>
          )}
        </Stack>
      )}
    </Loaded>
  );
}

/** A request that has not been made: pasted, or one for a model. */
function Question({ pasted }: { pasted: boolean }) {
  const decide = useDecide();
  const name = useName();
  const { data: models } = useModels();
  const { data: clients } = useClients();
  const { data: mode } = useMode();
  const [text, setText] = useState("");
  const [model, setModel] = useState("");
  const [protocol, setProtocol] = useState<Protocol | null>(null);
  const [client, setClient] = useState<string | null>(null);
  const [asked, setAsked] = useState<string | null>(null);
  const names = [...new Set((models ?? []).filter((m) => !m.gone).map((m) => m.name))].sort();
  const gemini = protocol === "gemini" || (protocol === null && /"contents"\s*:/.test(text));
  const ready = pasted ? text.trim() !== "" : model.trim() !== "";
  const submit = () => {
    const body: Schemas["DecideInputBody"] = pasted ? { text, protocol: protocol ?? undefined, model: gemini ? model : undefined } : { model };
    decide.mutate({ ...body, client: client ?? undefined, mode: asked ?? undefined });
  };
  return (
    <Stack gap="md">
      <Card
        withBorder
        component="form"
        onSubmit={(e: React.FormEvent) => {
          e.preventDefault();
          submit();
        }}
      >
        <Stack gap="sm">
          {pasted ? (
            <Textarea
              label={t("The body of a request")}
              description={t("As a tool would send it, in any of the four protocols. It stays on this machine.")}
              placeholder={'{\n  "model": "gpt-5",\n  "messages": [{ "role": "user", "content": "Hello" }]\n}'}
              value={text}
              onChange={(e) => setText(e.currentTarget.value)}
              autosize
              minRows={6}
              maxRows={16}
              spellCheck={false}
              styles={{ input: { fontFamily: "var(--mantine-font-family-monospace)", fontSize: 13 } }}
            />
          ) : (
            <Autocomplete label={t("Model")} description={t("As a tool would ask for it; the prompt is taken to be a few words.")} placeholder="gpt-5" data={names} limit={20} value={model} onChange={setModel} maw={420} />
          )}
          <Group gap="sm" align="flex-end">
            {pasted && (
              <Select
                label={t("Protocol")}
                placeholder={t("As it looks")}
                data={protocols.map((p) => ({ value: p, label: protocolName(p) }))}
                value={protocol}
                onChange={(p) => setProtocol(p as Protocol | null)}
                clearable
                w={180}
              />
            )}
            {pasted && gemini && <TextInput label={t("Model")} description={t("Gemini names it in the path")} placeholder="gemini-2.5-pro" value={model} onChange={(e) => setModel(e.currentTarget.value)} w={220} />}
            <Select label={t("Asked by")} placeholder={t("Any tool")} data={(clients ?? []).filter((c) => !c.revoked).map((c) => ({ value: c.id, label: c.name }))} value={client} onChange={setClient} clearable w={170} />
            <Select label={t("In the mode")} placeholder={t("In force")} data={(mode?.modes ?? []).map((m) => ({ value: m.mode, label: modeName(m.mode) }))} value={asked} onChange={setAsked} clearable w={170} />
            <Button type="submit" disabled={!ready} loading={decide.isPending}>
              {t("Explain")}
            </Button>
          </Group>
        </Stack>
      </Card>
      {decide.error !== null && <Fault error={decide.error} />}
      {decide.data !== undefined && (
        <div aria-live="polite">
          <Decision title={t("How it would be decided")} record={decide.data.record} why={decide.data.why} refused={decide.data.refused} name={name} />
        </div>
      )}
      {decide.data === undefined && decide.error === null && (
        <Alert color="gray" variant="light">
          {pasted
            ? t("Paste a request and press Explain: you see who would serve it, by which figures, and who could not and why. Nothing is sent.")
            : t("Name a model and press Explain: you see who would serve it, by which figures, and who could not and why. Nothing is sent.")}
        </Alert>
      )}
    </Stack>
  );
}
