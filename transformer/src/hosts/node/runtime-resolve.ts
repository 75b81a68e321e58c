// A file's import of the runtime → where it is, also where the file's own package does not list it.
// Invariant: Node looks; what it finds by itself stays as it is.
import Module, { createRequire, type ResolveHookSync } from "node:module";
import { dirname, join } from "node:path";
import { fileURLToPath, pathToFileURL } from "node:url";
import { RUNTIME_MODULE } from "../../abi.ts";
import type { Projects } from "../bundlers/projects.ts";
import { directoriesFor, missingRuntime } from "../bundlers/runtime-import.ts";

/** Of `import`. */
export function resolveHook(projects: Projects): ResolveHookSync {
  return (specifier, context, nextResolve) => {
    const { parentURL, conditions } = context;
    const ours = specifier === RUNTIME_MODULE && parentURL?.startsWith("file:") === true;
    if (!ours || conditions.includes("require")) return nextResolve(specifier, context);
    return found(projects, fileURLToPath(parentURL), (from) =>
      nextResolve(
        specifier,
        from === undefined ? context : { ...context, parentURL: pathToFileURL(from).href },
      ),
    );
  };
}

interface CommonJs {
  _resolveFilename(request: string, parent?: { filename?: string }, ...more: unknown[]): string;
}

/** Of `require`: Plug'n'Play looks past all hooks, and Node would not look from another file. */
export function resolveRequired(projects: Projects): void {
  const commonJs = Module as unknown as CommonJs;
  const { _resolveFilename: resolve } = commonJs;
  /** `createRequire` comes by here again. */
  let asking = false;
  commonJs._resolveFilename = function (request, parent, ...more) {
    const ask = (): string => Reflect.apply(resolve, this, [request, parent, ...more]);
    const importer = parent?.filename;
    if (request !== RUNTIME_MODULE || importer === undefined || asking) return ask();
    asking = true;
    try {
      return found(projects, importer, (from) =>
        from === undefined ? ask() : createRequire(from).resolve(request),
      );
    } finally {
      asking = false;
    }
  };
}

/** @param look from a file; undefined: from the importer itself */
function found<Found>(
  projects: Projects,
  importer: string,
  look: (from: string | undefined) => Found,
): Found {
  const entry = process.argv[1];
  const entries = (): string[] => (entry === undefined ? [] : [dirname(entry)]);
  for (const directory of directoriesFor(importer, projects, entries)) {
    try {
      return look(directory === dirname(importer) ? undefined : join(directory, "package.json"));
    } catch {
      // It is not there.
    }
  }
  throw missingRuntime(importer, projects.root);
}
