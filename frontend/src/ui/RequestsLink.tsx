import type { ComponentProps } from "react";
import { Link } from "wouter";

import type { Filter } from "../api/queries";

/** A link to the requests that have something in common. It travels with the history, so that going back finds it again. */
export function RequestsLink({ of, ...rest }: Omit<ComponentProps<"a">, "href"> & { of: Filter }) {
  return <Link href="/requests" state={of} {...rest} />;
}
