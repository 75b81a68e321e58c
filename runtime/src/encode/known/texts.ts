// A text → its JSON text, secrets masked; of a trace's texts, what was made before.
// Invariant: what is written is the same whether the text's trace has written it before or not.
import { isPlainIn, isShortAndPlain, quote, SHORT } from "../json-text.ts";
import type { Redactor } from "../redact/redactor.ts";
import type { Seen } from "./seen.ts";

/** Shorter texts are looked through as fast as they are found among those seen. */
const SHORTEST = 32;

export class Texts {
  readonly #redactor: Redactor;
  /** Texts with fewer characters take a shorter way where they are plain. */
  readonly #plainBelow: number;
  /** Of the trace that the value belongs to. */
  seen: Seen | undefined;
  /** Control characters are rare: they are looked for in what is written, once for all texts. */
  careful = false;
  /** Whether there are such texts since this was set to false. */
  joined = false;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
    this.#plainBelow = Math.min(SHORT, redactor.shortest);
  }

  /** Of a leaf that is printable ASCII and no secret, where that is seen at a glance. */
  shortJsonOf(value: unknown): string | undefined {
    switch (typeof value) {
      case "string":
        return value.length < this.#plainBelow && isShortAndPlain(value) ? `"${value}"` : undefined;
      case "number":
        return value - value === 0 ? `${value}` : undefined;
      case "boolean":
        return value ? "true" : "false";
      default:
        return value === null ? "null" : undefined;
    }
  }

  jsonOf(text: string): string {
    const { seen } = this;
    if (this.careful) return quote(this.#redactor.text(text));
    if (seen === undefined || text.length < SHORTEST) {
      const shown = this.#redactor.text(text);
      return isPlainIn(shown) ? this.#join(shown) : quote(shown);
    }
    const known = seen.find(text);
    if (known !== undefined) return known === "" ? this.#join(text) : known;
    const shown = this.#redactor.text(text);
    const plain = isPlainIn(shown);
    const json = plain ? this.#join(shown) : quote(shown);
    // What is its own JSON text in quotes is not kept twice.
    seen.keep(text, plain && shown === text ? "" : json);
    return json;
  }

  #join(text: string): string {
    this.joined = true;
    return `"${text}"`;
  }
}
