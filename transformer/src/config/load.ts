// llmops.config.json, an object or nothing → a frozen, matchable configuration, or findings that point into the JSON.
// Invariant: nothing else knows the raw form; the JSON Schema for editors is made from the same schema.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { basename, dirname, isAbsolute, join, relative, resolve, sep } from "node:path";
import { findNodeAtLocation, type ParseError, parseTree, printParseErrorCode } from "jsonc-parser";
import picomatch from "picomatch";
import * as v from "valibot";
import { type Code, type Diagnostic, type Finding, finding, nearest } from "../diagnostics.ts";
import { LEVELS, type SiteOptions } from "./options.ts";

const CONFIG_NAME = "llmops.config.json";

const texts = v.pipe(
  v.union([v.string(), v.array(v.string())], "must be a text or a list of texts"),
  v.description("One glob, or several."),
);
const selection = v.union(
  [v.boolean(), v.array(v.string())],
  "must be true, false or a list of names",
);
const optionEntries = {
  capture: v.optional(
    v.pipe(selection, v.description("Locals to record: all (true), none, or those named.")),
  ),
  captureSelf: v.optional(v.pipe(selection, v.description("Own fields of `this` to record."))),
  metadata: v.optional(v.record(v.string(), v.unknown(), "must be an object")),
  tags: v.optional(v.array(v.string(), "must be a list of texts")),
  level: v.optional(v.picklist(LEVELS, `must be one of ${LEVELS.join(", ")}`)),
  args: v.optional(v.boolean("must be true or false")),
  result: v.optional(v.boolean("must be true or false")),
  settle: v.optional(v.boolean("must be true or false")),
};
const entry = v.strictObject({
  files: v.optional(
    v.pipe(texts, v.description("Globs of files, relative to the config file. Default: all.")),
  ),
  functions: v.pipe(
    texts,
    v.description("Globs of qualified names (Class.method, outer.inner); ** is every function."),
  ),
  as: v.optional(v.literal("llm", 'must be "llm"')),
  name: v.optional(v.string("must be a text")),
  model: v.optional(v.string("must be a text")),
  ...optionEntries,
});
const schema = v.strictObject({
  $schema: v.optional(v.string("must be a text")),
  track: v.optional(v.array(entry, "must be a list of entries")),
  exclude: v.optional(v.array(v.string(), "must be a list of globs")),
  defaults: v.optional(v.strictObject(optionEntries)),
});
/** The options of an entry or of the defaults, as written. */
export interface RawOptions {
  capture?: boolean | string[] | undefined;
  captureSelf?: boolean | string[] | undefined;
  metadata?: Record<string, unknown> | undefined;
  tags?: string[] | undefined;
  level?: (typeof LEVELS)[number] | undefined;
  args?: boolean | undefined;
  result?: boolean | undefined;
  settle?: boolean | undefined;
}

/** An entry of `track`, as written. */
export interface RawEntry extends RawOptions {
  /** Globs of files, relative to the config file. @default all */
  files?: string | string[] | undefined;
  /** Globs of qualified names: `Class.method`, `outer.inner`, `**` for every function. */
  functions: string | string[];
  as?: "llm" | undefined;
  name?: string | undefined;
  model?: string | undefined;
}

/** As written in `llmops.config.json`. */
export interface RawConfig {
  $schema?: string | undefined;
  track?: RawEntry[] | undefined;
  exclude?: string[] | undefined;
  defaults?: RawOptions | undefined;
}

/** The whole file; `schema.json` is made from it. */
export const configSchema: v.GenericSchema<RawConfig> = schema;

/** A finding about the config file itself. */
interface ConfigFinding extends Finding {
  /** Absolute path, or the name of the file where the config is an object. */
  readonly file: string;
}

export interface Entry {
  readonly index: number;
  readonly matchesFile: (path: string) => boolean;
  readonly matchesFunction: (qualifiedName: string) => boolean;
  readonly options: SiteOptions;
  /** Its functions are named, not matched by globs. */
  readonly exact: boolean;
  /** Where it stands in the config's text. */
  readonly range: { readonly start: number; readonly length: number };
}

export interface Config {
  /** Absolute path, if it came from a file. */
  readonly path: string | undefined;
  readonly text: string;
  /** Directory that globs and reported file names are relative to. */
  readonly root: string;
  /** Changes when the configuration changes in any way. */
  readonly hash: string;
  readonly defaults: SiteOptions;
  readonly entries: readonly Entry[];
  readonly excludes: (path: string) => boolean;
  readonly findings: readonly ConfigFinding[];
}

/**
 * Loads the configuration.
 * @param source an object as in the file, a path (relative to `from`), or nothing: searched upwards from `from`
 * @param from absolute directory of the project
 */
export function loadConfig(source: RawConfig | string | undefined, from: string): Config {
  if (typeof source === "object") return resolveConfig(JSON.stringify(source), undefined, from);
  const path =
    source === undefined ? findUp(from) : isAbsolute(source) ? source : resolve(from, source);
  if (path === undefined) return resolveConfig("{}", undefined, from);
  try {
    return resolveConfig(readFileSync(path, "utf8"), path, dirname(path));
  } catch {
    const unreadable: ConfigFinding = {
      ...finding("LLMOPS1103", { start: 0, length: 0 }, [path]),
      file: path,
    };
    return { ...resolveConfig("{}", undefined, from), findings: [unreadable] };
  }
}

function findUp(from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const path = join(directory, CONFIG_NAME);
    if (existsSync(path)) return path;
    if (dirname(directory) === directory) return undefined;
  }
}

