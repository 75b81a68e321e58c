// A trace's JSON text → its spans' texts and what stands around them, without parsing it.
// Invariant: a tab stands before each span and behind the last, and nowhere else: JSON's strings
// have it as \t.

import { NEXT_SPAN } from "./span-marks.ts";

export interface CutTrace {
  readonly head: string;
  readonly spans: readonly string[];
  readonly tail: string;
}

export function cutTrace(json: string): CutTrace {
  const pieces = json.split("\t");
  const [head = ""] = pieces;
  if (pieces.length < 3) return { head: json, spans: [], tail: "" };
  const spans = pieces
    .slice(1, -1)
    .map((piece, at) => (at < pieces.length - 3 ? piece.slice(0, -1) : piece));
  return { head, spans, tail: pieces.at(-1) ?? "" };
}

/** Traces with some of the spans each, of about `size` characters. */
export function partsOf({ head, spans, tail }: CutTrace, size: number): string[] {
  const parts: string[] = [];
  let texts: string[] = [];
  let length = 0;
  const frame = head.length + tail.length;
  const end = (): void => {
    if (texts.length > 0) parts.push(`${head}\t${texts.join(NEXT_SPAN)}\t${tail}`);
    texts = [];
    length = 0;
  };
  for (const span of spans) {
    if (frame + length + span.length > size) end();
    texts.push(span);
    length += span.length;
  }
  end();
  return parts;
}
