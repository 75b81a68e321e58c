// A text that is cut → its beginning, secrets masked, also those that reach over the cut.
// Invariant: the previews of one value take no more work together than a few texts of its budget.
import { bytesOf } from "../json-text.ts";
import type { Redactor } from "../redact/redactor.ts";

/**
 * Characters searched beyond a cut: longer than any token, and than most PEM blocks (which match up
 * to the end anyway).
 */
const OVERLAP = 8192;
/** The same for all previews of one value. Texts beyond it are cut between words. */
const MOST_OVERLAP = 2 * OVERLAP;
/** Searched beyond a cut between words: what ends a secret that several words make up. */
const SHORT_OVERLAP = 256;
/** The last word of a text, with what stands in no token and in no password of a URL before it. */
const LAST_WORD = /[\s"<\u3000-\uD7FF][^\s"<\u3000-\uD7FF]*$/;
/** Characters of the texts in one value that are measured in bytes. */
const MOST_MEASURED = 2 * 65_536;

export class Previews {
  readonly #redactor: Redactor;
  #overlap = 0;
  #measured = 0;

  constructor(redactor: Redactor) {
    this.#redactor = redactor;
  }

  reset(): void {
    this.#overlap = 0;
    this.#measured = 0;
  }

  /** The first `units` characters. */
  cut(text: string, units: number): string {
    if (text.length <= units) return this.#redactor.text(text);
    return this.#redactor.text(text.slice(0, units + OVERLAP), units);
  }

  /** At most `units` characters. */
  of(text: string, units: number): string {
    if (text.length <= units) return this.#redactor.text(text);
    if (this.#overlap < MOST_OVERLAP) {
      this.#overlap += OVERLAP;
      return this.cut(text, units);
    }
    const end = text.slice(0, units).search(LAST_WORD);
    return end < 0 ? "" : this.#redactor.text(text.slice(0, units + SHORT_OVERLAP), end);
  }

  /** Bytes of UTF-8; undefined where measuring takes too long. */
  measure(text: string): number | undefined {
    this.#measured += text.length;
    return this.#measured <= MOST_MEASURED ? bytesOf(text) : undefined;
  }
}
