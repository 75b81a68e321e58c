// An error's stack → the line of the function at which it came.
// Invariant: a line of the function, or its head.
import { readFileSync } from "node:fs";
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import type { FailingLine } from "../views.ts";
import { isBelow } from "./paths.ts";

export interface Frame {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

export interface Shown {
  /** Of the source file. */
  readonly path: string;
  readonly first: number;
  readonly last: number;
}

/** V8's: `    at Model.chat (file:///app/dist/model.js:45:24)`. */
function framesOf(stack: string): readonly Frame[] {
  const frames: Frame[] = [];
  for (const line of stack.split("\n").slice(0, 200)) {
    const found = /^\s*at (?:.*? \()?(?:async )?(.+?):(\d+):(\d+)\)?$/.exec(line.slice(0, 2000));
    if (found === null) continue;
    const [, place = "", row = "", column = ""] = found;
    const path = pathOf(place);
    if (path !== undefined) frames.push({ path, line: Number(row), column: Number(column) });
  }
  return frames;
}

function pathOf(place: string): string | undefined {
  if (place.startsWith("/")) return place;
  if (!place.startsWith("file:")) return undefined;
  try {
    return fileURLToPath(place.replace(/\?.*$/, ""));
  } catch {
    return undefined;
  }
}

/** The first frame in the function, through source maps where it is in compiled output. */
export function failingFrame(
  stack: string,
  shown: Shown,
  roots: readonly string[],
): Frame | undefined {
  for (const frame of framesOf(stack)) {
    const source = frame.path === shown.path ? frame : sourceOf(frame, roots);
    if (source?.path === shown.path && source.line >= shown.first && source.line <= shown.last)
      return source;
  }
  return undefined;
}

/** Larger ones are bundles' whose map takes seconds to read. */
const LARGEST_MAP_BYTES = 32 * 1024 * 1024;

function sourceOf(frame: Frame, roots: readonly string[]): Frame | undefined {
  if (!roots.some((root) => isBelow(frame.path, root))) return undefined;
  const map = mapOf(frame.path);
  if (map === undefined) return undefined;
  const entry = map.findEntry(frame.line - 1, frame.column - 1);
  if (!("originalSource" in entry)) return undefined;
  const { originalSource, originalLine, originalColumn } = entry;
  const path = pathOf(originalSource) ?? resolve(dirname(frame.path), originalSource);
  return { path, line: originalLine + 1, column: originalColumn + 1 };
}

function mapOf(path: string): SourceMap | undefined {
  try {
    const code = readFileSync(path, "utf8");
    const at = code.lastIndexOf("//# sourceMappingURL=");
    if (at < 0) return undefined;
    const url = code.slice(at + "//# sourceMappingURL=".length).split(/\s/, 1)[0] ?? "";
    const inline = /^data:application\/json(?:;charset=[\w-]+)?;base64,(.*)$/.exec(url)?.[1];
    // A map beside the code; one elsewhere is not read.
    if (inline === undefined && /[\\/:%]/.test(url)) return undefined;
    const text =
      inline === undefined
        ? readFileSync(resolve(dirname(path), url), "utf8")
        : Buffer.from(inline, "base64").toString("utf8");
    if (text.length > LARGEST_MAP_BYTES) return undefined;
    return new SourceMap(JSON.parse(text) as SourceMapPayload);
  } catch {
    return undefined;
  }
}

export function failingLine(
  error: { readonly type: string; readonly message: string },
  line: number,
  column: number | null = null,
): FailingLine {
  return { line, column, type: error.type, message: error.message };
}
