// A text → the beginning of it that fits a budget, secrets masked; a mark where it was cut.
// Invariant: no secret is cut in half, as the mask is put on before the cut.
import { bytesOf, detached, quote, unitsWithin } from "../json-text.ts";
import type { Walk } from "../walk.ts";

const MARK = "…[truncated]";
const MARK_BYTES = bytesOf(MARK);

/** @param bytes of UTF-8, at least those of the mark */
export function cutText(walk: Walk, text: string, bytes: number): string {
  const masked = walk.previews.cut(text, bytes);
  if (text.length <= bytes && bytesOf(masked) <= bytes) return masked;
  return detached(masked.slice(0, unitsWithin(masked, bytes - MARK_BYTES))) + MARK;
}

/** As `cutText`, for a text whose JSON string, quotes included, takes at most so many bytes. */
export function cutForJson(walk: Walk, text: string, bytes: number): string {
  const masked = walk.previews.cut(text, bytes);
  if (text.length <= bytes && bytesOf(quote(masked)) <= bytes) return masked;
  const most = bytes - 2 - MARK_BYTES;
  return most < 0 ? "" : detached(masked.slice(0, unitsWithin(masked, bytes, most))) + MARK;
}
