// Our map to a file's text, and the map that the text came with → one map to the first original.
// Invariant: exact to the segment; a map that cannot be read is left aside, and never an error.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import remapping from "@jridgewell/remapping";

/** As a bundler takes it. */
export interface SourceMapObject {
  /** 3. */
  readonly version: number;
  /** The compiled file. */
  readonly file?: string | null;
  /** The files that it was made of. */
  readonly sources: readonly (string | null)[];
  /** Their texts. */
  readonly sourcesContent?: readonly (string | null)[];
  /** Names as they were in the sources. */
  readonly names: readonly string[];
  /** Base64 VLQ: from places in the code to places in the sources. */
  readonly mappings: string;
}

/** The comment at the end of a text that holds its map. */
export interface InlineMap {
  readonly start: number;
  readonly end: number;
  readonly json: string;
}

const COMMENT =
  /\/\/[#@][ \t]*sourceMappingURL=data:(?:application|text)\/json(?:;charset=[^;,\s]*)?(;base64)?,([^\s'"`]*)\s*$/;
const MARK = "sourceMappingURL=data:";

export function inlineMap(text: string): InlineMap | undefined {
  const mark = text.lastIndexOf(MARK);
  if (mark < 0) return undefined;
  const start = text.lastIndexOf("//", mark);
  const match = start < 0 ? null : COMMENT.exec(text.slice(start));
  if (match === null || match.index !== 0) return undefined;
  const [whole, base64, content = ""] = match;
  try {
    const json =
      base64 === undefined
        ? decodeURIComponent(content)
        : Buffer.from(content, "base64").toString("utf8");
    JSON.parse(json);
    return { start, end: start + whole.trimEnd().length, json };
  } catch {
    return undefined;
  }
}

/** The map of a compiled file: `//# sourceMappingURL=app.js.map`. */
export function mapBeside(code: string, filename: string): string | undefined {
  const name = /\/\/# sourceMappingURL=([^\s:]+)\s*$/.exec(code.slice(-1000))?.[1];
  if (name === undefined) return undefined;
  try {
    return readFileSync(resolve(dirname(filename), decodeURIComponent(name)), "utf8");
  } catch {
    return undefined;
  }
}

export function commentOf(map: SourceMapObject): string {
  const base64 = Buffer.from(JSON.stringify(map)).toString("base64");
  return `//# sourceMappingURL=data:application/json;base64,${base64}`;
}

/** @param incoming the map of the text that `own` leads to: an object, or its JSON text */
export function composed(own: SourceMapObject, incoming: object | string): SourceMapObject {
  if (incoming === "") return own;
  try {
    let first = true;
    const load = (): string | null => {
      if (!first) return null;
      first = false;
      return typeof incoming === "string" ? incoming : JSON.stringify(incoming);
    };
    return JSON.parse(String(remapping(JSON.stringify(own), load))) as SourceMapObject;
  } catch {
    return own;
  }
}
