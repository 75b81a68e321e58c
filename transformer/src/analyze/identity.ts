// Functions and their text → what tells each from all others and from its earlier versions.
// Invariant: hashes are the same under each system's line ends; no two functions are one.
import { createHash } from "node:crypto";
import type { ts } from "../syntax.ts";
import type { Selected } from "./select.ts";

/** As in the facts. */
export interface Identity {
  readonly hash: string;
  /** From 2 on, where functions before it have the same name. */
  readonly nth?: number;
}

/** First 16 hex digits of the SHA-256 of a text, its line ends taken as `\n`. */
export function sourceHash(text: string): string {
  const lines = text.includes("\r\n") ? text.replaceAll("\r\n", "\n") : text;
  return createHash("sha256").update(lines).digest("hex").slice(0, 16);
}

/** Gives each function its identity; the order is that of the text. */
export function identify(file: ts.SourceFile, selected: readonly Selected[]): Identity[] {
  const counts = new Map<string, number>();
  return selected.map(({ node, qualifiedName }) => {
    const nth = (counts.get(qualifiedName) ?? 0) + 1;
    counts.set(qualifiedName, nth);
    const hash = sourceHash(file.text.slice(node.getStart(file), node.end));
    return nth === 1 ? { hash } : { hash, nth };
  });
}
