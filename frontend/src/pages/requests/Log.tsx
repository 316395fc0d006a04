import { Button, Text, UnstyledButton } from "@mantine/core";
import { IconArrowUp } from "@tabler/icons-react";
import { type KeyboardEvent, memo, type ReactNode, useCallback, useLayoutEffect, useRef, useState } from "react";

import { type Choice, type Row, stretch, useNow, useStretches } from "../../api/queries";
import { clock, duration, money, when } from "../../format";
import { Fault, State, Tokens } from "../../ui/Parts";
import { requestState } from "../../ui/requests";
import { say, t, Trans } from "../../words";
import "./log.css";
import type { Places } from "./places";

const rowHeight = 44;
const headHeight = 36;
const spare = 6; // rows that are drawn above and below what is seen

/** Browsers cut what is taller than some 17 million pixels. Beyond this the scroll bar stands for more than it shows. */
const tallest = 15_000_000;

/**
 * Requests, newest first. Only what is seen is drawn and read, however many there are. Rows are told apart by their number from the oldest,
 * so that what comes meanwhile moves none that somebody looks at: it waits above, and is counted.
 */
export function Log({ choice, places, live, open }: { choice: Choice; places: Places; live: boolean; open: (id: string) => void }) {
  const box = useRef<HTMLDivElement>(null);
  const [{ top, height }, setView] = useState({ top: 0, height: 0 });
  const [held, setHeld] = useState<number>(); // how many are shown while new ones wait
  const [active, setActive] = useState<number>(); // the row that keys are about
  const shown = live && top < 1 ? places.total : Math.min(held ?? places.total, places.total);

  const full = shown * rowHeight;
  const tall = Math.min(full, tallest);
  const scale = full > tall ? (full - height) / (tall - height) : 1;
  const offset = top * scale;
  const first = Math.max(0, Math.floor(offset / rowHeight) - spare);
  const end = Math.min(shown, Math.ceil((offset + height) / rowHeight) + spare);

  const number = (index: number) => shown - 1 - index;
  const low = end > first ? Math.floor(number(end - 1) / stretch) : 0;
  const high = end > first ? Math.floor(number(first) / stretch) : -1;
  const parts = useStretches(choice, Array.from({ length: high - low + 1 }, (_, i) => places.place(low + i)));
  const row = (n: number): Row | undefined => parts[Math.floor(n / stretch) - low]?.data?.[n % stretch];

  const measure = useCallback(() => {
    const el = box.current;
    if (el) setView({ top: el.scrollTop, height: el.clientHeight - headHeight });
  }, []);
  useLayoutEffect(() => {
    const watch = new ResizeObserver(measure);
    watch.observe(box.current!);
    return () => watch.disconnect();
  }, [measure]);
  const scroll = () => {
    if (box.current!.scrollTop >= 1) setHeld((now) => now ?? places.total);
    else if (live) setHeld(undefined);
    measure();
  };
  const toNewest = () => {
    setHeld(live ? undefined : places.total);
    box.current!.scrollTop = 0;
    box.current!.focus();
  };
  if (!live && held === undefined && places.total > 0) setHeld(places.total);

  const move = (to: number) => {
    const index = Math.max(0, Math.min(shown - 1, to));
    setActive(number(index));
    const y = index * rowHeight;
    if (y < offset) box.current!.scrollTop = y / scale;
    else if (y + rowHeight > offset + height) box.current!.scrollTop = Math.ceil((y + rowHeight - height) / scale);
  };
  const at = active === undefined ? -1 : shown - 1 - active;
  const onKey = (e: KeyboardEvent) => {
    if (e.altKey || e.ctrlKey || e.metaKey) return;
    const page = Math.max(1, Math.floor(height / rowHeight) - 1);
    const from = at < 0 ? Math.ceil(offset / rowHeight) - 1 : at;
    const to = { ArrowDown: from + 1, ArrowUp: Math.max(0, from - 1), PageDown: Math.max(0, from) + page, PageUp: from - page, Home: 0, End: shown - 1 }[e.key];
    if (to !== undefined) move(to);
    else if (e.key === "Enter" && active !== undefined) {
      const chosen = row(active);
      if (chosen) open(chosen.id);
    } else return;
    e.preventDefault();
  };

  const rows = Array.from({ length: Math.max(0, end - first) }, (_, i) => first + i);
  const counting = rows.some((i) => row(number(i))?.state === "running");
  const now = useNow(counting);
  const today = new Date(now).setHours(0, 0, 0, 0); // all that a row which has ended must know of the time
  const fault = parts.find((p) => p.error !== null)?.error;
  return (
    <div className="log-frame">
      {places.total > shown && (
        <Button className="log-new" size="xs" radius="xl" leftSection={<IconArrowUp size={14} />} onClick={toNewest}>
          {t("{{count}} new", { count: places.total - shown })}
        </Button>
      )}
      {fault !== undefined && <Fault error={fault} />}
      <div
        ref={box}
        className="log"
        role="grid"
        tabIndex={0}
        aria-label={t("Requests")}
        aria-rowcount={shown + 1}
        aria-activedescendant={at >= first && at < end ? `request-${active}` : undefined}
        onScroll={scroll}
        onKeyDown={onKey}
      >
        <div className="log-head" role="row" aria-rowindex={1}>
          <Head>{t("State")}</Head>
          <Head>{t("Model")}</Head>
          <Head className="wide">{t("Tool")}</Head>
          <Head className="wide">{t("Account")}</Head>
          <Head className="wide log-figure">{t("Tokens")}</Head>
          <Head className="log-figure">{t("Cost")}</Head>
          <Head className="log-figure">{t("Took")}</Head>
          <Head className="wide log-figure">{t("When")}</Head>
        </div>
        <div className="log-rows" role="rowgroup" style={{ height: tall }}>
          {rows.map((i) => {
            const n = number(i);
            const r = row(n);
            return (
              <div
                key={n}
                id={`request-${n}`}
                className="log-row"
                role="row"
                aria-rowindex={i + 2}
                aria-selected={n === active}
                style={{ transform: `translateY(${i * rowHeight - offset + top}px)` }}
                onClick={() => {
                  setActive(n);
                  if (r) open(r.id);
                }}
              >
                {r ? <Cells row={r} now={r.state === "running" ? now : today} /> : <Awaited at={places.hour(n)} now={today} />}
              </div>
            );
          })}
        </div>
      </div>
    </div>
  );
}

