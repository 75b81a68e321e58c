// A project → what every look at its build needs: its package, its sites, how paths are shown.
// Invariant: answers are the same for all that ask; what is costly is looked up once.
import { existsSync, statSync } from "node:fs";
import { dirname, join, relative, resolve, sep } from "node:path";
import type { Compiler } from "../../syntax.ts";
import { JsonFile, readText } from "../project/json-file.ts";
import { type Installed, installed, lists, nearestWith } from "../project/packages.ts";
import type { Package } from "../project/project.ts";
import { type Flow, Flows } from "./flow.ts";

export class Evidence {
  readonly ts: Compiler;
  readonly root: string;
  readonly package: Package;
  /** Absolute paths of the files that hold a tracked function, of the whole project. */
  readonly siteFiles: ReadonlySet<string>;
  readonly #flows: Flows;
  readonly #imports = new Map<string, Imports>();

  constructor(ts: Compiler, root: string, of: Package, siteFiles: ReadonlySet<string>) {
    this.ts = ts;
    this.root = root;
    this.package = of;
    this.siteFiles = siteFiles;
    this.#flows = new Flows({ ts, moduleFile, dependsOnUs });
  }

  /** As people call it. */
  show(path: string): string {
    return relative(this.root, path).replaceAll("\\", "/") || ".";
  }

  installed(name: string): Installed | undefined {
    return installed(name, this.package.directory);
  }

  /** What of ours gets into a config, a build file or a file that is loaded first. */
  flowOf(path: string): Flow {
    return this.#flows.of(path);
  }

  /** Packages that a file imports, or a file that it leads to by relative imports. */
  packagesOf(path: string): ReadonlySet<string> {
    return new Set(
      [...this.#reachedFrom([path])].flatMap((file) => this.#importsOf(file).packages),
    );
  }

  /** Whether a tracked function is in a folder, or on the way from it; without any, always. */
  isAboutSites(folder: string): boolean {
    if (this.siteFiles.size === 0) return true;
    const inside = this.package.files.filter((file) => file.startsWith(folder + sep));
    return this.#holdsSite(this.#reachedFrom(inside));
  }

  /** Whether a file is one that holds sites, or leads to one by relative imports. */
  reachesSites(path: string): boolean {
    return this.#holdsSite(this.#reachedFrom([path]));
  }

  #holdsSite(files: Iterable<string>): boolean {
    for (const file of files) if (this.siteFiles.has(file)) return true;
    return false;
  }

  /** These files, and those that they lead to by relative imports. */
  *#reachedFrom(paths: readonly string[]): Generator<string, void> {
    const files = new Set(paths);
    // What is added meanwhile is walked, too.
    for (const file of files) {
      yield file;
      for (const next of this.#importsOf(file).files) files.add(next);
    }
  }

  #importsOf(path: string): Imports {
    const known = this.#imports.get(path);
    if (known !== undefined) return known;
    const { importedFiles } = this.ts.preProcessFile(readText(path) ?? "", true, true);
    const found: Imports = { files: [], packages: [] };
    for (const { fileName: specifier } of importedFiles) {
      const target = specifier.startsWith(".") ? moduleFile(path, specifier) : undefined;
      if (target !== undefined) found.files.push(target);
      else if (!/^[./]|^node:/.test(specifier)) found.packages.push(specifier);
    }
    this.#imports.set(path, found);
    return found;
  }
}

/** What a file imports itself. */
interface Imports {
  readonly files: string[];
  readonly packages: string[];
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

/** Whether a package depends on us: what a config imports from it may be our plugin. */
function dependsOnUs(from: string, specifier: string): boolean {
  const name = /^(?:@[^/]+\/)?[^/]+/.exec(specifier)?.[0] ?? specifier;
  const path = `node_modules/${name}/package.json`;
  const directory = nearestWith(dirname(from), path);
  const manifest = directory === undefined ? undefined : JsonFile.read(join(directory, path));
  return lists(manifest, "llmops-transformer");
}
