// An error's stack → the place in a function's source at which it came.
// Invariant: a stack is data: of what it names only regular files below the roots are read, some few
// of them, and no text of theirs is shown.
import { SourceMap, type SourceMapPayload } from "node:module";
import { dirname, resolve } from "node:path";
import { fileURLToPath } from "node:url";
import { located, realPath, textOf } from "./paths.ts";

export interface Frame {
  readonly path: string;
  readonly line: number;
  readonly column: number;
}

/** The function, in the lines of the text that ran. */
export interface RunningFunction {
  /** Of the source file, links resolved; undefined: it is gone. */
  readonly path: string | undefined;
  /** As the span says it, relative to its project. */
  readonly file: string;
  readonly first: number;
  readonly last: number;
}

const MOST_FRAMES = 200;
const LONGEST_FRAME = 2000;
/** Whose source maps are looked at for one stack. */
const MOST_FILES = 8;
/** Larger ones are bundles', whose reading takes a second. */
const LARGEST_MAP_BYTES = 16 * 1024 * 1024;

/** V8's: `    at Model.chat (file:///app/dist/model.js:45:24)`. */
export function framesOf(stack: string): readonly Frame[] {
  const frames: Frame[] = [];
  for (const text of stack.split("\n", MOST_FRAMES)) {
    const line = text.slice(0, LONGEST_FRAME).trim();
    const end = /:(\d{1,9}):(\d{1,9})\)?$/.exec(line);
    if (!line.startsWith("at ") || end === null) continue;
    const before = line.slice(3, end.index);
    const open = line.endsWith(")") ? before.lastIndexOf(" (") : -1;
    const place = open < 0 ? before.replace(/^async /, "") : before.slice(open + 2);
    const path = pathOf(place);
    if (path !== undefined) frames.push({ path, line: Number(end[1]), column: Number(end[2]) });
  }
  return frames;
}

function pathOf(place: string): string | undefined {
  if (place.startsWith("/")) return place;
  if (/^[a-z]:[\\/]/i.test(place)) return place.replaceAll("\\", "/");
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
  running: RunningFunction,
  roots: readonly string[],
): Frame | undefined {
  const maps = new Map<string, SourceMap | undefined>();
  for (const frame of framesOf(stack)) {
    const source = isIn(frame.path, running) ? frame : sourceOf(frame, roots, maps);
    if (source === undefined || !isIn(source.path, running)) continue;
    if (source.line >= running.first && source.line <= running.last) return source;
  }
  return undefined;
}

function isIn(path: string, { path: own, file }: RunningFunction): boolean {
  if (path === own) return true;
  const real = realPath(path);
  // What is not here ran in another place, as in a container.
  return real === undefined ? path.endsWith(`/${file}`) : real === own;
}

function sourceOf(
  frame: Frame,
  roots: readonly string[],
  maps: Map<string, SourceMap | undefined>,
): Frame | undefined {
  if (!maps.has(frame.path)) {
    if (maps.size >= MOST_FILES) return undefined;
    maps.set(frame.path, mapOf(frame.path, roots));
  }
  const entry = maps.get(frame.path)?.findEntry(frame.line - 1, frame.column - 1);
  if (entry === undefined || !("originalSource" in entry)) return undefined;
  const { originalSource, originalLine, originalColumn } = entry;
  if (typeof originalSource !== "string") return undefined;
  const path = pathOf(originalSource) ?? resolve(dirname(frame.path), originalSource);
  return { path, line: originalLine + 1, column: originalColumn + 1 };
}

const COMMENT = "//# sourceMappingURL=";

function mapOf(path: string, roots: readonly string[]): SourceMap | undefined {
  try {
    const code = textBelow(path, roots) ?? "";
    const at = code.lastIndexOf(COMMENT);
    if (at < 0) return undefined;
    const url = code.slice(at + COMMENT.length).split(/\s/, 1)[0] ?? "";
    const inline = /^data:application\/json(?:;charset=[\w-]+)?;base64,/.exec(url)?.[0];
    // A map beside the code; one elsewhere is not read.
    if (inline === undefined && /[\\/:%]/.test(url)) return undefined;
    const text =
      inline === undefined
        ? textBelow(resolve(dirname(path), url), roots)
        : Buffer.from(url.slice(inline.length), "base64").toString("utf8");
    return text === undefined ? undefined : new SourceMap(JSON.parse(text) as SourceMapPayload);
  } catch {
    return undefined;
  }
}

function textBelow(path: string, roots: readonly string[]): string | undefined {
  const found = located(path, roots, { roots, largest: LARGEST_MAP_BYTES });
  return found.state === "found" ? textOf(found.path) : undefined;
}
