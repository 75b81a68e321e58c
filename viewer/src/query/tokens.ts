// A query's text → its terms, each with its place.
// Invariant: quotes keep blanks, commas and colons in a text; \" is a quote in one, \\ a backslash.
import { QueryError } from "../store.ts";

export interface Piece {
  readonly text: string;
  /** Its stars and comparisons are characters like others. */
  readonly quoted: boolean;
}

export interface Term {
  readonly not: boolean;
  /** Before the colon; undefined of words. */
  readonly field: string | undefined;
  /** What the commas part. */
  readonly pieces: readonly Piece[];
  readonly position: number;
}

/** More than that is no query that anybody types. */
const MOST_TERMS = 64;

/** @throws {QueryError} */
export function termsOf(query: string): readonly Term[] {
  const terms: Term[] = [];
  const reader = new Reader(query);
  for (reader.skipBlanks(); !reader.atEnd; reader.skipBlanks()) {
    if (terms.length === MOST_TERMS)
      throw new QueryError(`A query has at most ${MOST_TERMS} terms`, reader.at);
    terms.push(reader.term());
  }
  return terms;
}

class Reader {
  readonly #query: string;
  at = 0;

  constructor(query: string) {
    this.#query = query;
  }

  get atEnd(): boolean {
    return this.at >= this.#query.length;
  }

  skipBlanks(): void {
    while (!this.atEnd && isBlank(this.#query.charAt(this.at))) this.at++;
  }

  term(): Term {
    const position = this.at;
    const next = this.#query.charAt(position + 1);
    const not = this.#query.charAt(position) === "-" && next !== "" && !isBlank(next);
    if (not) this.at++;
    if (this.#query.charAt(this.at) === '"') {
      const pieces = [this.#piece(false)];
      this.#refuseRest();
      return { not, field: undefined, pieces, position };
    }
    const start = this.at;
    while (!this.atEnd && !isBlank(this.#query.charAt(this.at))) {
      const character = this.#query.charAt(this.at);
      if (character === ":") return { not, ...this.#fieldFrom(start), position };
      if (character === '"') break;
      this.at++;
    }
    const text = this.#query.slice(start, this.at);
    return { not, field: undefined, pieces: [{ text, quoted: false }], position };
  }

  #fieldFrom(start: number): { field: string; pieces: readonly Piece[] } {
    const field = this.#query.slice(start, this.at);
    const pieces: Piece[] = [];
    do {
      this.at++;
      pieces.push(this.#piece(true));
    } while (this.#query.charAt(this.at) === ",");
    this.#refuseRest();
    if (pieces.some(({ text, quoted }) => text === "" && !quoted))
      throw new QueryError(`After ${field}: stands a value`, start);
    return { field, pieces };
  }

  #piece(inList: boolean): Piece {
    if (this.#query.charAt(this.at) === '"') return { text: this.#quoted(), quoted: true };
    const start = this.at;
    while (!this.atEnd) {
      const character = this.#query.charAt(this.at);
      if (isBlank(character) || (inList && character === ",")) break;
      this.at++;
    }
    return { text: this.#query.slice(start, this.at), quoted: false };
  }

  #quoted(): string {
    const open = this.at++;
    let text = "";
    for (; !this.atEnd; this.at++) {
      const character = this.#query.charAt(this.at);
      const next = this.#query.charAt(this.at + 1);
      if (character === "\\" && (next === '"' || next === "\\")) {
        text += next;
        this.at++;
      } else if (character === '"') {
        this.at++;
        return text;
      } else text += character;
    }
    throw new QueryError("This quote is not closed", open, 'close it with "');
  }

  /** Behind a closed quote. */
  #refuseRest(): void {
    if (!this.atEnd && !isBlank(this.#query.charAt(this.at)))
      throw new QueryError("A blank is missing behind the quote", this.at);
  }
}

function isBlank(character: string): boolean {
  return /\s/u.test(character);
}
