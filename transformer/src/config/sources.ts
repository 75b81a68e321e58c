// Where a configuration is said to be → its text and those that it extends, base first.
// Invariant: never throws; each file is read once, and what cannot be read is a finding at the
// place that names it.
import { existsSync, readdirSync, readFileSync, realpathSync } from "node:fs";
import { createRequire } from "node:module";
import { basename, dirname, extname, isAbsolute, join, relative, resolve } from "node:path";
import { type Code, finding, nearest } from "../diagnostics.ts";
import { type CheckedConfig, checkConfig, type ConfigFinding, type Extended } from "./check.ts";

export const CONFIG_NAME = "llmops.config.json";

/** The text of a configuration, and what stands in it. */
export interface ConfigText extends CheckedConfig {
  /** Absolute path, or `llmops.config.json` where the configuration is an object. */
  readonly file: string;
  readonly text: string;
}

export interface ConfigTexts {
  /** In the order in which they apply: what is extended stands before what extends it. */
  readonly list: readonly ConfigText[];
  /** Paths of all files that were read, or would be if they were there. */
  readonly paths: readonly string[];
  /** About what is extended, in the files that say so. */
  readonly findings: readonly (ConfigFinding & { readonly file: string })[];
}

/** Reads a configuration and all that it extends. */
export function collectTexts(file: string, text: string, directory: string): ConfigTexts {
  const reading = new Reading(directory);
  reading.add(file, text, directory, []);
  return reading;
}

class Reading implements ConfigTexts {
  readonly list: ConfigText[] = [];
  readonly paths: string[] = [];
  readonly findings: (ConfigFinding & { readonly file: string })[] = [];
  /** The folder that names of files are shown from. */
  readonly #root: string;
  readonly #read = new Set<string>();

  constructor(root: string) {
    this.#root = root;
  }

  /**
   * @param directory that its `extends` are relative to
   * @param chain the files that extend it, outermost first
   */
  add(file: string, text: string, directory: string, chain: readonly string[]): void {
    const checked = checkConfig(basename(file), text);
    const inside = [...chain, realPath(file)];
    this.#read.add(realPath(file));
    for (const extended of checked.extended) {
      const { name, range, jsonPath } = extended;
      const report = (code: Code, said: string, near?: string): void => {
        const found = finding(code, range, [basename(file), jsonPath, said], near);
        this.findings.push({ ...found, json_path: jsonPath, file });
      };
      const path = this.#resolve(extended, directory);
      this.paths.push(path);
      const real = realPath(path);
      if (inside.includes(real)) {
        const circle = [...inside.slice(inside.indexOf(real)), real];
        report("LLMOPS1106", circle.map((at) => relative(this.#root, at) || at).join(" → "));
        continue;
      }
      // Two may extend the same one.
      if (this.#read.has(real)) continue;
      const more = readText(path);
      if ("problem" in more)
        report("LLMOPS1105", `"${name}" ${more.problem}`, nearPath(name, path));
      else this.add(path, more.text, dirname(path), inside);
    }
    this.list.push({ ...checked, file, text });
  }

  /** `./base`, `../llmops.base.json`, `@acme/llmops-config`, `@acme/config/strict.json` */
  #resolve({ name }: Extended, directory: string): string {
    if (isAbsolute(name) || /^\.\.?(?:[\\/]|$)/.test(name)) return fileAt(resolve(directory, name));
    const require = createRequire(join(directory, CONFIG_NAME));
    for (const specifier of [`${name}/${CONFIG_NAME}`, name, `${name}.json`]) {
      try {
        const found = require.resolve(specifier);
        if (extname(found) === ".json") return found;
      } catch {
        // Another one may be exported.
      }
    }
    // What a package does not export can be read all the same.
    const folders = (require.resolve.paths(name) ?? []).map((folder) => fileAt(join(folder, name)));
    return folders.find((path) => existsSync(path)) ?? resolve(directory, name);
  }
}

/** A path may leave out `.json`, or name the folder. */
function fileAt(path: string): string {
  const candidates = [path, `${path}.json`, join(path, CONFIG_NAME)];
  return candidates.find((candidate) => "text" in readText(candidate)) ?? path;
}

function realPath(path: string): string {
  try {
    return realpathSync(path);
  } catch {
    return path;
  }
}

/** The text of a file without its byte order mark, or why it cannot be read. */
export function readText(path: string): { readonly text: string } | { readonly problem: string } {
  try {
    const bytes = readFileSync(path);
    // What PowerShell 5 writes with `>`.
    const wide = bytes[0] === 0xff && bytes[1] === 0xfe;
    return { text: bytes.toString(wide ? "utf16le" : "utf8").replace(/^\uFEFF/, "") };
  } catch (error) {
    const { code, message } = error as NodeJS.ErrnoException;
    if (code === "ENOENT" || code === "ENOTDIR") return { problem: "does not exist" };
    return { problem: code === "EISDIR" ? "is a directory" : `cannot be read: ${message}` };
  }
}

/** The file beside a missing one whose name is nearest, written as the missing one was. */
export function nearPath(written: string, path: string): string | undefined {
  try {
    const name = basename(path);
    const others = readdirSync(dirname(path)).filter((other) => other !== name);
    // The ending may be left out.
    const near = nearest(name, others) ?? nearest(`${name}.json`, others);
    return near === undefined ? undefined : written.slice(0, -basename(written).length) + near;
  } catch {
    return undefined;
  }
}