const Head = ({ className, children }: { className?: string; children: ReactNode }) => (
  <div role="columnheader" className={className}>
    {children}
  </div>
);

const Cell = ({ className, children, title }: { className?: string; children: ReactNode; title?: string }) => (
  <div role="gridcell" className={className} title={title}>
    {children}
  </div>
);

/** A row that is not read yet: the hour that it is in, for who drags the scroll bar to a time. */
const Awaited = memo(function Awaited({ at, now }: { at: string; now: number }) {
  return (
    <>
      <Cell>{when(at, now)}</Cell>
      <Cell>…</Cell>
    </>
  );
});

/** One request. Most of what is seen stands still: only rows that change are drawn again. */
const Cells = memo(function Cells({ row: r, now }: { row: Row; now: number }) {
  const { tone, word } = requestState(r);
  const running = r.state === "running";
  const used = r.input_tokens + r.cache_read_tokens + r.cache_write_tokens + r.output_tokens > 0;
  return (
    <>
      <Cell>
        <State tone={tone}>{t(word)}</State>
      </Cell>
      <Cell>
        <UnstyledButton
          tabIndex={-1}
          maw="100%"
          display="block"
          aria-label={t("{{model}}, {{state}}, {{time}}", { model: r.model || t("A request without a model"), state: t(word), time: clock(r.start, now) })}
        >
          <Text size="sm" fw={550} lh={1.3} truncate>
            {r.model || "–"}
          </Text>
        </UnstyledButton>
        {r.error === undefined ? (
          <Text size="xs" lh={1.3} c="dimmed" className="slim" truncate>
            {r.account ? `${r.client} → ${r.account}` : r.client}
          </Text>
        ) : (
          <Text size="xs" lh={1.3} c="var(--mantine-color-error)" truncate title={say(r.error)}>
            {say(r.error)}
          </Text>
        )}
      </Cell>
      <Cell className="wide" title={r.client}>
        {r.client}
      </Cell>
      <Cell className="wide" title={r.account}>
        {r.attempts > 1 ? (
          <Trans text="{{account}} <small>(try {{n}})</small>" values={{ account: r.account ?? "–", n: r.attempts }} parts={{ small: <Text span size="xs" c="dimmed" /> }} />
        ) : (
          (r.account ?? (running ? "…" : "–"))
        )}
      </Cell>
      <Cell className="wide log-figure">
        <Tokens input={r.input_tokens + r.cache_write_tokens} cached={r.cache_read_tokens} output={r.output_tokens} estimated={r.tokens_estimated} />
      </Cell>
      <Cell className="log-figure">{running || !used ? "–" : money({ usd: r.cost_usd, estimated: r.cost_estimated })}</Cell>
      <Cell className="log-figure">{duration(running ? Math.max(0, now - Date.parse(r.start)) : (r.took_ms ?? 0))}</Cell>
      <Cell className="wide log-figure">{clock(r.start, now)}</Cell>
    </>
  );
});
