// A project → what every look at its build needs: its package, its sites, how paths are shown.
// Invariant: answers are the same for all that ask; what is costly is looked up once.
import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve } from "node:path";
import type { Compiler } from "../../syntax.ts";
import { readText } from "../project/json-file.ts";
import { type Installed, installed } from "../project/packages.ts";
import type { Package } from "../project/project.ts";

export class Evidence {
  readonly ts: Compiler;
  readonly root: string;
  readonly package: Package;
  /** Absolute paths of the files that hold a tracked function, of the whole project. */
  readonly siteFiles: ReadonlySet<string>;

  constructor(ts: Compiler, root: string, of: Package, siteFiles: ReadonlySet<string>) {
    this.ts = ts;
    this.root = root;
    this.package = of;
    this.siteFiles = siteFiles;
  }

  /** As people call it. */
  show(path: string): string {
    return relative(this.root, path).replaceAll("\\", "/") || ".";
  }

  installed(name: string): Installed | undefined {
    return installed(name, this.package.directory);
  }

  /**
   * Whether a module of ours is imported by a file, or by a file of the project that it imports.
   */
  importsUs(path: string, seen: Set<string> = new Set()): OurImport | undefined {
    if (seen.has(path)) return undefined;
    seen.add(path);
    const text = readText(path);
    if (text === undefined) return undefined;
    const specifiers = this.#specifiers(text);
    const own = specifiers.find((specifier) => OURS.test(specifier));
    if (own !== undefined) return { specifier: own, file: path, used: isUsed(text, own) };
    for (const specifier of specifiers) {
      const target = specifier.startsWith(".") ? moduleFile(path, specifier) : undefined;
      const found = target === undefined ? undefined : this.importsUs(target, seen);
      if (found !== undefined) return found;
    }
    return undefined;
  }

  /** Packages that a file imports itself. */
  packagesOf(path: string): readonly string[] {
    return this.#specifiers(readText(path) ?? "").filter((name) => !/^[./]|^node:/.test(name));
  }

  /** Whether a file is one that holds sites, or leads to one by relative imports. */
  reachesSites(path: string, seen: Set<string> = new Set()): boolean {
    if (this.siteFiles.has(path)) return true;
    if (seen.has(path)) return false;
    seen.add(path);
    return this.#specifiers(readText(path) ?? "")
      .filter((specifier) => specifier.startsWith("."))
      .some((specifier) => {
        const target = moduleFile(path, specifier);
        return target !== undefined && this.reachesSites(target, seen);
      });
  }

  #specifiers(text: string): readonly string[] {
    const { importedFiles } = this.ts.preProcessFile(text, true, true);
    return importedFiles.map(({ fileName }) => fileName);
  }
}

interface OurImport {
  readonly specifier: string;
  /** The file that imports it. */
  readonly file: string;
  /** The name that it is imported by is used. */
  readonly used: boolean;
}

const OURS = /^llmops-transformer(?:\/|$)/;

/** Whether a file does more with what it imports than to import it. */
function isUsed(text: string, specifier: string): boolean {
  const quoted = `["']${specifier}["']`;
  const imported =
    new RegExp(`\\bimport\\s+(?:\\*\\s+as\\s+)?([\\w$]+)\\s+from\\s*${quoted}`).exec(text) ??
    new RegExp(`\\bimport\\s*\\{[^}]*?([\\w$]+)\\s*,?\\s*\\}\\s*from\\s*${quoted}`).exec(text) ??
    new RegExp(`\\b(?:const|let|var)\\s+([\\w$]+)\\s*=[^;\\n]*${quoted}`).exec(text);
  // `require("…")()`, or an import for its effects alone
  if (imported === null) return true;
  const name = (imported[1] as string).replaceAll("$", "\\$");
  const code = text.replaceAll(/\/\*[^]*?\*\/|(?<=^|\s)\/\/.*$/gm, "");
  return (code.match(new RegExp(`(?<![\\w$."'])${name}(?![-\\w$])`, "g")) ?? []).length > 1;
}

/** The file that a relative import leads to, with the endings that TypeScript and bundlers try. */
function moduleFile(from: string, specifier: string): string | undefined {
  return sourceFile(resolve(dirname(from), specifier));
}

const ENDINGS = ["", ".ts", ".tsx", ".mts", ".cts", ".js", ".jsx", ".mjs", ".cjs"];

/** The source behind a path as people write it: `src/app`, `src/app.js` for `src/app.ts`. */
export function sourceFile(path: string): string | undefined {
  const bare = path.replace(/\.[cm]?jsx?$/, "");
  const candidates = [
    ...ENDINGS.map((ending) => path + ending),
    ...(bare === path ? [] : ENDINGS.slice(1).map((ending) => bare + ending)),
    ...ENDINGS.slice(1).map((ending) => join(path, `index${ending}`)),
  ];
  return candidates.find((candidate) => existsSync(candidate) && statSync(candidate).isFile());
}
