// What came in by each way, how much of it was stored, and what went wrong last.
import type { Pipeline, WayCounts } from "../views.ts";

type Way = keyof Pipeline["ingest"];
type Growing = { -readonly [Key in keyof WayCounts]: WayCounts[Key] };

export class Counts {
  readonly #ways: Record<Way, Growing> = {
    sqs: none(),
    spool: none(),
    otlp: none(),
    import: none(),
  };
  readonly #onChange: () => void;

  constructor(onChange: () => void) {
    this.#onChange = onChange;
  }

  get all(): Pipeline["ingest"] {
    return structuredClone(this.#ways);
  }

  received(way: Way, count: number): void {
    this.#ways[way].received += count;
    this.#ways[way].last_at = Date.now() / 1000;
    this.#onChange();
  }

  stored(way: Way, count: number): void {
    this.#ways[way].stored += count;
    this.#onChange();
  }

  failed(way: Way, count: number, reason: string): void {
    this.#ways[way].failed += count;
    this.#ways[way].last_error = reason;
    this.#onChange();
  }
}

function none(): Growing {
  return { received: 0, stored: 0, failed: 0, last_error: null, last_at: null };
}
