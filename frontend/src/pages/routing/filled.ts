/** What is said of an object: without what is undefined, which the API would be told as a value. */
export function filled<T extends object>(o: T): T {
  return Object.fromEntries(Object.entries(o).filter(([, v]) => v !== undefined)) as T;
}
