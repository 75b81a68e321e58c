// An answer → as much of it as an AI is to read, cut at its values.
// Invariant: what is cut is said; the text stays JSON and within its characters.

export type Answer = Readonly<Record<string, unknown>>;

/** Lengths that strings are cut to, one after another, until all of it fits. */
const LENGTHS = [4000, 1500, 600, 250, 100, 40];
/** Items that lists are cut to then. */
const COUNTS = [200, 100, 50, 20, 10, 5, 2, 1];
/** Deeper values show as a word: a parser of the reader's may recurse. */
const MOST_DEPTH = 40;
const DEEP = "…";
/** The API's own records keep all of their fields. */
const LEAST_FIELDS = 32;
const LEAST_NAME = 100;

export interface Fitted {
  readonly answer: Answer;
  /** The same, as JSON. */
  readonly text: string;
  readonly cut: boolean;
}

/**
 * @param most characters of JSON
 * @param more stands beside the rest where something was cut: how to ask for more
 */
export function fit(answer: Answer, most: number, more: Answer): Fitted {
  const whole = new Copy(Infinity, Infinity);
  const copy = whole.of(answer, 0) as Answer;
  const text = JSON.stringify(copy);
  if (!whole.cut && text.length <= most) return { answer: copy, text, cut: false };
  const said = { truncated: true, ...more };
  for (const [length, count] of steps()) {
    const shorter = { ...(new Copy(length, count).of(answer, 0) as Answer), ...said };
    const short = JSON.stringify(shorter);
    if (short.length <= most) return { answer: shorter, text: short, cut: true };
  }
  // Names alone are too long.
  return { answer: said, text: JSON.stringify(said), cut: true };
}

function* steps(): Generator<readonly [number, number]> {
  yield [Infinity, Infinity];
  for (const length of LENGTHS) yield [length, Infinity];
  for (const count of COUNTS) yield [LENGTHS.at(-1) ?? 0, count];
}

class Copy {
  /** Something is not in it. */
  cut = false;
  readonly #length: number;
  readonly #count: number;

  constructor(length: number, count: number) {
    this.#length = length;
    this.#count = count;
  }

  /** A copy without a prototype: keys of recorded values are any text. */
  of(value: unknown, depth: number): unknown {
    if (typeof value === "string") return this.#shortened(value, this.#length);
    if (typeof value !== "object" || value === null) return value;
    if (depth === MOST_DEPTH) {
      this.cut = true;
      return DEEP;
    }
    return Array.isArray(value) ? this.#list(value, depth) : this.#record(value, depth);
  }

  #list(list: readonly unknown[], depth: number): unknown[] {
    const items = list.slice(0, this.#count).map((item) => this.of(item, depth + 1));
    if (list.length > this.#count) {
      this.cut = true;
      items.push(`${DEEP} ${list.length - this.#count} more`);
    }
    return items;
  }

  #record(record: object, depth: number): Record<string, unknown> {
    const copy = Object.create(null) as Record<string, unknown>;
    const entries = Object.entries(record);
    const most = Math.max(this.#count, LEAST_FIELDS);
    for (const [key, item] of entries.slice(0, most))
      copy[this.#shortened(key, Math.max(this.#length, LEAST_NAME))] = this.of(item, depth + 1);
    if (entries.length > most) {
      this.cut = true;
      copy[DEEP] = `${entries.length - most} more`;
    }
    return copy;
  }

  #shortened(text: string, length: number): string {
    if (text.length <= length) return text;
    this.cut = true;
    // Not between the halves of a character.
    const end = /[\uD800-\uDBFF]/.test(text.charAt(length - 1)) ? length - 1 : length;
    return `${text.slice(0, end)}${DEEP} (${text.length} characters)`;
  }
}
