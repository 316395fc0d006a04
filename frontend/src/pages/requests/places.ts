import type { Schemas } from "../../api/client";
import { stretch } from "../../api/queries";

type Hour = Schemas["Hour"];

/** All requests of a choice in the order of time, so that each has a number: the oldest is 0, and keeps it while others come. */
export class Places {
  private readonly ends: number[] = []; // how many there are up to the end of each hour
  readonly total: number;

  constructor(
    private readonly hours: Hour[],
    private readonly since?: string, // the first hour may be cut
  ) {
    let sum = 0;
    for (const h of hours) this.ends.push((sum += h.requests));
    this.total = sum;
  }

  /** The hour that a number is in. */
  private at(n: number): number {
    let [low, high] = [0, this.ends.length - 1];
    while (low < high) {
      const middle = (low + high) >> 1;
      if (this.ends[middle]! > n) high = middle;
      else low = middle + 1;
    }
    return low;
  }

  /** When the hour of a number began. */
  hour(n: number): string {
    return new Date((this.hours[this.at(n)]?.start ?? 0) * 1000).toISOString();
  }

  /** Where a stretch of rows begins: what the API is asked for. */
  place(of: number): { since: string; skip: number } {
    const n = of * stretch;
    const hour = this.hour(n);
    return { since: this.since !== undefined && this.since > hour ? this.since : hour, skip: n - (this.ends[this.at(n) - 1] ?? 0) };
  }
}
