// A tsconfig → its options and files as TypeScript reads them, and its entry for our plugin.
// Invariant: `extends` is followed; a mistake in a tsconfig is TypeScript's to report.
import { dirname, isAbsolute, join, resolve } from "node:path";
import type { RawConfig } from "../../config/schema.ts";
import { type Compiler, ownFiles, type ts } from "../../syntax.ts";
import { type FilePlace, JsonFile } from "./json-file.ts";

export interface Tsconfig {
  /** Absolute. */
  readonly path: string;
  readonly options: ts.CompilerOptions;
  readonly parsed: ts.ParsedCommandLine;
  /** Absolute; no declaration files. Where it lists them one by one, a program is made of them. */
  readonly files: readonly string[];
  readonly hasFiles: boolean;
  /** Absolute paths of the tsconfigs that it references. */
  readonly references: readonly string[];
  readonly entry: PluginEntry | undefined;
  readonly text: JsonFile;
}

/** Ours in `plugins`. */
interface PluginEntry {
  readonly transformProgram: boolean;
  readonly config: RawConfig | string | undefined;
  /** Where the manifest is written, if at all. */
  readonly manifest: boolean | string | undefined;
}

/** Whether this `transform` of a plugin is ours. */
const OURS = /^llmops-transformer(?:\/|$)|[\\/]transformer[\\/]dist[\\/]index\.js$/;

/** @param path absolute, of a tsconfig or of a directory that holds one */
export function tsconfigAt(path: string): string {
  return path.endsWith(".json") ? path : join(path, "tsconfig.json");
}

/** @param path as for `tsconfigAt` */
export function readTsconfig(ts: Compiler, path: string): Tsconfig | undefined {
  const file = tsconfigAt(path);
  const text = JsonFile.read(file);
  if (text === undefined) return undefined;
  const host: ts.ParseConfigFileHost = {
    ...ts.sys,
    onUnRecoverableConfigFileDiagnostic: () => {},
  };
  const parsed = ts.getParsedCommandLineOfConfigFile(file, {}, host);
  if (parsed === undefined) return undefined;
  const { options, fileNames, projectReferences = [] } = parsed;
  let files: readonly string[] | undefined;
  return {
    path: file,
    options,
    parsed,
    hasFiles: fileNames.some(isCode),
    get files() {
      files ??= compiled(ts, parsed).filter(isCode);
      return files;
    },
    references: projectReferences.map((reference) => ts.resolveProjectReferencePath(reference)),
    entry: entryOf(options),
    text,
  };
}

function isCode(name: string): boolean {
  return !/\.d\.(?:[^.]+\.)?[cm]?ts$|\.json$/i.test(name);
}

/** Its files; where they are listed one by one, what those import, too. */
function compiled(
  ts: Compiler,
  { raw, fileNames, options, projectReferences }: ts.ParsedCommandLine,
): readonly string[] {
  const { files, include } = Object(raw) as { files?: unknown; include?: unknown };
  if (files === undefined || include !== undefined) return fileNames;
  const program = ts.createProgram({
    rootNames: fileNames,
    options: { ...options, noLib: true, types: [] },
    ...(projectReferences && { projectReferences }),
  });
  return ownFiles(program).map(({ fileName }) => fileName);
}

function entryOf({ plugins }: ts.CompilerOptions): PluginEntry | undefined {
  for (const plugin of Array.isArray(plugins) ? (plugins as readonly unknown[]) : []) {
    const { transform, transformProgram, config, manifest } = Object(plugin) as Record<
      string,
      unknown
    >;
    if (typeof transform !== "string" || !OURS.test(transform)) continue;
    const source = typeof config === "string" || isObject(config) ? config : undefined;
    const place = typeof manifest === "boolean" || typeof manifest === "string";
    return {
      transformProgram: transformProgram === true,
      config: source as RawConfig | string,
      manifest: place ? manifest : undefined,
    };
  }
  return undefined;
}

function isObject(value: unknown): boolean {
  return typeof value === "object" && value !== null;
}

/** A tsconfig and all that it references. */
export function withReferences(ts: Compiler, first: Tsconfig): Tsconfig[] {
  const found = new Map<string, Tsconfig>();
  const add = (config: Tsconfig | undefined): void => {
    if (config === undefined || found.has(config.path)) return;
    found.set(config.path, config);
    for (const path of config.references) add(readTsconfig(ts, path));
  };
  add(first);
  return [...found.values()];
}

/** Where its plugins stand, or would. */
export function pluginsPlace({ text }: Tsconfig): FilePlace {
  return text.placeOf(["compilerOptions", "plugins"]);
}

/** The directory that it writes to, and whether it writes code at all. */
export function emitOf({ options, path }: Tsconfig): { outDir: string | undefined; code: boolean } {
  const { outDir, noEmit = false, emitDeclarationOnly = false } = options;
  const absolute =
    outDir === undefined || isAbsolute(outDir) ? outDir : resolve(dirname(path), outDir);
  return { outDir: absolute, code: !noEmit && !emitDeclarationOnly };
}
