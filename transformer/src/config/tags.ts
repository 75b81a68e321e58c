// One JSDoc comment's text → the directive in it, or findings that say what is wrong with it.
// Invariant: knows no syntax tree; every finding points at the word it is about.
import { type Finding, finding, nearest, type TextRange } from "../diagnostics.ts";
import { OPTION_ROWS, type OptionKey, type OptionRow, type SiteOptions } from "./options.ts";

export const TAGS = ["track", "trackLlm", "noTrack"] as const;
export type Tag = (typeof TAGS)[number];

/** What a tag says of its function. Its range is that of `@tag` in the file. */
export interface Directive extends TextRange {
  readonly tag: Tag;
  readonly options: SiteOptions;
  /** The whole comment. */
  readonly comment: string;
  /** Where each captured name stands, so that an unknown one can be pointed at. */
  readonly captured: ReadonlyMap<string, TextRange>;
}

export interface ParsedComment {
  readonly directive: Directive | undefined;
  readonly findings: readonly Finding[];
}

/** A tag begins its line: after the comment's opening or the line's asterisk. */
const TAG = /(^\/\*\*|\n[ \t]*\*?)[ \t]*@(track|trackLlm|noTrack)(?![\w$/-])/g;
/** Code in Markdown. */
const FENCE = /(?<=(?:^\/\*\*|\n[ \t]*\*?)[ \t]*)(```|~~~)[^]*?\n[ \t]*\*?[ \t]*\1/g;
const NEXT_TAG_OR_END = /\n[ \t]*\*?[ \t]*@[A-Za-z]|\*\/$/;
/** `key`, `key=value`, `key="quoted value"`; the comment's leading asterisks count as space. */
const WORD = /([A-Za-z][\w.$-]*)(?:=("(?:[^"\\]|\\.)*"|'(?:[^'\\]|\\.)*'|[^\s"']\S*)?)?|[^\s]+/g;

/** The options by the name that tags give them. */
const BY_TAG: ReadonlyMap<string, { readonly key: OptionKey; readonly row: OptionRow }> = new Map(
  OPTION_ROWS.flatMap(([key, row]) =>
    row.tag === undefined ? [] : [[row.tag, { key, row }] as const],
  ),
);

/** A comment in which blocks of code are blank: a tag in them is an example. */
export function withoutCode(comment: string): string {
  return comment.replaceAll(FENCE, (code) => code.replaceAll(/[^\n]/g, " "));
}

/** Reads the tags of one block comment; `offset` is where the comment starts in its file. */
export function parseComment(written: string, offset: number): ParsedComment {
  const comment = withoutCode(written);
  const findings: Finding[] = [];
  let directive: Directive | undefined;
  for (const match of comment.matchAll(TAG)) {
    const tag = match[2] as Tag;
    const at = match.index + match[0].length - tag.length - 1;
    const range = { start: offset + at, length: tag.length + 1 };
    if (directive !== undefined && directive.tag !== "noTrack" && tag !== "noTrack") {
      findings.push(finding("LLMOPS1007", range, []));
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
    const given: Given =
      tag === "noTrack"
        ? { options: {}, captured: new Map() }
        : parseOptions(tag, body, offset + from, findings);
    if (directive?.tag !== "noTrack") directive = { tag, ...range, comment: written, ...given };
  }
  return { directive, findings };
}

type Given = Pick<Directive, "options" | "captured">;

/** `key=value …`, behind a tag. */
function parseOptions(tag: Tag, body: string, offset: number, findings: Finding[]): Given {
  const options: Record<string, unknown> = tag === "trackLlm" ? { as: "llm" } : {};
  const captured = new Map<string, TextRange>();
  const seen = new Set<string>();
  for (const match of body.matchAll(WORD)) {
    const word = readWord(match, offset);
    const read = readOption(word, tag, seen);
    if ("code" in read) {
      findings.push(read);
      continue;
    }
    const { key, inner, value } = read;
    if (inner === undefined) options[key] = value;
    else options[key] = { ...(options[key] as object | undefined), [inner]: value };
    if (key === "capture" && Array.isArray(value)) placeNames(word, captured);
  }
  return { options, captured };
}

/** A word behind a tag. Without a key it is no option. */
interface Word extends TextRange {
  readonly text: string;
  readonly key: string | undefined;
  /** What stands behind `=`, without quotes; undefined where nothing does. */
  readonly value: string | undefined;
  readonly quoted: boolean;
  /** Where the value stands in the file. */
  readonly valueAt: number;
}

function readWord(match: RegExpMatchArray, offset: number): Word {
  const [text, key, raw] = match;
  const start = offset + (match.index ?? 0);
  const value = raw === undefined ? undefined : unquote(raw);
  const quoted = raw !== value;
  const valueAt = start + text.length - (raw?.length ?? 0) + (quoted ? 1 : 0);
  return { start, length: text.length, text, key, value, quoted, valueAt };
}

interface ReadOption {
  readonly key: OptionKey;
  /** The key behind the dot, of a record. */
  readonly inner: string | undefined;
  readonly value: unknown;
}

/** @param seen keys of this tag so far */
function readOption(word: Word, tag: Tag, seen: Set<string>): ReadOption | Finding {
  const { key, text } = word;
  if (key === undefined) return finding("LLMOPS1006", word, [`"${text}"`, tag]);
  const [base = key, ...rest] = key.split(".");
  const option = BY_TAG.get(base);
  if (option === undefined || (option.row.kind !== "record" && rest.length > 0)) {
    const name = { start: word.start, length: key.length };
    return finding("LLMOPS1001", name, [key, tag], nearest(base, BY_TAG.keys()));
  }
  if (seen.has(key)) return finding("LLMOPS1003", word, [key, tag]);
  seen.add(key);
  if (option.row.llm === true && tag !== "trackLlm")
    return finding("LLMOPS1005", word, [base, tag]);
  const inner = rest.length > 0 ? rest.join(".") : undefined;
  const read = readValue(option.row, word, inner);
  if ("wanted" in read) {
    const near = nearest(word.value ?? "", option.row.of ?? []);
    return finding("LLMOPS1002", word, [key, read.wanted], near);
  }
  return { key: option.key, inner, value: read.value };
}

type Read = { readonly value: unknown } | { readonly wanted: string };

function readValue({ kind, of = [] }: OptionRow, word: Word, inner: string | undefined): Read {
  const { value } = word;
  switch (kind) {
    case "text":
      return value ? { value } : { wanted: "a value, as in name=checkout" };
    case "names":
      if (value === undefined)
        return word.text.includes("=") ? { wanted: "names, as in capture=a,b" } : { value: true };
      if (value === "*") return { value: true };
      return readList(value, "names, as in capture=a,b, or * for all");
    case "list":
      return readList(value ?? "", "a list, as in tags=a,b");
    case "flag":
      if (value === "false" || value === "true") return { value: value === "true" };
      return { wanted: "true or false" };
    case "choice":
      return value !== undefined && of.includes(value)
        ? { value }
        : { wanted: `one of ${of.join(", ")}` };
    case "record":
      if (inner === undefined || value === undefined)
        return { wanted: "a key and a value, as in metadata.team=payments" };
      return { value: word.quoted ? value : scalar(value) };
    default:
      return kind satisfies never;
  }
}

function readList(value: string, wanted: string): Read {
  const items = value.split(",").map((item) => item.trim());
  return items.every((item) => item !== "") ? { value: items } : { wanted };
}

/** An unquoted value that is a JSON scalar becomes one. */
function scalar(value: string): unknown {
  return /^(?:true|false|null|-?(?:0|[1-9]\d*)(?:\.\d+)?(?:[eE][+-]?\d+)?)$/.test(value)
    ? JSON.parse(value)
    : value;
}

function unquote(raw: string): string {
  return /^["']/.test(raw) ? raw.slice(1, -1).replace(/\\(.)/g, "$1") : raw;
}

function placeNames({ value = "", valueAt }: Word, into: Map<string, TextRange>): void {
  for (const match of value.matchAll(/[^\s,]+/g)) {
    into.set(match[0], { start: valueAt + match.index, length: match[0].length });
  }
}
