// Insertions into a text, in any order → the text with them, as a MagicString.
// Invariant: insertions nest as their ranges do; nothing of the original is removed or moved.
import { MagicString } from "magic-string";
import type { Range } from "../plan.ts";

/**
 * Which of two insertions for the same range is the outer one. A range can be a body, the value of
 * a return, an operand, and an expression that is wrapped, at the same time.
 */
export type Level = keyof typeof LEVELS;
const LEVELS = { body: 0, statement: 1, value: 2, operand: 3, expression: 4, keyword: 5 } as const;

interface Insertion {
  readonly at: number;
  /** At one offset: block heads, then what closes (inner first), then what opens (outer first). */
  readonly side: 0 | 1 | 2;
  readonly order: number;
  readonly rank: number;
  readonly text: string;
}

export class Insertions {
  readonly #all: Insertion[] = [];

  /** Behind an opening brace. */
  head(at: number, text: string): void {
    this.#all.push({ at, side: 0, order: 0, rank: 0, text });
  }

  open({ start, end }: Range, level: Level, text: string): void {
    this.#all.push({ at: start, side: 2, order: -end, rank: LEVELS[level], text });
  }

  close({ start, end }: Range, level: Level, text: string): void {
    this.#all.push({ at: end, side: 1, order: -start, rank: -LEVELS[level], text });
  }

  around(range: Range, level: Level, before: string, after: string): void {
    this.open(range, level, before);
    this.close(range, level, after);
  }

  into(code: string): MagicString {
    const all = this.#all
      .map((one) => (one.side === 2 ? { ...one, at: beforeAnnotation(code, one.at) } : one))
      .toSorted((a, b) => a.at - b.at || a.side - b.side || a.order - b.order || a.rank - b.rank);
    const output = new MagicString(code);
    for (let index = 0; index < all.length;) {
      const at = (all[index] as Insertion).at;
      let [behind, before] = ["", ""];
      for (let next = all[index]; next?.at === at; next = all[++index]) {
        if (next.side === 2) before += next.text;
        else behind += next.text;
      }
      insert(output, at, behind, before);
    }
    return output;
  }
}

/** Of the call behind it. Bundlers mind one that stands before anything else. */
const ANNOTATION = /\/\*\s*[#@]__[A-Z_]+__\s*\*\/\s*$/;
const LONGEST_ANNOTATION = 64;

function beforeAnnotation(code: string, at: number): number {
  const before = code.slice(Math.max(0, at - LONGEST_ANNOTATION), at);
  return at - (ANNOTATION.exec(before)?.[0].length ?? 0);
}

/**
 * @param behind belongs to the code before the offset
 * @param before belongs to the code after it
 */
function insert(output: MagicString, at: number, behind: string, before: string): void {
  const code = output.original;
  // After a word, a word needs a space: `return(x)` must not become `return$s…`.
  const apart =
    /[\w$\u0080-\uffff]/.test(code.charAt(at - 1)) && /^[\w$]/.test(behind || before) ? " " : "";
  if (apart !== "" || behind !== "") output.appendLeft(at, apart + behind);
  if (before === "") return;
  // magic-string gives an update a place in the map, that of the code behind, but no insertion.
  const character = String.fromCodePoint(code.codePointAt(at) ?? 0);
  output.update(at, at + character.length, before + character);
}
