// A text that most traces have in common (a project, a Host, a browser) → its JSON text, encoded
// once.
// Invariant: as the encoder would write it; the number of those that are kept is bounded.
import type { Encoder } from "../encode/encoder.ts";

/** Characters. Longer ones are rare, and seldom the same. */
const LONGEST = 256;
/** Bytes of JSON that one character may take. */
const MOST_BYTES = 6;
const MOST_TEXTS = 500;

let encodedBy: Encoder | undefined;
/** By the name that they stand under, which may say that they are secret. */
let known = new Map<string, Map<string, string>>();
/** Of members: what stands before their values. */
let names = new Map<string, string>();
let count = 0;

function forget(encoder: Encoder): void {
  known = new Map();
  names = new Map();
  count = 0;
  encodedBy = encoder;
}

/** As `encoder.name`, of one that most traces have. */
export function repeatedName(encoder: Encoder, name: string): string {
  if (encoder !== encodedBy || count >= MOST_TEXTS) forget(encoder);
  let text = names.get(name);
  if (text === undefined) {
    names.set(name, (text = encoder.name(name)));
    count++;
  }
  return text;
}

/** @param limit bytes of UTF-8 */
export function repeatedJson(encoder: Encoder, text: string, limit: number, name = ""): string {
  if (text.length > LONGEST || text.length * MOST_BYTES + 2 > limit)
    return encoder.value(text, limit, name);
  if (encoder !== encodedBy || count >= MOST_TEXTS) forget(encoder);
  let texts = known.get(name);
  if (texts === undefined) known.set(name, (texts = new Map()));
  let json = texts.get(text);
  if (json === undefined) {
    json = encoder.value(text, limit, name);
    texts.set(text, json);
    count++;
  }
  return json;
}
