// The texts and values of a trace that were written of late → their JSON text, not made again.
// Invariant: what is written is the same as without. A trace's texts are forgotten with it, and
// those of a few traces are kept at most, some of each.
import { quoteIn } from "../json-text.ts";
import type { Redactor } from "../redact/redactor.ts";

/** Traces of which something is kept: those that wrote last. */
const MOST_TRACES = 4;
/** Texts of a trace, each in the place that it comes to. */
const PLACES = 64;
/** Characters of a trace's texts, and of their JSON. */
const MOST_CHARACTERS = 131_072;
/** Shorter texts are looked through as fast as they are found here. */
const SHORTEST = 32;
const VALUES = 8;
/** Characters and leaves of a value. */
const LONGEST_VALUE = 65_536;
const MOST_LEAVES = 8192;

/** A value that held nothing but data, and what was read of it. */
export class SeenValue {
  value: object | undefined;
  /** Its leaves, and the shapes and lengths of its containers, in their order. */
  readonly leaves: unknown[] = [];
  text = "";

  keep(value: object, text: string): void {
    if (text.length > LONGEST_VALUE || this.leaves.length > MOST_LEAVES) {
      this.drop();
      return;
    }
    this.value = value;
    this.text = text;
  }

  /** Of a value that does not fit, its leaves stay in their place for the next one's. */
  bound(): void {
    if (this.leaves.length > MOST_LEAVES) this.drop();
  }

  drop(): void {
    this.value = undefined;
    this.text = "";
    this.leaves.length = 0;
  }
}

type Verdict = "kept" | "clean" | "secret";

/** Of one trace. */
export class Seen {
  /** The trace. */
  owner: object | undefined;
  readonly #redactor: Redactor;
  readonly #texts: string[] = Array.from({ length: PLACES }, () => "");
  /** Empty where it was not yet asked for. */
  readonly #json: string[] = Array.from({ length: PLACES }, () => "");
  readonly #clean: boolean[] = Array.from({ length: PLACES }, () => false);
  #characters = 0;
  readonly #values: SeenValue[] = Array.from({ length: VALUES }, () => new SeenValue());
  #next = 0;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  /** Whether it holds no secret, and was kept as such a one; if not, it is from now on. */
  verdict(text: string): Verdict {
    const at = placeOf(text);
    if (this.#texts[at] === text && this.#clean[at] === true) return "kept";
    if (this.#redactor.text(text) !== text) return "secret";
    this.#note(at, text, "", true);
    return "clean";
  }

  /** Its JSON text, secrets masked. */
  jsonOf(text: string): string {
    const at = placeOf(text);
    const kept = this.#texts[at] === text;
    const json = this.#json[at] ?? "";
    if (kept && json !== "") return json;
    const shown = kept ? text : this.#redactor.text(text);
    const made = quoteIn(shown);
    this.#note(at, text, made, shown === text);
    return made;
  }

  #note(at: number, text: string, json: string, clean: boolean): void {
    const characters = text.length + json.length;
    if (this.#characters + characters > MOST_CHARACTERS) this.#forgetTexts();
    this.#characters += characters;
    this.#texts[at] = text;
    this.#json[at] = json;
    this.#clean[at] = clean;
  }

  /** What is kept of a value; of another one, if that is not kept: the one kept for longest. */
  valueOf(value: object): SeenValue {
    const values = this.#values;
    for (let at = 0; at < VALUES; at++) {
      const one = values[at] as SeenValue;
      if (one.value === value) return one;
    }
    this.#next = (this.#next + 1) % VALUES;
    return values[this.#next] as SeenValue;
  }

  forget(): void {
    this.owner = undefined;
    this.#forgetTexts();
    for (const one of this.#values) if (one.leaves.length > 0) one.drop();
  }

  #forgetTexts(): void {
    if (this.#characters === 0) return;
    this.#characters = 0;
    this.#texts.fill("");
    this.#json.fill("");
  }
}

/** Whether a text is worth a look here. */
export function isWorthKeeping(text: string): boolean {
  return text.length >= SHORTEST;
}

function placeOf(text: string): number {
  const { length } = text;
  const sum =
    length +
    text.charCodeAt(4) * 7 +
    text.charCodeAt(length >> 1) * 31 +
    text.charCodeAt(length - 3) * 17;
  return sum % PLACES;
}

/** Of the traces that wrote last. */
export class SeenOfTraces {
  /** The one that wrote last comes first. */
  readonly #all: Seen[] = [];
  readonly #redactor: Redactor;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  of(owner: object): Seen {
    const all = this.#all;
    const first = all[0];
    if (first?.owner === owner) return first;
    let at = all.findIndex((one) => one.owner === owner);
    if (at < 0) {
      if (all.length < MOST_TRACES) all.push(new Seen(this.#redactor));
      at = all.length - 1;
      const last = all[at] as Seen;
      last.forget();
      last.owner = owner;
    }
    const one = all[at] as Seen;
    all.copyWithin(1, 0, at);
    all[0] = one;
    return one;
  }

  forget(owner: object): void {
    const all = this.#all;
    const at = all.findIndex((one) => one.owner === owner);
    if (at < 0) return;
    const one = all[at] as Seen;
    one.forget();
    all.copyWithin(at, at + 1);
    all[all.length - 1] = one;
  }
}
