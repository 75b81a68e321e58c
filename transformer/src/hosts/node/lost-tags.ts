// JavaScript that a build wrote, and its map → the source whose tags the build left out.
// Invariant: a map or a source that cannot be read is passed over.
import { readFileSync } from "node:fs";
import { dirname, resolve } from "node:path";
import { REGISTRY_SYMBOL } from "../../abi.ts";
import { MAY_BE_TAG } from "../../analyze/analyze.ts";
import { inlineMap, mapBeside } from "../source-map.ts";

interface WrittenMap {
  readonly sourceRoot?: string;
  readonly sources?: readonly (string | null)[];
  readonly sourcesContent?: readonly (string | null)[];
}

/** @returns its path, or undefined where no tag is missing */
export function sourceOfLostTags(code: string, filename: string): string | undefined {
  // What is instrumented already reaches the runtime, under a name that begins so.
  if (!/\.[cm]?js$/.test(filename) || MAY_BE_TAG.test(code) || code.includes(REGISTRY_SYMBOL))
    return undefined;
  const json = inlineMap(code)?.json ?? mapBeside(code, filename);
  if (json === undefined) return undefined;
  try {
    const { sourceRoot = "", sources = [], sourcesContent = [] } = JSON.parse(json) as WrittenMap;
    const folder = resolve(dirname(filename), sourceRoot);
    const paths = sources.map((source) => resolve(folder, source ?? ""));
    return paths.find(
      (path, index) =>
        !/[\\/]node_modules[\\/]/.test(path) &&
        MAY_BE_TAG.test(sourcesContent[index] ?? readFileSync(path, "utf8")),
    );
  } catch {
    return undefined;
  }
}
