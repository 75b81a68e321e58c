// What happened to every trace, in numbers: accepted = acked + pending + dropped, by reason.
// Drops are also told to the destination, with the next message that arrives there.

import { report } from "../platform/report.ts";
import type { DropReason } from "./stats.ts";

const SENTENCES: Record<DropReason, string> = {
  queue_full: "the memory for unsent traces is used up",
  disk_full: "the spool directory has reached its cap",
  no_destination: "there is neither a destination nor a usable spool directory",
  oversize: "a message is larger than SQS takes",
  rejected: "the destination refused them for good",
  unreadable: "they could not be read back from disk",
  corrupt: "lines in the spool are damaged",
  shutdown: "the process ended, or shutdown() was called, before they were sent",
  invalid: "they are no traces",
};

export class Account {
  accepted = 0;
  recovered = 0;
  acked = 0;
  readonly #dropped = new Map<DropReason, number>();
  #untold = new Map<string, number>();

  drop(reason: DropReason, times: number = 1): void {
    this.#dropped.set(reason, (this.#dropped.get(reason) ?? 0) + times);
    this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + times);
    report(
      `dropped-${reason}`,
      `traces are being dropped: ${SENTENCES[reason]} (stats() counts them)`,
    );
  }

  get dropped(): Readonly<Partial<Record<DropReason, number>>> {
    return Object.fromEntries(this.#dropped);
  }

  /** For the next message; undefined where there is nothing to tell. */
  takeUntold(): Readonly<Record<string, number>> | undefined {
    if (this.#untold.size === 0) return undefined;
    const told = Object.fromEntries(this.#untold);
    this.#untold = new Map();
    return told;
  }

  /** That message did not arrive. */
  returnUntold(told: Readonly<Record<string, number>>): void {
    for (const [reason, times] of Object.entries(told)) {
      this.#untold.set(reason, (this.#untold.get(reason) ?? 0) + times);
    }
  }
}
