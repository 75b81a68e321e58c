// The text of one configuration → what it says, or findings that tell what is wrong with it.
// Invariant: never throws; a mistake gives one finding, at its key or value.
import {
  findNodeAtLocation,
  type Node as JsonNode,
  type ParseError,
  parseTree,
  printParseErrorCode,
} from "jsonc-parser";
import * as v from "valibot";
import { type Code, type Finding, finding, nearest, type TextRange } from "../diagnostics.ts";
import { globProblem } from "./matchers.ts";
import { configSchema, knownChoices, knownKeys, type RawConfig } from "./schema.ts";

/** A finding about a configuration. */
export interface ConfigFinding extends Finding {
  /** `track[0].functions`; empty for the file as a whole. */
  readonly json_path: string;
}

export interface CheckedConfig {
  /** Empty where there are errors. */
  readonly raw: RawConfig;
  readonly findings: readonly ConfigFinding[];
  readonly extended: readonly Extended[];
  /** Where a value stands; of what is not there, that around it. */
  rangeOf(...path: Path): TextRange;
}

/** A configuration that one extends. */
export interface Extended {
  readonly name: string;
  readonly range: TextRange;
  readonly jsonPath: string;
}

type Path = readonly (string | number)[];

/** @param name of the file, for messages */
export function checkConfig(name: string, text: string): CheckedConfig {
  try {
    return checked(name, text);
  } catch (error) {
    if (!(error instanceof RangeError)) throw error;
    // The stack is at its end.
    return unreadable(name, { offset: 0, length: 0 }, "it is nested too deeply");
  }
}

function checked(name: string, text: string): CheckedConfig {
  const errors: ParseError[] = [];
  const tree = parseTree(text, errors, { allowTrailingComma: true });
  const [broken] = errors;
  if (tree === undefined || broken !== undefined) {
    const said = broken && printParseErrorCode(broken.error);
    const isEmpty = tree === undefined && (said === undefined || said === "ValueExpected");
    return broken === undefined || isEmpty
      ? unreadable(name, { offset: 0, length: 0 }, EMPTY)
      : unreadable(name, broken, SYNTAX[said ?? ""] ?? EMPTY);
  }
  const check = new Check(name, tree);
  const { findings } = check;
  const invalid = findings.some(({ severity }) => severity === "error");
  const extended = invalid ? [] : check.extended();
  return {
    raw: invalid ? {} : check.raw,
    findings,
    extended,
    rangeOf: (...path) => check.rangeOf(path),
  };
}

type Place = Pick<ParseError, "offset" | "length">;

function unreadable(name: string, { offset, length }: Place, problem: string): CheckedConfig {
  const range = { start: offset, length };
  const found = finding("LLMOPS1102", range, [name, problem]);
  const findings = [{ ...found, json_path: "" }];
  return { raw: {}, findings, extended: [], rangeOf: () => range };
}

const EMPTY = "it is empty";

const SYNTAX: Readonly<Record<string, string>> = {
  InvalidSymbol: "this is no JSON value; texts stand in double quotes",
  InvalidNumberFormat: "this is no number",
  PropertyNameExpected: "a key in double quotes is expected here",
  ValueExpected: "a value is expected here",
  ColonExpected: "a colon is missing before this",
  CommaExpected: "a comma is missing before this",
  CloseBraceExpected: 'a "}" is missing here',
  CloseBracketExpected: 'a "]" is missing here',
  EndOfFileExpected: "the file goes on behind its value",
  InvalidCommentToken: "a comment cannot stand here",
  UnexpectedEndOfComment: "this comment does not end",
  UnexpectedEndOfString: "this text does not end",
  UnexpectedEndOfNumber: "this number does not end",
  InvalidUnicode: "this is no escape sequence",
  InvalidEscapeCharacter: "this is no escape sequence",
  InvalidCharacter: "this character must be escaped",
};

class Check {
  readonly findings: ConfigFinding[] = [];
  readonly raw: RawConfig;
  readonly #name: string;
  readonly #tree: JsonNode;

  constructor(name: string, tree: JsonNode) {
    this.#name = name;
    this.#tree = tree;
    const value = valueOf(tree);
    this.raw = value as RawConfig;
    this.#keysGivenTwice(tree, []);
    this.#objects();
    const parsed = v.safeParse(configSchema, value);
    if (!parsed.success) for (const issue of parsed.issues) this.#issue(issue);
    if (this.findings.length > 0) return;
    this.#globs();
    this.#entries();
  }

