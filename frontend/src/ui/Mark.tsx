/** The mark: several lines that become one. It is decoration; its name stands beside it. */
export function Mark({ size }: { size: number }) {
  return <img src="./mark.svg" width={size} height={size} alt="" />;
}
