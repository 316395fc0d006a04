import { useEffect, useState } from "react";

import { check, type Fault } from "../../api/routing";
import { t } from "../../words";

/** Where a fault is. */
export const faultIn = ({ line, column }: Fault, lines: boolean): string =>
  lines ? t("Line {{line}}, column {{column}}", { line: line ?? 1, column: column ?? 1 }) : t("Column {{column}}", { column: column ?? 1 });

/** What is wrong with a text or a condition, looked for a moment after the last letter. */
export function useFault(kind: "text" | "when", text: string | undefined): Fault | undefined {
  const [found, setFound] = useState<{ of: string; fault?: Fault }>();
  useEffect(() => {
    if (text === undefined || text === "") return;
    const stop = new AbortController();
    const timer = setTimeout(() => {
      check({ [kind]: text }, stop.signal).then(
        (c) => setFound({ of: text, fault: c.fault }),
        () => undefined, // whatever is asked next will tell that Metapi does not answer
      );
    }, 250);
    return () => {
      clearTimeout(timer);
      stop.abort();
    };
  }, [kind, text]);
  return found !== undefined && text !== undefined && text !== "" ? found.fault : undefined;
}
