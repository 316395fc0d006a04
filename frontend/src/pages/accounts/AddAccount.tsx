import { Alert, Anchor, Button, Collapse, Group, Modal, PasswordInput, Select, Stack, Text, TextInput } from "@mantine/core";
import { useDebouncedValue, useDisclosure } from "@mantine/hooks";
import { IconChevronDown, IconChevronUp, IconCircleCheck, IconInfoCircle } from "@tabler/icons-react";
import { useQuery } from "@tanstack/react-query";
import { type ClipboardEvent, useState } from "react";
import { Link } from "wouter";

import { asProblem, type Schemas } from "../../api/client";
import { recognise, useAddAccount, useProviders } from "../../api/queries";
import { openLink } from "../../ui/openLink";
import { tell, warn } from "../../ui/notify";
import { Fault } from "../../ui/Parts";
import { ProxyField } from "../../ui/Proxy";
import { say, t, Trans } from "../../words";
import { sameHost, takeApart } from "./pasted";

export function AddAccount({ opened, close }: { opened: boolean; close: () => void }) {
  return (
    <Modal opened={opened} onClose={close} title={t("Add an account")} size="lg">
      <Text size="sm" c="dimmed" mb="sm">
        <Trans text="For Ollama, LM Studio and the like: <find>look for models on this machine</find>" parts={{ find: <Anchor component={Link} href="/accounts/find" size="sm" underline="always" /> }} />
      </Text>
      <Form close={close} />
    </Modal>
  );
}

