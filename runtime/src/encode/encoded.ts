// JSON text that the encoder wrote → a leaf of a later walk, and its members where it must shrink.
// Invariant: it is never masked or escaped a second time.
import { isObject } from "../platform/own-properties.ts";
import {
  BACKSLASH,
  CLOSE_BRACE,
  CLOSE_BRACKET,
  COLON,
  COMMA,
  DOUBLE_QUOTE,
  OPEN_BRACE,
  OPEN_BRACKET,
} from "./characters.ts";

const prototypeOf = Object.getPrototypeOf;

/** What was encoded in the moment of the call. */
export class Encoded {
  readonly text: string;
  constructor(text: string) {
    this.text = text;
  }
  static is(value: unknown): value is Encoded {
    return isObject(value) && prototypeOf(value) === Encoded.prototype;
  }
}

/** What stands directly in a JSON object or array. */
export interface Members {
  /** `"name":` of each; "" in an array. */
  readonly labels: readonly string[];
  readonly texts: readonly string[];
}

export function membersOf(json: string): Members {
  const labels: string[] = [];
  const texts: string[] = [];
  let depth = 0;
  let label = "";
  let start = 1;
  for (let at = 0; at < json.length; at++) {
    const code = json.charCodeAt(at);
    if (code === DOUBLE_QUOTE) at = closingQuote(json, at);
    else if (code === OPEN_BRACE || code === OPEN_BRACKET) depth++;
    else if (code === COLON && depth === 1) {
      label = json.slice(start, at + 1);
      start = at + 1;
    } else {
      const ends = code === CLOSE_BRACE || code === CLOSE_BRACKET;
      if (ends) depth--;
      if (at > start && (ends ? depth === 0 : code === COMMA && depth === 1)) {
        labels.push(label);
        texts.push(json.slice(start, at));
        start = at + 1;
      }
    }
  }
  return { labels, texts };
}

function closingQuote(json: string, opening: number): number {
  let at = json.indexOf('"', opening + 1);
  while (isEscaped(json, at)) at = json.indexOf('"', at + 1);
  return at;
}

function isEscaped(json: string, at: number): boolean {
  let slashes = 0;
  while (json.charCodeAt(at - 1 - slashes) === BACKSLASH) slashes++;
  return slashes % 2 === 1;
}