  rangeOf(path: Path): TextRange {
    return rangeOf(this.#nodeAt(path));
  }

  extended(): Extended[] {
    const { extends: names = [] } = this.raw;
    if (typeof names === "string")
      return [{ name: names, range: this.rangeOf(["extends"]), jsonPath: "extends" }];
    return names.map((name, index) => ({
      name,
      range: this.rangeOf(["extends", index]),
      jsonPath: `extends[${index}]`,
    }));
  }

  #nodeAt(path: Path): JsonNode {
    for (let length = path.length; length > 0; length--) {
      const node = findNodeAtLocation(this.#tree, path.slice(0, length));
      if (node !== undefined) return node;
    }
    return this.#tree;
  }

  /** @param at the node that it is about, if not the one at the path */
  #report(code: Code, path: Path, problem: string, near?: string, at?: JsonNode): void {
    const jsonPath = pathText(path);
    const range = rangeOf(at ?? this.#nodeAt(path));
    const found = finding(code, range, [this.#name, jsonPath || "(top level)", problem], near);
    this.findings.push({ ...found, json_path: jsonPath });
  }

  /** JSON takes the last one, and says nothing. */
  #keysGivenTwice(node: JsonNode, path: Path): void {
    const seen = new Set<unknown>();
    for (const [index, child] of (node.children ?? []).entries()) {
      const [key, value] = node.type === "object" ? (child.children ?? []) : [undefined, child];
      const name = key === undefined ? index : (key.value as string);
      if (seen.has(name)) this.#report("LLMOPS1101", [...path, name], TWICE, undefined, key);
      seen.add(name);
      if (value !== undefined) this.#keysGivenTwice(value, [...path, name]);
    }
  }

  /** A list is an object to JavaScript, and to the schema. */
  #objects(): void {
    const list = (path: Path): JsonNode | undefined => {
      const node = path.length === 0 ? this.#tree : findNodeAtLocation(this.#tree, [...path]);
      return node?.type === "array" ? node : undefined;
    };
    const entries = list(["track"])?.children ?? [];
    const objects: Path[] = [[], ["defaults"], ["defaults", "metadata"]];
    for (const index of entries.keys())
      objects.push(["track", index], ["track", index, "metadata"]);
    for (const path of objects)
      if (list(path) !== undefined) this.#report("LLMOPS1101", path, NO_OBJECT);
  }

  /** What the schema finds wrong. */
  #issue(issue: v.BaseIssue<unknown>): void {
    const path = (issue.path ?? []).map((item) => item.key as string | number);
    const text = pathText(path);
    // Of a list in the place of an object the schema says what it misses in it.
    const said = this.findings.some(({ json_path: outer }) => isWithin(text, outer));
    if (said) return;
    const report = (problem: string, near?: string, at?: JsonNode): void =>
      this.#report("LLMOPS1101", path, problem, near, at);
    const key = path.at(-1);
    if (issue.type === "picklist")
      return report(issue.message, nearestText(issue.input, knownChoices(key)));
    if (issue.type !== "strict_object") return report(issue.message);
    if (issue.expected === "Object") return report(NO_OBJECT);
    if (issue.expected !== "never" || typeof key !== "string") return report("is missing");
    const node = this.#nodeAt(path);
    const property = node.parent?.type === "property" ? node.parent.children?.[0] : undefined;
    report(`unknown key "${key}"`, nearest(key, knownKeys(path.slice(0, -1))), property);
  }

  #globs(): void {
    const { track = [], exclude = [] } = this.raw;
    const check = (globs: string | readonly string[] | undefined, path: Path): void => {
      for (const [index, glob] of [globs ?? []].flat().entries()) {
        const problem = globProblem(glob);
        const at = typeof globs === "string" ? path : [...path, index];
        if (problem !== undefined) this.#report("LLMOPS1104", at, problem);
      }
    };
    for (const [index, { files, functions }] of track.entries()) {
      check(files, ["track", index, "files"]);
      check(functions, ["track", index, "functions"]);
    }
    check(exclude, ["exclude"]);
  }

  #entries(): void {
    const { track = [] } = this.raw;
    const first = new Map<string, number>();
    for (const [index, { files, functions, as, model }] of track.entries()) {
      if (model !== undefined && as === undefined)
        this.#report("LLMOPS1107", ["track", index, "model"], "");
      const selects = JSON.stringify([files ?? null, functions].map((globs) => [globs].flat()));
      const before = first.get(selects);
      if (before === undefined) first.set(selects, index);
      else this.#report("LLMOPS2006", ["track", index], `track[${before}]`);
    }
  }
}

const TWICE = "is given twice; keep one";
const NO_OBJECT = "must be an object";

function isWithin(path: string, outer: string): boolean {
  return path === outer || outer === "" || path.startsWith(`${outer}.`);
}

function nearestText(given: unknown, candidates: readonly string[]): string | undefined {
  return typeof given === "string" ? nearest(given, candidates) : undefined;
}

function rangeOf(node: JsonNode | undefined): TextRange {
  return { start: node?.offset ?? 0, length: node?.length ?? 0 };
}

/** `track[0].functions` */
function pathText(path: Path): string {
  return path
    .map((key, at) => (typeof key === "number" ? `[${key}]` : at > 0 ? `.${key}` : key))
    .join("");
}

function valueOf(node: JsonNode): unknown {
  if (node.type === "array") return (node.children ?? []).map(valueOf);
  if (node.type !== "object") return node.value as unknown;
  const value: Record<string, unknown> = Object.create(null) as Record<string, unknown>;
  for (const property of node.children ?? []) {
    const [key, child] = property.children ?? [];
    if (key !== undefined && child !== undefined) value[key.value as string] = valueOf(child);
  }
  return { ...value };
}
