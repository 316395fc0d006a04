// What is asked in the playground, and what comes of it. It outlives the page that shows it, and is not kept on disk.
import { useSyncExternalStore } from "react";

import { asProblem, data, DELETE, GET, POST, type Problem, type Schemas } from "./client";

export type Run = Schemas["Run"];
export type Prompt = Schemas["Prompt"];

/** What was asked, or what was answered. An answer that is no run yet was not even asked. */
export interface Turn {
  role: "user" | "assistant";
  text: string;
  images?: string[];
  run?: Run;
  first?: number; // ms until something came, as this page has seen it
}

export interface Column {
  id: number;
  model: string | null;
  /** The slug of the account that it is to be asked of; null: whichever routing chooses. */
  account: string | null;
  turns: Turn[];
}

export interface Options {
  maxOutput: number | "";
  temperature: number | "";
  effort: Prompt["effort"] | "";
}

export interface Board {
  columns: Column[];
  text: string;
  images: string[];
  system: string;
  options: Options;
  /** Of what was taken up from elsewhere: why it could not be, and whether it was more than can be asked here. */
  fault?: Problem;
  leftOut?: boolean;
}

export const mostColumns = 4;
const fresh = (): Board => ({ columns: [{ id: 1, model: null, account: null, turns: [] }], text: "", images: [], system: "", options: { maxOutput: "", temperature: "", effort: "" } });

let board = fresh();
let last = 1; // id of a column
const listeners = new Set<() => void>();

function set(next: Partial<Board>): void {
  board = { ...board, ...next };
  listeners.forEach((told) => told());
}

export const useBoard = (): Board =>
  useSyncExternalStore(
    (told) => {
      listeners.add(told);
      return () => listeners.delete(told);
    },
    () => board,
  );

export const edit = (next: Partial<Omit<Board, "columns">>): void => set(next);
export const editColumn = (id: number, next: Partial<Column>): void => set({ columns: board.columns.map((c) => (c.id === id ? { ...c, ...next } : c)) });
export const addColumn = (model: string | null = null): void => set({ columns: [...board.columns, { id: ++last, model, account: null, turns: [] }] });

export function removeColumn(id: number): void {
  stop(id);
  set({ columns: board.columns.filter((c) => c.id !== id) });
}

/** Begins anew with the same models. */
export function clear(): void {
  board.columns.forEach((c) => stop(c.id));
  set({ columns: board.columns.map((c) => ({ ...c, turns: [] })), text: "", images: [], fault: undefined, leftOut: undefined });
}

/** Takes up what was asked elsewhere: its last question stands ready to be asked. Returns the column. */
export function take(p: Prompt, account: string | null = null): number {
  board.columns.forEach((c) => stop(c.id));
  const turns = (p.turns ?? []).map((t): Turn => ({ role: t.role, text: t.text ?? "", images: t.images ?? undefined }));
  const asked = turns.at(-1)?.role === "user" ? turns.pop() : undefined;
  set({
    columns: [{ id: ++last, model: p.model, account, turns }],
    text: asked?.text ?? "",
    images: asked?.images ?? [],
    system: p.system ?? "",
    options: { maxOutput: p.max_output ?? "", temperature: p.temperature ?? "", effort: p.effort ?? "" },
    fault: undefined,
    leftOut: p.left_out,
  });
  return last;
}

/** Takes up a request that was captured. */
export async function takeRequest(id: string): Promise<void> {
  try {
    take(await data(GET("/api/requests/{id}/prompt", { params: { path: { id } } })));
  } catch (error) {
    set({ fault: asProblem(error) });
  }
}

export const runs = (c: Column): boolean => c.turns.at(-1)?.run?.state === "running";

/** Asks every column that has a model. */
export function askAll(): void {
  const { text, images } = board;
  const asked = board.columns.filter((c) => c.model !== null && !runs(c));
  if (asked.length === 0 || (text.trim() === "" && images.length === 0)) return;
  set({ text: "", images: [] });
  for (const c of asked) void askColumn(c.id, { role: "user", text, images });
}

/** What a model is told of a conversation: not the questions that it gave no answer to. */
export function told(turns: Turn[]): Turn[] {
  return turns.filter((t, i) => (t.role === "user" ? turns[i + 1] === undefined || turns[i + 1]!.text !== "" : t.text !== ""));
}

