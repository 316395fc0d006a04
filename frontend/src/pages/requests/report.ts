import type { Schemas } from "../../api/client";
import { duration, fromNanos } from "../../format";

/** A request in plain text, to be sent to whoever is asked for help: what was tried and how it went, and nothing that was said. */
export function report({ row, record }: Pick<Schemas["Request"], "row" | "record">, version: string, provider: (account: string) => string): string {
  const failed = row.error === undefined ? [] : [`The tool was told: ${row.status ? `${row.status} ` : ""}${row.error}`];
  const tries = (record.attempts ?? []).map((a, i) => {
    const answer = a.status ? `HTTP ${a.status}` : "no answer";
    const why = [a.kind, a.error].filter(Boolean).join(": ");
    return `${i + 1}. ${provider(a.account)}, as ${a.upstream}: ${answer} after ${duration(fromNanos(a.took))}${why ? ` (${why})` : ""}`;
  });
  const left = (record.excluded ?? []).map((x) => `Left out: ${provider(x.account)}: ${x.reason}`);
  return [
    `Metapi ${version}, request ${row.id}`,
    `${row.start} · asked for ${record.asked || "no model"} · ${row.protocol}${row.stream ? ", streamed" : ""} · ${row.state}`,
    ...failed,
    `Mode: ${record.mode ?? "–"}, ${(record.candidates ?? []).length} could serve`,
    ...tries,
    ...left,
  ].join("\n");
}
