// The small parts that every page is made of.
import { Alert, Badge, Box, Card, Center, Group, Loader, Stack, Text, ThemeIcon, Title, Tooltip, VisuallyHidden } from "@mantine/core";
import { IconAlertTriangle } from "@tabler/icons-react";
import { type ComponentType, type ReactNode, useEffect } from "react";

import { asProblem } from "../api/client";
import { count, type Money, money } from "../format";
import { say, t } from "../words";

type Icon = ComponentType<{ size?: number | string; stroke?: number | string }>;

/** The frame of a page: its title, what it is about, and what can be done on it. */
export function Page({ title, about, actions, children }: { title: string; about?: ReactNode; actions?: ReactNode; children: ReactNode }) {
  useEffect(() => {
    document.title = `${title} – Metapi`;
  }, [title]);
  return (
    <Box component="main" maw={1120} mx="auto" p={{ base: "md", md: "lg" }} pb="xl">
      <Group justify="space-between" align="flex-start" mb="lg" gap="md">
        <Box>
          <Title order={1} size="h2">
            {title}
          </Title>
          {about !== undefined && (
            <Text c="dimmed" size="sm" mt={2}>
              {about}
            </Text>
          )}
        </Box>
        <Group gap="xs">{actions}</Group>
      </Group>
      {children}
    </Box>
  );
}

export function Section({ title, actions, children, ...rest }: { title: string; actions?: ReactNode; children: ReactNode; mt?: string }) {
  return (
    <Card component="section" withBorder padding="md" aria-label={title} {...rest}>
      <Group justify="space-between" mb="sm" wrap="nowrap">
        <Title order={2} size="h5">
          {title}
        </Title>
        {actions}
      </Group>
      {children}
    </Card>
  );
}

/** What stands where there is nothing yet: why, and what to do first. */
export function Empty({ icon: Icon, title, children, action }: { icon: Icon; title: string; children: ReactNode; action?: ReactNode }) {
  return (
    <Center py={48} px="md">
      <Stack align="center" gap="xs" maw={440} ta="center">
        <ThemeIcon size={56} radius="xl" variant="light" aria-hidden>
          <Icon size={28} stroke={1.5} />
        </ThemeIcon>
        <Title order={2} size="h4" mt="xs">
          {title}
        </Title>
        <Text c="dimmed" size="sm">
          {children}
        </Text>
        {action !== undefined && <Box mt="sm">{action}</Box>}
      </Stack>
    </Center>
  );
}

/** What went wrong, and what to do about it. */
export function Fault({ error, title }: { error: unknown; title?: string }) {
  const p = asProblem(error);
  return (
    <Alert color="red" icon={<IconAlertTriangle />} title={title ?? say(p.message)} role="alert">
      {title !== undefined && <Text size="sm">{say(p.message)}</Text>}
      {p.hint !== undefined && <Text size="sm">{say(p.hint)}</Text>}
    </Alert>
  );
}

/** Shows what was asked for once it is there; its height, where that is known, is kept for it. */
export function Loaded<T>({ of, height, children }: { of: { data: T | undefined; error: unknown }; height?: number; children: (data: T) => ReactNode }) {
  if (of.data !== undefined) return <>{children(of.data)}</>;
  if (of.error !== null && of.error !== undefined) return <Fault error={of.error} />;
  return (
    <Center py={height === undefined ? 64 : 0} h={height} role="status">
      <Loader />
      <VisuallyHidden>{t("Loading")}</VisuallyHidden>
    </Center>
  );
}

export function Figure({ label, value, note }: { label: string; value: ReactNode; note?: ReactNode }) {
  return (
    <Box className="figures">
      <Text size="xs" c="dimmed">
        {label}
      </Text>
      <Text size="xl" fw={650} lh={1.3}>
        {value}
      </Text>
      {note !== undefined && (
        <Text size="xs" c="dimmed">
          {note}
        </Text>
      )}
    </Box>
  );
}

/** A sum of money with what is to be known about it. */
export function Cost({ of }: { of: Money }) {
  const text = money(of);
  const why =
    of.usd === null || (of.partial && of.usd === 0)
      ? t("The price of this model at this account is not known.")
      : of.partial
        ? t("Some of it has no known price and is left out.")
        : of.estimated
          ? t("Estimated: the upstream told no token counts for some of it.")
          : of.by
            ? t("Told by {{who}} in the reply.", { who: of.by })
            : undefined;
  if (why === undefined) return <span className="nowrap">{text}</span>;
  return (
    <Tooltip label={why}>
      <span tabIndex={0} className="nowrap" style={{ textDecoration: "underline dotted", textUnderlineOffset: 3 }} aria-label={`${text}. ${why}`}>
        {text}
      </span>
    </Tooltip>
  );
}

/** Tokens in and out of a request, and how many of the input were read from a cache. */
export function Tokens({ input, cached, output, estimated }: { input: number; cached: number; output: number; estimated: boolean }) {
  if (input + cached + output === 0) return <span>–</span>;
  const figures = { in: count(input + cached), out: count(output), share: Math.round((100 * cached) / (input + cached)) };
  const told = cached > 0 ? t("{{in}} in, {{share}} % of it from a cache, {{out}} out", figures) : t("{{in}} in, {{out}} out", figures);
  return (
    <Tooltip label={estimated ? t("{{told}}; counted by Metapi, not told by the upstream", { told }) : told}>
      <span className="nowrap">
        {estimated ? "≈ " : ""}
        {count(input + cached)} → {count(output)}
      </span>
    </Tooltip>
  );
}

export type Tone = "good" | "busy" | "warn" | "bad" | "off";

const tones: Record<Tone, { color: string; sign: string }> = {
  good: { color: "teal", sign: "●" },
  busy: { color: "blue", sign: "◐" },
  warn: { color: "yellow", sign: "▲" },
  bad: { color: "red", sign: "✕" },
  off: { color: "gray", sign: "–" },
};

/** A state in a word, told apart by its sign and not by colour alone. */
export function State({ tone, children }: { tone: Tone; children: string }) {
  const { color, sign } = tones[tone];
  return (
    <Badge
      variant="light"
      color={color}
      c="var(--mantine-color-text)"
      tt="none"
      fw={600}
      miw="max-content"
      leftSection={
        <span aria-hidden className={tone === "busy" ? "pulse" : undefined} style={{ color: `light-dark(var(--mantine-color-${color}-8), var(--mantine-color-${color}-4))` }}>
          {sign}
        </span>
      }
    >
      {children}
    </Badge>
  );
}
