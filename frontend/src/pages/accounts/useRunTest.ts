import { useTestAccount } from "../../api/queries";
import { refused, tell, warn } from "../../ui/notify";
import { say } from "../../words";

/** Tries an account, and tells how that went. */
export function useRunTest(id: string) {
  const test = useTestAccount();
  const run = () =>
    test.mutate(id, {
      onError: refused,
      onSuccess: (d) => (d.ok ? tell(say([d.message, d.hint].filter(Boolean).join(" "))) : warn(say(d.hint ?? ""), say(d.message))),
    });
  return { run, pending: test.isPending };
}