async function askColumn(id: number, turn: Turn): Promise<void> {
  const c = board.columns.find((c) => c.id === id)!;
  const { system, options } = board;
  const turns = [...told(c.turns), turn];
  const waiting: Turn = { role: "assistant", text: "", run: { id: "", state: "running", started: new Date().toISOString(), pieces: 0 } };
  editColumn(id, { turns: [...c.turns, turn, waiting] });
  const answer = await start({
    model: c.account === null ? c.model! : `${c.account}/${c.model}`,
    system: system.trim() || undefined,
    turns: turns.map(({ role, text, images }) => ({ role, text, images })),
    max_output: options.maxOutput === "" ? undefined : options.maxOutput,
    temperature: options.temperature === "" ? undefined : options.temperature,
    effort: options.effort || undefined,
  });
  if (!board.columns.some((c) => c.id === id && c.turns.includes(waiting))) {
    if (answer.id !== "") void DELETE("/api/playground/{id}", { params: { path: { id: answer.id } } }); // it was cleared meanwhile
    return;
  }
  change((t) => t === waiting, () => ({ ...waiting, run: answer }));
  if (answer.id !== "") void read(answer.id); // what was told before this page knew the run
}

/** Begins a run. One that cannot begin is one that has failed. */
async function start(body: Prompt): Promise<Run> {
  try {
    return await data(POST("/api/playground", { body }));
  } catch (error) {
    const p = asProblem(error);
    return { id: "", state: "failed", started: new Date().toISOString(), pieces: 0, error: [p.message, p.hint].filter(Boolean).join(" ") };
  }
}

function change(which: (t: Turn) => boolean, to: (t: Turn) => Turn): void {
  set({ columns: board.columns.map((c) => (c.turns.some(which) ? { ...c, turns: c.turns.map((t) => (which(t) ? to(t) : t)) } : c)) });
}

const of = (id: string) => (t: Turn) => t.run?.id === id;
const elapsed = (run: Run): number => Date.now() - Date.parse(run.started);

/** Reads all that a run has come to. */
async function read(id: string): Promise<void> {
  let run: Run;
  try {
    run = await data(GET("/api/playground/{id}", { params: { path: { id } } }));
  } catch (error) {
    change(of(id), (t) => ({ ...t, run: { ...t.run!, state: "failed", error: asProblem(error).message } }));
    return;
  }
  change(of(id), (t) => (run.pieces < t.run!.pieces ? t : { ...t, run, text: run.text ?? "", first: t.first ?? (run.pieces > 0 ? elapsed(run) : undefined) }));
}

/** Adds what an event tells. Where something before it is missing, or its end is told, the run is read. */
export function hear(d: Schemas["Delta"]): void {
  const turn = board.columns.flatMap((c) => c.turns).find(of(d.run));
  if (turn?.run === undefined || (d.to <= turn.run.pieces && !d.ended)) return;
  if (d.ended || d.from !== turn.run.pieces || (!d.text && !d.thinking)) {
    void read(d.run);
    return;
  }
  const run: Run = { ...turn.run, pieces: d.to, thinking: (turn.run.thinking ?? "") + (d.thinking ?? "") };
  change(of(d.run), (t) => ({ ...t, run, text: t.text + (d.text ?? ""), first: t.first ?? elapsed(run) }));
}

/** Reads what runs, after the connection was lost. */
export function resume(): void {
  for (const t of board.columns.flatMap((c) => c.turns)) if (t.run?.state === "running" && t.run.id !== "") void read(t.run.id);
}

/** Ends what a column is told; what has come stays. */
export function stop(id: number): void {
  const run = board.columns.find((c) => c.id === id)?.turns.at(-1)?.run;
  if (run?.state === "running" && run.id !== "") void DELETE("/api/playground/{id}", { params: { path: { id: run.id } } });
}

/** The figures of an answer that has ended: how fast it came, but for the wait. */
export function speed(row: Schemas["Row"]): number | undefined {
  const ms = (row.took_ms ?? 0) - (row.first_byte_ms ?? 0);
  return row.output_tokens > 0 && ms >= 50 ? (1000 * row.output_tokens) / ms : undefined;
}
