import { Alert, Anchor, Button, Group, Loader, PasswordInput, Stack, Text, TextInput } from "@mantine/core";
import { useDisclosure } from "@mantine/hooks";
import { IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import { useState } from "react";
import { Link, useLocation } from "wouter";

import { asProblem, type Problem, type Schemas } from "../../api/client";
import { recognise, useAddAccount, useEnvironment, useProviders } from "../../api/queries";
import { tell } from "../../ui/notify";
import { Fault } from "../../ui/Parts";
import { say, t } from "../../words";
import { FindLocal } from "../accounts/FindLocal";
import { type Item, items, whose } from "./items";

/** A key of which more than one provider may be the maker. */
interface Doubt {
  item: Item;
  proposals: Schemas["Proposal"][];
}

/** One box for whatever a person has, and beside it what was found without them. */
export function Paste({ added }: { added: () => void }) {
  const { data: providers } = useProviders();
  const { data: environment } = useEnvironment();
  const add = useAddAccount();
  const [text, setText] = useState("");
  const [word, setWord] = useState<string | null>(null); // what is being done
  const [doubt, setDoubt] = useState<Doubt | null>(null);
  const [fault, setFault] = useState<Problem | null>(null);
  const [local, { open, close }] = useDisclosure();
  const [, go] = useLocation();

  const addOne = async (body: Schemas["AddAccount"], name: string) => {
    setWord(t("{{name}}: the key is tried, and the models are listed…", { name }));
    const d = await add.mutateAsync(body);
    added();
    tell(say(d.message));
  };
  /** Does something, and shows what goes wrong. */
  const attempt = async (what: () => Promise<void>) => {
    setFault(null);
    setDoubt(null);
    try {
      await what();
    } catch (error) {
      setFault(asProblem(error));
    } finally {
      setWord(null);
    }
  };
  const use = (pasted: string) =>
    attempt(async () => {
      for (const item of items(pasted)) {
        setWord(t("Looking whose key it is…"));
        const proposals = (await recognise(item.key, new AbortController().signal)).proposals ?? [];
        const p = whose(item, proposals, providers ?? []);
        if (p === undefined) setDoubt({ item, proposals });
        else await addOne({ key: item.key, provider: p.provider, base_url: item.url ?? (p.base_url || undefined) }, p.name);
      }
    });

  return (
    <Stack gap="sm" mt={4}>
      <form
        onSubmit={(e) => {
          e.preventDefault();
          void use(text);
        }}
      >
        <PasswordInput
          aria-label={t("Paste a key")}
          description={t("A key of OpenAI, Anthropic, Gemini or any compatible server; a curl command, or an .env file will do, too. It is tried at its provider, and kept encrypted on this machine.")}
          placeholder={t("Paste it here")}
          value={text}
          onChange={(e) => setText(e.currentTarget.value)}
          onPaste={(e) => {
            e.preventDefault();
            const pasted = e.clipboardData.getData("text");
            setText(pasted.split(/\r?\n/).join(" "));
            void use(pasted);
          }}
          disabled={word !== null}
          autoComplete="off"
          maw={560}
        />
      </form>
      <div aria-live="polite">
        {word !== null && (
          <Group gap="xs" role="status">
            <Loader size="xs" />
            <Text size="sm">{word}</Text>
          </Group>
        )}
      </div>
      {doubt !== null && <Choose of={doubt} providers={providers ?? []} choose={(body, name) => void attempt(() => addOne(body, name))} />}
      {fault !== null && <Fault error={fault} />}
      {(environment ?? []).length > 0 && (
        <Stack gap={6}>
          <Text size="sm" fw={600}>
            {t("Found in the environment of Metapi")}
          </Text>
          {environment?.map((e) => (
            <Group key={e.variable} gap="sm" wrap="nowrap">
              <Button size="compact-sm" variant="default" disabled={word !== null} onClick={() => void attempt(() => addOne({ variable: e.variable }, e.name))} style={{ flexShrink: 0 }}>
                {t("Use {{variable}}", { variable: e.variable })}
              </Button>
              <Text size="sm" style={{ overflowWrap: "anywhere" }}>
                {e.name} · <span className="mono">{e.hint}</span>
                {e.base_url ? ` · ${e.base_url}` : ""}
              </Text>
            </Group>
          ))}
        </Stack>
      )}
      <Group gap="xs">
        <Button size="compact-sm" variant="subtle" onClick={open}>
          {t("Look for models on this machine")}
        </Button>
        <Button size="compact-sm" variant="subtle" onClick={() => go("/accounts/add")}>
          {t("Add an account")}
        </Button>
      </Group>
      <FindLocal opened={local} close={close} />
    </Stack>
  );
}

/** Asks whose key it is, and for the address of a server that only the person knows. */
function Choose({ of: { item, proposals }, providers, choose }: { of: Doubt; providers: Schemas["ProviderInfo"][]; choose: (body: Schemas["AddAccount"], name: string) => void }) {
  const [url, setURL] = useState("");
  const home = (p: Schemas["Proposal"]) => p.base_url || providers.find((q) => q.id === p.provider)?.base_url;
  const known = proposals.filter(home);
  const relay = proposals.find((p) => !home(p));
  return (
    <Alert color="blue" icon={<IconInfoCircle />} title={t("Whose key is it?")} role="status">
      <Stack gap="xs">
        <Text size="sm">{t("More than one provider has keys of this form. It is sent to the one that you choose, and to nobody else.")}</Text>
        <Group gap="xs">
          {known.map((p) => (
            <Button key={`${p.provider} ${p.base_url}`} size="xs" variant="default" onClick={() => choose({ key: item.key, provider: p.provider, base_url: p.base_url || undefined }, p.name)}>
              {p.name}
            </Button>
          ))}
        </Group>
        {relay !== undefined && (
          <form
            onSubmit={(e) => {
              e.preventDefault();
              choose({ key: item.key, provider: relay.provider, base_url: url }, t("Relay"));
            }}
          >
            <Group gap="xs" align="flex-end">
              <TextInput size="xs" label={t("Or a relay, at this address")} placeholder="https://relay.example/v1" value={url} onChange={(e) => setURL(e.currentTarget.value)} inputMode="url" style={{ flex: 1 }} />
              <Button size="xs" type="submit" variant="default" disabled={url.trim() === ""} leftSection={<IconCircleCheck size={14} />}>
                {t("Add")}
              </Button>
            </Group>
          </form>
        )}
        <Anchor component={Link} href="/accounts/add" size="xs" underline="always">
          {t("Say more about it by hand")}
        </Anchor>
      </Stack>
    </Alert>
  );
}
