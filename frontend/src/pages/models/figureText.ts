import { count, duration, rate, share, size } from "../../format";
import { type Figure, figures, type Name } from "./names";

/** A figure as it is shown. */
export function figureText(figure: Figure, n: Name): string {
  const v = figures[figure](n);
  if (v === undefined) return "–";
  switch (figure) {
    case "context":
    case "longest":
      return size(v);
    case "quality":
    case "answered":
      return share(v, 1);
    case "first":
      return duration(v);
    case "speed":
      return count(Math.round(v));
  }
  return rate(v);
}
