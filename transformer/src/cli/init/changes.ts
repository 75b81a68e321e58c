// Edits of files → what is different in the end, as diffs and on disk.
// Invariant: nothing is written before `apply`; edits that change nothing are no changes.
import { mkdirSync, writeFileSync } from "node:fs";
import { dirname, relative } from "node:path";
import { createTwoFilesPatch } from "diff";
import { readText } from "../project/json-file.ts";
import { type Paint, visible } from "../terminal.ts";

export interface Change {
  /** Absolute. */
  readonly path: string;
  /** Undefined where the file is new. */
  readonly before: string | undefined;
  readonly after: string;
}

/** Files with edits that are not written yet. */
export class Changes {
  readonly #texts = new Map<string, string>();

  /** As it is, or will be. */
  read(path: string): string | undefined {
    return this.#texts.get(path) ?? readText(path);
  }

  write(path: string, text: string): void {
    this.#texts.set(path, text);
  }

  list(): Change[] {
    return [...this.#texts]
      .map(([path, after]) => ({ path, before: readText(path), after }))
      .filter(({ before, after }) => before !== after);
  }
}

export function apply({ path, after }: Change): void {
  mkdirSync(dirname(path), { recursive: true });
  writeFileSync(path, after);
}

/** @param root that names are relative to */
export function diffText({ path, before, after }: Change, root: string, paint: Paint): string {
  const name = relative(root, path).replaceAll("\\", "/");
  const from = before === undefined ? "/dev/null" : name;
  const patch = createTwoFilesPatch(from, name, before ?? "", after, "", "", { context: 2 });
  // From its first header on.
  const lines = patch.slice(patch.indexOf("--- ")).trimEnd().split("\n");
  return lines.map((line) => coloured(visible(line), paint)).join("\n");
}

function coloured(line: string, paint: Paint): string {
  if (line.startsWith("+++") || line.startsWith("---")) return paint("bold", line);
  if (line.startsWith("+")) return paint("green", line);
  return line.startsWith("-") ? paint("red", line) : line;
}
