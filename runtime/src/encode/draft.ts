// Pieces of JSON text, one behind the other → the text, as long as it fits.
// Invariant: what is taken off `left` is what the text takes at least; `bytesLeft` is exact.
import { bytesOf } from "./json-text.ts";

/** Of a character. */
const MOST_BYTES = 3;

export class Draft {
  text = "";
  /** Bytes at most. */
  left = 0;
  /** Something did not fit. */
  over = false;
  /** The beginning is wanted where all does not fit. */
  cut = false;
  #budget = 0;
  /** What was written, until its bytes are counted. */
  #uncounted = "";

  begin(budget: number, cut: boolean): void {
    this.text = "";
    this.left = budget;
    this.over = false;
    this.cut = cut;
    this.#budget = budget;
    this.#uncounted = "";
  }

  /** What was written. */
  taken(): string {
    const { text } = this;
    this.text = "";
    return text;
  }

  /** Whether a text that was taken is known to fit. */
  fits(text: string): boolean {
    this.#uncounted = text;
    return text.length * MOST_BYTES <= this.#budget || this.bytesLeft >= 0;
  }

  get bytesLeft(): number {
    if (this.#uncounted !== "") this.left = this.#budget - bytesOf(this.#uncounted);
    this.#uncounted = "";
    return this.left;
  }

  /** JSON text of printable ASCII. */
  ascii(json: string): void {
    if ((this.left -= json.length) < 0) this.over = true;
    else this.text += json;
  }

  /** JSON text of any characters. */
  json(json: string): void {
    if ((this.left -= this.cut ? bytesOf(json) : json.length) >= 0) this.text += json;
    else {
      this.over = true;
      if (this.cut) this.text += json.slice(0, this.left + json.length);
    }
  }

  /** Whether what is to come cannot fit, known by its number alone. */
  short(bytes: number): boolean {
    if (bytes <= this.left || this.cut) return false;
    this.left -= bytes;
    this.over = true;
    return true;
  }
}
