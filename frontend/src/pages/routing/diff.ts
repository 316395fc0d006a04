export interface Line {
  sign: "+" | "−" | "";
  text: string;
}

/** What made one text of another: the lines that went and came, with one line around them. What stands between two changes is told as changed. */
export function diff(before: string, after: string): Line[] {
  const [was, is] = [before, after].map((text) => (text === "" ? [] : text.replace(/\n$/, "").split("\n"))) as [string[], string[]];
  const shorter = Math.min(was.length, is.length);
  let top = 0;
  while (top < shorter && was[top] === is[top]) top++;
  let end = 0;
  while (end < shorter - top && was.at(-1 - end) === is.at(-1 - end)) end++;
  const lines = (sign: Line["sign"], of: string[]) => of.map((text) => ({ sign, text }));
  return [
    ...lines("", is.slice(Math.max(0, top - 1), top)),
    ...lines("−", was.slice(top, was.length - end)),
    ...lines("+", is.slice(top, is.length - end)),
    ...lines("", is.slice(is.length - end, is.length - end + 1)),
  ];
}
