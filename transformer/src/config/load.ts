// llmops.config.json, an object or nothing → what matches files and functions, and findings.
// Invariant: never throws for what the file says; a finding points at its key or value.
import { createHash } from "node:crypto";
import { existsSync, readFileSync } from "node:fs";
import { dirname, isAbsolute, join, resolve } from "node:path";
import {
  findNodeAtLocation,
  type Node as JsonNode,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import * as v from "valibot";
import { type Code, type Finding, finding, nearest, type TextRange } from "../diagnostics.ts";
import { fileMatcher, nameMatcher, namesExactly } from "./matchers.ts";
import type { SiteOptions } from "./options.ts";

import { configSchema, knownKeys, type RawConfig, type RawOptions } from "./schema.ts";
import { VERSION } from "./version.ts";

const CONFIG_NAME = "llmops.config.json";

/** A finding about the config file itself. */
interface ConfigFinding extends Finding {
  /** Absolute path, or the name of the file where the config is an object. */
  readonly file: string;
}

/** An entry of `track`. */
export interface TrackEntry {
  readonly index: number;
  readonly matchesFile: (path: string) => boolean;
  readonly matchesFunction: (qualifiedName: string) => boolean;
  readonly options: SiteOptions;
  /** Its functions are named, not matched by globs. */
  readonly exact: boolean;
  /** Where it stands in the config's text. */
  readonly range: TextRange;
}

export interface Config {
  /** Absolute path, if it came from a file. */
  readonly path: string | undefined;
  readonly text: string;
  /** Directory that globs and reported file names are relative to. */
  readonly root: string;
  /** Changes when the configuration changes in any way, and with the version of this package. */
  readonly hash: string;
  readonly defaults: SiteOptions;
  readonly entries: readonly TrackEntry[];
  readonly excludes: (path: string) => boolean;
  readonly findings: readonly ConfigFinding[];
}

/** Where a configuration comes from. */
interface Origin {
  readonly path: string | undefined;
  readonly root: string;
  readonly text: string;
}

/**
 * Loads the configuration.
 * @param source an object as in the file, a path relative to `from`, or nothing: searched upwards
 * @param from absolute directory of the project
 */
export function loadConfig(source: RawConfig | string | undefined, from: string): Config {
  const none: Origin = { path: undefined, root: from, text: "{}" };
  if (typeof source === "object") return parseConfig({ ...none, text: JSON.stringify(source) });
  const path =
    source === undefined ? findConfig(from) : isAbsolute(source) ? source : resolve(from, source);
  if (path === undefined) return parseConfig(none);
  let text: string;
  try {
    text = readFileSync(path, "utf8");
  } catch {
    const unreadable = finding("LLMOPS1103", { start: 0, length: 0 }, [path]);
    return createConfig(none, {}, [], [{ ...unreadable, file: path }]);
  }
  return parseConfig({ path, root: dirname(path), text });
}

/** The path of the nearest `llmops.config.json`. */
export function findConfig(from: string): string | undefined {
  for (let directory = from; ; directory = dirname(directory)) {
    const path = join(directory, CONFIG_NAME);
    if (existsSync(path)) return path;
    if (dirname(directory) === directory) return undefined;
  }
}

function parseConfig(origin: Origin): Config {
  const errors: ParseError[] = [];
  const file = origin.path ?? CONFIG_NAME;
  const tree = parseTree(origin.text, errors, { allowTrailingComma: true });
  const [broken] = errors;
  if (broken !== undefined || tree === undefined) {
    const range = { start: broken?.offset ?? 0, length: broken?.length ?? 0 };
    const problem = broken ? printParseErrorCode(broken.error) : "it is empty";
    return createConfig(origin, {}, [], [{ ...finding("LLMOPS1102", range, [problem]), file }]);
  }
  const parsed = v.safeParse(configSchema, nodeValue(tree));
  if (!parsed.success) {
    const findings = parsed.issues.map((issue) => ({ ...issueFinding(issue, tree), file }));
    return createConfig(origin, {}, [], findings);
  }
  const entries = findNodeAtLocation(tree, ["track"])?.children ?? [];
  return createConfig(origin, parsed.output, entries, []);
}

/** What the schema finds wrong, with its place in the JSON. */
function issueFinding(issue: v.BaseIssue<unknown>, tree: JsonNode): Finding {
  const path = (issue.path ?? []).map((item) => item.key as string | number);
  const node =
    findNodeAtLocation(tree, path) ?? findNodeAtLocation(tree, path.slice(0, -1)) ?? tree;
  const report = ({ offset, length }: JsonNode, problem: string, near?: string): Finding =>
    finding(ISSUE, { start: offset, length }, [pathText(path), problem], near);
  if (issue.type !== "strict_object") return report(node, issue.message);
  const key = path.at(-1);
  if (issue.expected === "Object") return report(node, "must be an object");
  if (issue.expected !== "never" || typeof key !== "string") return report(node, "is missing");
  const name = node.parent?.type === "property" ? node.parent.children?.[0] : undefined;
  const near = nearest(key, knownKeys(path.slice(0, -1)));
  return report(name ?? node, `unknown key "${key}"`, near);
}

const ISSUE: Code = "LLMOPS1101";

function pathText(path: readonly (string | number)[]): string {
  const text = path
    .map((key, at) => (typeof key === "number" ? `[${key}]` : at > 0 ? `.${key}` : key))
    .join("");
  return text || "(top level)";
}

function nodeValue(node: JsonNode): unknown {
  if (node.type === "array") return (node.children ?? []).map(nodeValue);
  if (node.type !== "object") return node.value as unknown;
  const value: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const property of node.children ?? []) {
    const [key, child] = property.children ?? [];
    if (key !== undefined && child !== undefined) value[key.value as string] = nodeValue(child);
  }
  return { ...value };
}

function createConfig(
  { path, root, text }: Origin,
  raw: RawConfig,
  nodes: readonly JsonNode[],
  findings: readonly ConfigFinding[],
): Config {
  const entries = (raw.track ?? []).map(({ files, functions, ...options }, index): TrackEntry => ({
    index,
    matchesFile: files === undefined ? () => true : fileMatcher(files, root),
    matchesFunction: nameMatcher(functions),
    exact: namesExactly(functions),
    options: withoutUndefined(options),
    range: { start: nodes[index]?.offset ?? 0, length: nodes[index]?.length ?? 0 },
  }));
  return {
    path,
    text,
    root,
    hash: createHash("sha256")
      .update(`${VERSION}\0${path ?? ""}\0${text}`)
      .digest("hex")
      .slice(0, 16),
    defaults: withoutUndefined(raw.defaults ?? {}),
    entries,
    excludes: raw.exclude === undefined ? () => false : fileMatcher(raw.exclude, root),
    findings,
  };
}

/** An undefined key must not hide what an earlier layer says. */
function withoutUndefined(options: RawOptions): SiteOptions {
  return Object.fromEntries(Object.entries(options).filter(([, value]) => value !== undefined));
}
