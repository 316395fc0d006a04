import { useTestAccount } from "../../api/queries";
import { refused, tell, warn } from "../../ui/notify";

/** Tries an account, and tells how that went. */
export function useRunTest(id: string) {
  const test = useTestAccount();
  const run = () =>
    test.mutate(id, {
      onError: refused,
      onSuccess: (d) => (d.ok ? tell([d.message, d.hint].filter(Boolean).join(" ")) : warn(d.hint ?? "", d.message)),
    });
  return { run, pending: test.isPending };
}
