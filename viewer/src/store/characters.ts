// A text → which printable ASCII characters it has, without case, as bits of three numbers.
// Invariant: a character is told to be there where the text has it, and nowhere else.

/** Of the characters from 0x20, from 0x40 and from 0x60: the first is bit 0. */
export type Characters = readonly [number, number, number];

/** Their columns in the table `characters`. */
export const CHARACTER_COLUMNS = ["from_20", "from_40", "from_60"] as const;

const [FIRST, LAST, BITS] = [0x20, 0x7e, 32];

export function charactersIn(text: string): Characters {
  const found = new Uint32Array(3);
  // The sign of kelvin is a k, too: all is made small, and not ASCII's letters alone.
  const small = text.toLowerCase();
  for (let at = 0; at < small.length; at++) {
    const code = small.charCodeAt(at);
    if (code < FIRST || code > LAST) continue;
    const column = Math.floor(code / BITS) - 1;
    found[column] = (found[column] ?? 0) | (1 << (code % BITS));
  }
  const [signs = 0, between = 0, letters = 0] = found;
  return [signs, between, letters];
}

/** Where a character is looked for; undefined: it is none of these. */
export function bitOf(
  character: string,
): { readonly column: (typeof CHARACTER_COLUMNS)[number]; readonly bit: number } | undefined {
  const small = character.toLowerCase();
  if (small.length !== 1) return undefined;
  const code = small.charCodeAt(0);
  const column = CHARACTER_COLUMNS[Math.floor(code / BITS) - 1];
  if (code < FIRST || code > LAST || column === undefined) return undefined;
  return { column, bit: (1 << (code % BITS)) >>> 0 };
}
