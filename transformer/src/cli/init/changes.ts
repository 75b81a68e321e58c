// Edits of files → what is different in the end, as diffs and on disk.
// Invariant: nothing is written before `applyAll`; edits that change nothing are no changes.
import {
  accessSync,
  constants,
  existsSync,
  mkdirSync,
  readFileSync,
  statSync,
  writeFileSync,
} from "node:fs";
import { dirname, relative } from "node:path";
import { createTwoFilesPatch } from "diff";
import { readText } from "../project/json-file.ts";
import { CommandError, type Paint, visible } from "../terminal.ts";

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

/** Writes all or, where one of them cannot be written, none. */
export function applyAll(changes: readonly Change[]): void {
  for (const { path } of changes) {
    const problem = problemOf(path);
    if (problem !== undefined)
      throw new CommandError(`${path} cannot be written (${problem}): nothing was changed.`);
  }
  for (const { path, before, after } of changes) {
    mkdirSync(dirname(path), { recursive: true });
    const mark = before !== undefined && readFileSync(path, "utf8").startsWith(BOM) ? BOM : "";
    writeFileSync(path, mark + after);
  }
}

const BOM = "\uFEFF";

/** Why a file, or the folder that it comes into, cannot be written. */
function problemOf(path: string): string | undefined {
  try {
    const stats = statSync(path, { throwIfNoEntry: false });
    if (stats?.isDirectory() === true) return "it is a directory";
    let target = path;
    while (!existsSync(target)) target = dirname(target);
    accessSync(target, constants.W_OK);
    return undefined;
  } catch (error) {
    return error instanceof Error ? error.message : String(error);
  }
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
