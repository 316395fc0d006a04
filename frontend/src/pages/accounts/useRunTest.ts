import { useCallback } from "react";

import { useTestAccount } from "../../api/queries";
import { refused, tell, warn } from "../../ui/notify";
import { say } from "../../words";

/** Tries accounts, and tells how that went. */
export function useTest() {
  const { mutate, isPending } = useTestAccount();
  const run = useCallback(
    (id: string) =>
      mutate(id, {
        onError: refused,
        onSuccess: (d) => (d.ok ? tell(say([d.message, d.hint].filter(Boolean).join(" "))) : warn(say(d.hint ?? ""), say(d.message))),
      }),
    [mutate],
  );
  return { run, pending: isPending };
}

/** Tries an account, and tells how that went. */
export function useRunTest(id: string) {
  const { run, pending } = useTest();
  return { run: () => run(id), pending };
}
