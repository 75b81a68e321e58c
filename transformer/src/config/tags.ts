// One JSDoc comment's text → the directive in it, or findings that say what is wrong with it.
// Invariant: knows no syntax tree; every finding points at the word it is about.
import { type Finding, finding, nearest } from "../diagnostics.ts";
import {
  LEVELS,
  type Level,
  type Scalar,
  type SiteOptions,
  TAG_OPTIONS,
  type TagOption,
} from "./options.ts";

type Tag = "track" | "trackLlm" | "noTrack";

export interface Directive {
  readonly tag: Tag;
  /** Offset and length of `@tag` in the file. */
  readonly start: number;
  readonly length: number;
  readonly options: SiteOptions;
  /** Where each captured name stands, so that an unknown one can be pointed at. */
  readonly captured: ReadonlyMap<string, { readonly start: number; readonly length: number }>;
}

export interface ParsedComment {
  readonly directive: Directive | undefined;
  readonly findings: readonly Finding[];
}

/** A tag begins its line: after the comment's opening or the line's asterisk. */
const TAG = /(^\/\*\*|\n[ \t]*\*?)[ \t]*@(track|trackLlm|noTrack)(?![\w$-])/g;
const NEXT_TAG_OR_END = /\n[ \t]*\*?[ \t]*@[A-Za-z]|\*\/$/;
/** `key`, `key=value`, `key="quoted value"`; the comment's leading asterisks count as space. */
const WORD = /([A-Za-z][\w.$-]*)(?:=("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"']\S*)?)?|[^\s]+/g;

/** Reads the tags of one block comment; `offset` is where the comment starts in its file. */
export function parseComment(comment: string, offset: number): ParsedComment {
  const findings: Finding[] = [];
  let directive: Directive | undefined;
  for (const match of comment.matchAll(TAG)) {
    const tag = match[2] as Tag;
    const at = match.index + match[0].length - tag.length - 1;
    const place = { start: offset + at, length: tag.length + 1 };
    if (directive !== undefined && directive.tag !== "noTrack" && tag !== "noTrack") {
      findings.push(finding("LLMOPS1007", place, []));
      continue;
    }
    const from = at + tag.length + 1;
    const rest = comment.slice(from);
    const end = rest.search(NEXT_TAG_OR_END);
    // Asterisks that lead a line are layout, not content.
    const body = (end < 0 ? rest : rest.slice(0, end)).replace(
      /\n[ \t]*\*/g,
      (layout) => `\n${" ".repeat(layout.length - 1)}`,
    );
    const parsed =
      tag === "noTrack" ? NO_OPTIONS : parseOptions(tag, body, offset + from, findings);
    if (directive?.tag !== "noTrack") directive = { tag, ...place, ...parsed };
  }
  return { directive, findings };
}

const NO_OPTIONS: Pick<Directive, "options" | "captured"> = { options: {}, captured: new Map() };

type Mutable<T> = { -readonly [K in keyof T]: T[K] };

function parseOptions(
  tag: Tag,
  body: string,
  offset: number,
  findings: Finding[],
): Pick<Directive, "options" | "captured"> {
  const options: Mutable<SiteOptions> = tag === "trackLlm" ? { as: "llm" } : {};
  const captured = new Map<string, { start: number; length: number }>();
  const given = new Set<string>();
  const metadata: Record<string, Scalar> = {};
  for (const word of body.matchAll(WORD)) {
    const [text, key, raw] = word;
    const place = { start: offset + word.index, length: text.length };
    if (key === undefined) {
      findings.push(finding("LLMOPS1006", place, [`"${text}"`, tag]));
      continue;
    }
    const [base = key, ...rest] = key.split(".");
    const option = Object.hasOwn(TAG_OPTIONS, base) ? TAG_OPTIONS[base] : undefined;
    if (option === undefined || (option.kind !== "metadata" && rest.length > 0)) {
      const near = nearest(base, Object.keys(TAG_OPTIONS));
      findings.push(
        finding("LLMOPS1001", { start: place.start, length: key.length }, [key, tag], near),
      );
      continue;
    }
    if (given.has(key)) {
      findings.push(finding("LLMOPS1003", place, [key, tag]));
      continue;
    }
    given.add(key);
    if (base === "model" && tag !== "trackLlm") {
      findings.push(finding("LLMOPS1005", place, [tag]));
      continue;
    }
    const value = raw === undefined ? undefined : unquote(raw);
    const valueAt = place.start + text.length - (raw?.length ?? 0) + (value === raw ? 0 : 1);
    const read = readValue(option, value, text.includes("="), raw !== value, rest.length > 0);
    if ("wanted" in read) {
      findings.push(finding("LLMOPS1002", place, [key, read.wanted]));
      continue;
    }
    if (option.kind === "metadata") metadata[rest.join(".")] = read.value as Scalar;
    else Object.assign(options, { [option.sets]: read.value });
    if (base === "capture" && Array.isArray(read.value)) placeNames(value ?? "", valueAt, captured);
  }
  if (Object.keys(metadata).length > 0) options.metadata = metadata;
  return { options, captured };
}

type Read = { readonly value: unknown } | { readonly wanted: string };

function readValue(
  option: TagOption,
  value: string | undefined,
  assigned: boolean,
  quoted: boolean,
  keyed: boolean,
): Read {
  switch (option.kind) {
    case "text":
      return value ? { value } : { wanted: "a value, as in name=checkout" };
    case "names": {
      if (value === undefined)
        return assigned ? { wanted: "names, as in capture=a,b" } : { value: true };
      if (value === "*") return { value: true };
      return readList(value, "names, as in capture=a,b, or * for all");
    }
    case "list":
      return readList(value ?? "", "a list, as in tags=a,b");
    case "flag":
      if (value === "false" || value === "true") return { value: value === "true" };
      return { wanted: "true or false" };
    case "level": {
      const level = LEVELS.find((known) => known === value);
      return level === undefined
        ? { wanted: `one of ${LEVELS.join(", ")}` }
        : { value: level satisfies Level };
    }
    case "metadata":
      if (!keyed || value === undefined)
        return { wanted: "a key and a value, as in metadata.team=payments" };
      return { value: quoted ? value : scalar(value) };
    default:
      return option.kind satisfies never;
  }
}

function readList(value: string, wanted: string): Read {
  const items = value.split(",").map((item) => item.trim());
  return items.every((item) => item !== "") ? { value: items } : { wanted };
}

/** Unquoted metadata that is a JSON scalar becomes one. */
function scalar(value: string): Scalar {
  if (!/^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(value))
    return value;
  return JSON.parse(value) as Scalar;
}

function unquote(raw: string): string {
  return /^["']/.test(raw) ? raw.slice(1, -1).replace(/\\(.)/g, "$1") : raw;
}

function placeNames(
  list: string,
  offset: number,
  into: Map<string, { start: number; length: number }>,
): void {
  for (const match of list.matchAll(/[^\s,]+/g)) {
    into.set(match[0], { start: offset + match.index, length: match[0].length });
  }
}
