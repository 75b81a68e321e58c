// A span's recorded values → the lines of its function that they stand at.
// Invariant: every recorded value is there once, and on a line of the function.
import type { Site } from "../model.ts";
import type { StoredSpan } from "../store.ts";
import type { SourceLine, SourceValue, ValuePhase } from "../views.ts";

export interface Placing {
  readonly lines: readonly SourceLine[];
  /** The same lines without what is in strings and comments. */
  readonly code: readonly string[];
  /** Of the text that is shown; absent: values stand where their names do. */
  readonly site?: Site | undefined;
  /** How far the function moved since the site was written. */
  readonly shift: number;
  /** Of the function's `return`s. */
  readonly returns: readonly number[];
  /** Of the error. */
  readonly failingLine: number | undefined;
}

const PREVIEW = 200;
/** As the runtime writes it where the program sets no other. */
const MASK = "[REDACTED]";

export function valuesOf(span: StoredSpan, placing: Placing): readonly SourceValue[] {
  const head = placing.lines[0]?.line ?? 1;
  const { input_data: input, output_data: output, error } = span;
  const values: SourceValue[] = [];
  const add = (name: string, phase: ValuePhase, value: unknown, all: readonly number[]): void => {
    values.push(valueOf(name, phase, value, all.length > 0 ? all : [head]));
  };
  for (const [name, value] of argumentsOf(span))
    add(name, "argument", value, paramLines(name, placing));
  const locals = recordOf(input?.locals);
  for (const [name, value] of locals) add(name, "local", value, localLines(name, placing));
  for (const name of unassigned(span, placing.site, locals)) {
    add(name, "local", null, localLines(name, placing));
    values.push({ ...(values.pop() as SourceValue), preview: "", unset: true });
  }
  for (const [name, value] of recordOf(input?.self)) {
    const member = new RegExp(`\\bthis\\s*\\??\\.\\s*#?${escaped(name)}(?![\\w$])`);
    add(`this.${name}`, "self", value, firstLine(member, placing));
  }
  if (error != null)
    add(isText(error.type) ? error.type : "Error", "error", error, listed(placing.failingLine));
  else {
    const { returns } = placing;
    const value = output?.output ?? null;
    if (value !== null || returns.length > 0) add("return", "return", value, returns);
  }
  return values;
}

function valueOf(
  name: string,
  phase: ValuePhase,
  value: unknown,
  all: readonly number[],
): SourceValue {
  const text = jsonOf(value);
  return {
    line: all.at(-1) ?? 1,
    name,
    phase,
    value,
    preview: previewOf(phase, value, text),
    truncated: text.includes('"_truncated":true'),
    size: wholeSize(value) ?? Buffer.byteLength(text),
    redacted: text.includes(MASK),
    unset: false,
    all_lines: all,
  };
}

/** What came over OTLP may be deeper than V8 writes. */
function jsonOf(value: unknown): string {
  try {
    return JSON.stringify(value) ?? "null";
  } catch {
    return "null";
  }
}

function previewOf(phase: ValuePhase, value: unknown, text: string): string {
  let shown = text;
  if (isRecord(value)) {
    const { type, message, preview } = value;
    if (phase === "error") shown = [type, message].filter(isText).join(": ");
    else if (value["_truncated"] === true && isText(preview)) shown = preview;
  }
  const characters = Array.from(shown.slice(0, PREVIEW * 2));
  return characters.length <= PREVIEW && shown.length <= PREVIEW * 2
    ? shown
    : `${characters.slice(0, PREVIEW - 1).join("")}…`;
}

/** Of a value that was cut, where the marker says it. */
function wholeSize(value: unknown): number | undefined {
  if (!isRecord(value) || value["_truncated"] !== true) return undefined;
  const size = value["_original_size"] ?? value["_size_at_least"];
  return typeof size === "number" ? size : undefined;
}

/** Positional ones have their names beside them. */
function argumentsOf({
  input_data: input,
  param_names: names = [],
}: StoredSpan): readonly (readonly [string, unknown])[] {
  const { args } = input ?? {};
  const list = Array.isArray(args) ? (args as readonly unknown[]) : [];
  const positional = list.map((value, at) => [names[at] ?? `arg${at}`, value] as const);
  // Where all were cut as one, that is what there is.
  const whole = isCut(args) ? [["arguments", args] as const] : [];
  return [...positional, ...whole, ...recordOf(input?.kwargs)];
}

/** Locals of the function that the span has no value of, though it has the others'. */
function unassigned(
  { input_data: input, unfinished }: StoredSpan,
  site: Site | undefined,
  locals: ReadonlyMap<string, unknown>,
): readonly string[] {
  if (site === undefined || !isRecord(input?.locals) || isCut(input?.locals)) return [];
  // Of a span that was still open, its values are not there yet.
  if (unfinished === true && locals.size === 0) return [];
  return site.locals.map(({ name }) => name).filter((name) => !locals.has(name));
}

function paramLines(name: string, placing: Placing): readonly number[] {
  const known = placing.site?.params.find((param) => param.name === name);
  if (known !== undefined) return inside([known.line], placing);
  return wordLines(name, placing);
}

function localLines(name: string, placing: Placing): readonly number[] {
  const known = placing.site?.locals.find((local) => local.name === name);
  if (known !== undefined) return inside(known.lines, placing);
  // `x@42` is the `x` that line 42 declares, `x@42:7` the one at its column 7.
  const [, word = name, line] = /^(.*?)@(\d{1,9})(?::\d{1,9})?$/s.exec(name) ?? [];
  return line === undefined ? wordLines(word, placing) : inside([Number(line)], placing);
}

/** Lines as the site has them → those of the text that is shown. */
function inside(wanted: readonly number[], { lines, shift }: Placing): readonly number[] {
  const [first, last] = [lines[0]?.line ?? 1, lines.at(-1)?.line ?? 1];
  return wanted
    .map((line) => line + shift)
    .filter((line) => line >= first && line <= last)
    .toSorted((a, b) => a - b);
}

function wordLines(name: string, placing: Placing): readonly number[] {
  const word = `(?<![\\w$.])${escaped(name)}(?![\\w$])`;
  const declaration = new RegExp(`\\b(?:const|let|var|using|function|class)\\b.*${word}`);
  const declared = firstLine(declaration, placing);
  return declared.length > 0 ? declared : firstLine(new RegExp(word), placing);
}

/** Longer ones are written by machines. */
const LONGEST_LINE = 10_000;

function firstLine(pattern: RegExp, { code, lines }: Placing): readonly number[] {
  const at = code.findIndex((text) => pattern.test(text.slice(0, LONGEST_LINE)));
  return at < 0 ? [] : listed(lines[at]?.line);
}

const listed = (line: number | undefined): readonly number[] => (line === undefined ? [] : [line]);

/** In a map: a recorded name may be `__proto__`. */
function recordOf(value: unknown): ReadonlyMap<string, unknown> {
  if (isCut(value)) return new Map([["…", value]]);
  return new Map(isRecord(value) ? Object.entries(value) : []);
}

const MARKERS: ReadonlySet<string> = new Set([
  "_truncated",
  "_original_size",
  "_size_at_least",
  "preview",
]);

/** What the runtime writes in the place of values that are too large together. */
function isCut(value: unknown): boolean {
  if (!isRecord(value) || value["_truncated"] !== true) return false;
  return Object.keys(value).every((key) => MARKERS.has(key));
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const isText = (value: unknown): value is string => typeof value === "string";

const escaped = (name: string): string =>
  name.slice(0, LONGEST_LINE).replaceAll(/[\\^$.*+?()[\]{}|/-]/g, "\\$&");
