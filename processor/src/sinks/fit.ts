// A value that is too large as JSON → the same with its largest texts cut.
// Invariant: keys, numbers and short texts stay; a text is cut between characters, and says so by
// an ellipsis.

/** Shorter ones are not worth cutting, and may be names or ids. */
const SHORTEST = 256;

/**
 * @returns at most `length` UTF-16 units, no half of a surrogate pair, with an ellipsis where
 * something is missing
 */
export function cut(text: string, length: number): string {
  if (text.length <= length) return text;
  const end = length - 1;
  const half = isHighSurrogate(text.charCodeAt(end - 1)) ? end - 1 : end;
  return `${text.slice(0, half)}…`;
}

function isHighSurrogate(unit: number): boolean {
  return unit >= 0xd800 && unit <= 0xdbff;
}

interface Leaf {
  readonly holder: Record<string, unknown>;
  readonly key: string;
  length: number;
}

/**
 * @returns the value itself where it fits `maxBytes` of JSON; else a copy, and whether there was
 * enough to cut
 */
export function fitted<T>(value: T, maxBytes: number): { value: T; cut: boolean } {
  const json = JSON.stringify(value);
  let bytes = Buffer.byteLength(json);
  if (bytes <= maxBytes) return { value, cut: false };
  const copy = JSON.parse(json) as T;
  const leaves: Leaf[] = [];
  collect(copy, leaves);
  while (bytes > maxBytes) {
    leaves.sort((a, b) => b.length - a.length);
    const [largest] = leaves;
    if (largest === undefined || largest.length <= SHORTEST) break;
    // All that are about as long as the longest together: one at a time would take long.
    for (const leaf of leaves) {
      if (leaf.length < largest.length / 2 || leaf.length <= SHORTEST) break;
      const text = String(leaf.holder[leaf.key]);
      const shorter = cut(text, Math.max(SHORTEST, text.length >> 1));
      bytes -= sizeOf(text) - sizeOf(shorter);
      leaf.holder[leaf.key] = shorter;
      leaf.length = shorter.length;
      if (bytes <= maxBytes) break;
    }
  }
  return { value: copy, cut: true };
}

function sizeOf(text: string): number {
  return Buffer.byteLength(JSON.stringify(text));
}

function collect(value: unknown, leaves: Leaf[]): void {
  if (typeof value !== "object" || value === null) return;
  const holder = value as Record<string, unknown>;
  for (const [key, member] of Object.entries(holder)) {
    if (typeof member !== "string") collect(member, leaves);
    else if (member.length > SHORTEST) leaves.push({ holder, key, length: member.length });
  }
}