function Form({ close }: { close: () => void }) {
  const { data: providers } = useProviders();
  const add = useAddAccount();
  const [key, setKey] = useState("");
  const [chosen, setChosen] = useState<string | null>(null);
  const [baseURL, setBaseURL] = useState<string | null>(null);
  const [name, setName] = useState<string | null>(null);
  const [proxy, setProxy] = useState("");
  const [network, { toggle }] = useDisclosure(false);

  // The key tells whose it may be; what the user says counts for more.
  const [settled] = useDebouncedValue(key.trim(), 200);
  const found = useQuery({
    queryKey: ["recognise", settled],
    queryFn: ({ signal }) => recognise(settled, signal),
    enabled: settled !== "",
    gcTime: 0, // a key is not kept here longer than the form is open
  });
  const proposals = settled === "" ? [] : (found.data?.proposals ?? []);
  const proposal = proposals.find((p) => p.provider === chosen) ?? (chosen === null ? likeliest(proposals, providers ?? [], baseURL) : undefined);
  const providerID = chosen ?? proposal?.provider ?? null;
  const provider = providers?.find((p) => p.id === providerID);
  const base = baseURL ?? proposal?.base_url ?? "";
  const needsBase = provider !== undefined && !provider.base_url;
  const keyless = provider?.keyless ?? false;
  const lacksKey = key.trim() === "" && (baseURL ?? "") !== "" && !keyless;
  const unclear = proposals.length > 1 && chosen === null;

  const submit = (force: boolean) =>
    add.mutate(
      { key, provider: providerID ?? undefined, base_url: base.trim() || undefined, name: name?.trim() || undefined, proxy: proxy || undefined, force: force || undefined },
      {
        onSuccess: (d) => {
          close();
          if (d.ok) tell(say(d.message));
          else warn(t("Test it once the server can be reached."), say(d.message));
        },
      },
    );
  const paste = (e: ClipboardEvent<HTMLInputElement>) => {
    const found = takeApart(e.clipboardData.getData("text"));
    if (found === undefined) return; // the rest of what people paste is taken apart where the key is tried
    e.preventDefault();
    setBaseURL(found.url);
    setKey(found.key ?? "");
    add.reset();
  };
  const problem = add.error ? asProblem(add.error) : null;

  return (
    <form
      onSubmit={(e) => {
        e.preventDefault();
        submit(false);
      }}
    >
      <Stack>
        <PasswordInput
          label={t("Key")}
          description={keyless ? t("This server may want none: leave it empty then.") : t("Paste it as it is. A line of a shell script will do, and so will an address with its key.")}
          placeholder="sk-…"
          value={key}
          onChange={(e) => {
            setKey(e.currentTarget.value);
            add.reset();
          }}
          onPaste={paste}
          autoComplete="off"
          required={!keyless}
          data-autofocus
        />
        {lacksKey && (
          <Alert color="blue" icon={<IconInfoCircle />} py="xs" role="status">
            {t("The address stands below. Now paste its key here.")}
          </Alert>
        )}
        {settled !== "" && found.error && <Fault error={found.error} />}
        {proposal !== undefined && (
          <Alert color={unclear ? "blue" : "teal"} icon={unclear ? <IconInfoCircle /> : <IconCircleCheck />} py="xs" role="status">
            {unclear ? t("This may be a key of {{name}} ({{why}}). Choose the provider if it is another.", { name: proposal.name, why: say(proposal.why) }) : t("{{name}}: {{why}}.", { name: proposal.name, why: say(proposal.why) })}
          </Alert>
        )}
        <Select
          label={t("Provider")}
          placeholder={t("Found by the key")}
          data={grouped(providers ?? [])}
          value={providerID}
          onChange={setChosen}
          allowDeselect={false}
          searchable
        />
        {provider?.key_url && (
          <Text size="xs" c="dimmed" mt={-8}>
            <Trans text="No key yet? <page>Get one at {{host}}</page>" values={{ host: new URL(provider.key_url).hostname }} parts={{ page: <Anchor href={provider.key_url} onClick={openLink} size="xs" underline="always" /> }} />
          </Text>
        )}
        <TextInput
          label={t("Base URL")}
          description={
            needsBase
              ? t("The address that the server's documentation tells for API calls.")
              : provider?.local
                ? t("Leave it as it is, unless the server is elsewhere.")
                : t("Leave it as it is, unless your key is for another address.")
          }
          placeholder={provider?.base_url || provider?.example || "https://relay.example/v1"}
          value={base}
          onChange={(e) => setBaseURL(e.currentTarget.value)}
          required={needsBase}
          inputMode="url"
        />
        <TextInput label={t("Name")} placeholder={proposal?.name || provider?.name || t("What you want to call it")} value={name ?? ""} onChange={(e) => setName(e.currentTarget.value)} maxLength={64} />
        <div>
          <Button variant="subtle" size="compact-sm" onClick={toggle} aria-expanded={network} rightSection={network ? <IconChevronUp size={14} /> : <IconChevronDown size={14} />}>
            {t("Network")}
          </Button>
          <Collapse expanded={network}>
            <ProxyField value={proxy} onChange={setProxy} follows />
          </Collapse>
        </div>
        {problem !== null && (
          <>
            <Fault error={problem} />
            {problem.code === "upstream-unproven" && (
              <Button variant="subtle" size="xs" onClick={() => submit(true)} loading={add.isPending}>
                {t("Keep it all the same, and try later")}
              </Button>
            )}
          </>
        )}
        <Group justify="space-between">
          <Text size="xs" c="dimmed">
            {t("The key is tried, and kept encrypted on this machine.")}
          </Text>
          <Group gap="xs">
            <Button variant="default" onClick={close}>
              {t("Cancel")}
            </Button>
            <Button type="submit" loading={add.isPending} disabled={(key.trim() === "" && !keyless) || providerID === null || (needsBase && base.trim() === "")}>
              {t("Add")}
            </Button>
          </Group>
        </Group>
      </Stack>
    </form>
  );
}

/** The providers, those first that most people look for. */
function grouped(providers: Schemas["ProviderInfo"][]) {
  const items = (wanted: (p: Schemas["ProviderInfo"]) => boolean) => providers.filter(wanted).map((p) => ({ value: p.id, label: p.name }));
  const relay = (p: Schemas["ProviderInfo"]) => !p.base_url && !p.example;
  return [
    { group: t("Vendors"), items: items((p) => !relay(p) && !p.local) },
    { group: t("On this machine"), items: items((p) => p.local ?? false) },
    { group: t("Relays and your own servers"), items: items(relay) },
  ].filter((g) => g.items.length > 0);
}

/** The proposal to begin with. An address counts: a key that could be OpenAI's is a relay's if it came with a relay's address. */
function likeliest(proposals: Schemas["Proposal"][], providers: Schemas["ProviderInfo"][], address: string | null): Schemas["Proposal"] | undefined {
  if (!address || proposals.length < 2) return proposals[0];
  const own = (p: Schemas["Proposal"]) => p.base_url || providers.find((q) => q.id === p.provider)?.base_url;
  return proposals.find((p) => sameHost(own(p), address)) ?? proposals.find((p) => !own(p)) ?? proposals[0];
}
