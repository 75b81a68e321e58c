// A status or a kind → its glyph and its word: never colour alone.
import type { JSX } from "preact";

const GLYPHS = {
  success: "✓",
  error: "✗",
  running: "◌",
  generation: "◆",
  span: "▪",
  changed: "⚠",
} as const;

export type GlyphName = keyof typeof GLYPHS;

export function Glyph({
  of,
  word,
}: {
  readonly of: GlyphName;
  readonly word?: boolean;
}): JSX.Element {
  return (
    <span class={`glyph is-${of}`}>
      <span aria-hidden="true">{GLYPHS[of]}</span>
      <span class={word === true ? "word" : "unseen"}>{of}</span>
    </span>
  );
}
