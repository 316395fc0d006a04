import type { ComponentProps } from "react";
import { Link } from "wouter";

import { addressOf, type Filter } from "./requests";

/** A link to the requests that have something in common. */
export function RequestsLink({ of, ...rest }: Omit<ComponentProps<"a">, "href"> & { of: Filter }) {
  return <Link href={addressOf(of)} {...rest} />;
}
