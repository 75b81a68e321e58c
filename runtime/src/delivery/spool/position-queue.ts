// Positions of records in one file → the same, first in, first out, in 24 bytes each. Outside of
// V8's heap: an outage leaves hundreds of thousands, which as objects take 270 bytes each and make
// V8 enlarge its heap (Node 24).

export interface Row {
  readonly seq: number;
  readonly offset: number;
  readonly length: number;
}

const FIELDS = 3;
const FIRST_ROWS = 16;

export class PositionQueue {
  /** Doubles: sequence numbers of a busy process leave 32 bits behind within days. */
  #fields: Float64Array | undefined;
  #head = 0;
  #tail = 0;

  get length(): number {
    return (this.#tail - this.#head) / FIELDS;
  }

  get first(): Row | undefined {
    if (this.#fields === undefined || this.#head === this.#tail) return undefined;
    const [seq = 0, offset = 0, length = 0] = this.#fields.subarray(this.#head);
    return { seq, offset, length };
  }

  push({ seq, offset, length }: Row): void {
    const fields = this.#withRoom();
    fields[this.#tail++] = seq;
    fields[this.#tail++] = offset;
    fields[this.#tail++] = length;
  }

  /** Drops the first one. */
  shift(): void {
    this.#head += FIELDS;
    if (this.#head >= this.#tail) this.clear();
  }

  clear(): void {
    this.#fields = undefined;
    this.#head = 0;
    this.#tail = 0;
  }

  #withRoom(): Float64Array {
    const fields = (this.#fields ??= new Float64Array(FIELDS * FIRST_ROWS));
    if (this.#tail < fields.length) return fields;
    const used = fields.subarray(this.#head, this.#tail);
    // Twice of what is used: room that was taken from the front is used again.
    const larger = new Float64Array(used.length * 2);
    larger.set(used);
    this.#tail = used.length;
    this.#head = 0;
    this.#fields = larger;
    return larger;
  }
}