function resolveConfig(text: string, path: string | undefined, root: string): Config {
  const errors: ParseError[] = [];
  const file = path ?? CONFIG_NAME;
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const findings: ConfigFinding[] = [];
  const report = (
    code: Code,
    start: number,
    length: number,
    values: string[],
    near?: string,
  ): void => {
    findings.push({ ...finding(code, { start, length }, values, near), file });
  };
  const [broken] = errors;
  if (broken !== undefined || tree === undefined) {
    report("LLMOPS1102", broken?.offset ?? 0, broken?.length ?? 0, [
      broken ? printParseErrorCode(broken.error) : "it is empty",
    ]);
    return frozen({}, [], path, text, root, findings);
  }
  const parsed = v.safeParse(schema, nodeValue(tree));
  if (parsed.success)
    return frozen(
      parsed.output,
      findNodeAtLocation(tree, ["track"])?.children ?? [],
      path,
      text,
      root,
      findings,
    );
  for (const issue of parsed.issues) {
    const keys = (issue.path ?? []).map((item) => item.key as string | number);
    const node =
      findNodeAtLocation(tree, keys) ?? findNodeAtLocation(tree, keys.slice(0, -1)) ?? tree;
    const key = keys.at(-1);
    const misspelt =
      issue.type === "strict_object" && issue.expected === "never" && typeof key === "string";
    const known = misspelt ? Object.keys(schemaAt(keys)) : [];
    const missing = issue.type === "strict_object" && !misspelt;
    const problem = misspelt ? `unknown key "${key}"` : missing ? "is missing" : issue.message;
    const target =
      misspelt && node.parent?.type === "property" ? (node.parent.children?.[0] ?? node) : node;
    report(
      "LLMOPS1101",
      target.offset,
      target.length,
      [pathText(keys), problem],
      misspelt ? nearest(key, known) : undefined,
    );
  }
  return frozen({}, [], path, text, root, findings);
}

/** The object schema that holds the last key of a path. */
function schemaAt(keys: readonly (string | number)[]): Record<string, unknown> {
  if (keys.length === 1) return schema.entries;
  return keys[0] === "defaults" ? optionEntries : entry.entries;
}

function pathText(keys: readonly (string | number)[]): string {
  return (
    keys
      .map((key, at) => (typeof key === "number" ? `[${key}]` : at > 0 ? `.${key}` : key))
      .join("") || "(top level)"
  );
}

function nodeValue(node: NonNullable<ReturnType<typeof parseTree>>): unknown {
  if (node.type === "array") return (node.children ?? []).map(nodeValue);
  if (node.type !== "object") return node.value as unknown;
  const value: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const property of node.children ?? []) {
    const [key, child] = property.children ?? [];
    if (key !== undefined && child !== undefined) value[key.value as string] = nodeValue(child);
  }
  return { ...value };
}

function frozen(
  raw: RawConfig,
  nodes: readonly { readonly offset: number; readonly length: number }[],
  path: string | undefined,
  text: string,
  root: string,
  findings: readonly ConfigFinding[],
): Config {
  const entries = (raw.track ?? []).map(({ files, functions, ...options }, index): Entry => ({
    index,
    matchesFile: files === undefined ? () => true : fileMatcher(files, root),
    matchesFunction: nameMatcher(functions),
    exact: [functions].flat().every((glob) => !/[*?[\]{}()!]/.test(glob)),
    options: stripped(options),
    range: { start: nodes[index]?.offset ?? 0, length: nodes[index]?.length ?? 0 },
  }));
  return {
    path,
    text,
    root,
    hash: createHash("sha256")
      .update(`${path ?? ""}\0${text}`)
      .digest("hex")
      .slice(0, 16),
    defaults: stripped(raw.defaults ?? {}),
    entries,
    excludes: raw.exclude === undefined ? () => false : fileMatcher(raw.exclude, root),
    findings,
  };
}

/** Without the keys that are undefined: these must not hide what an earlier layer says. */
function stripped(options: RawOptions): SiteOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}

function fileMatcher(globs: string | readonly string[], root: string): (path: string) => boolean {
  const patterns = [globs].flat().map((glob) => glob.replace(/^\.\//, ""));
  const matches = picomatch(patterns, { dot: true });
  return (path) => matches(posixPath(relative(root, path)));
}

/** A dot in a qualified name separates like a slash in a path: `Agent.*` is every method, `**` every function. */
function nameMatcher(globs: string | readonly string[]): (name: string) => boolean {
  const list = [globs].flat();
  // Members may be named "", "..", or with several lines, which are no paths.
  if (list.includes("**")) return () => true;
  const matches = picomatch(
    list.map((glob) => glob.replaceAll(".", "/")),
    { dot: true },
  );
  // The dot of a computed name, as in `[Symbol.iterator]`, separates nothing.
  return (name) => matches(name.replace(/\[[^\]]*\]|\./g, (part) => (part === "." ? "/" : part)));
}

/** The name that spans report for a file. */
export function reportedName(path: string, root: string): string {
  const name = posixPath(relative(root, path));
  return name.startsWith("../../") ? basename(path) : name;
}

function posixPath(path: string): string {
  return sep === "/" ? path : path.replaceAll(sep, "/");
}

/** Completes a finding with its file and line. */
export function locate(found: Finding, file: string, text: string): Diagnostic {
  const before = text.slice(0, found.start);
  const lineStart = before.lastIndexOf("\n") + 1;
  return { ...found, file, line: before.split("\n").length, column: found.start - lineStart + 1 };
}
