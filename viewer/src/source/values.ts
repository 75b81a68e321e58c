// A span's recorded values → the lines of its function that they stand at.
// Invariant: every recorded value is there once, and on a line of the function.
import type { Site } from "../model.ts";
import type { StoredSpan } from "../store.ts";
import type { SourceLine, SourceValue, ValuePhase } from "../views.ts";

export interface Placing {
  readonly lines: readonly SourceLine[];
  /** Of the text that is shown; absent: values stand where their names do. */
  readonly site?: Site | undefined;
  /** How far the function moved since the site was written. */
  readonly shift: number;
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
  for (const { name } of placing.site?.locals ?? []) {
    if (!locals.has(name))
      values.push({ ...valueOf(name, "local", null, localLines(name, placing)), unset: true });
  }
  for (const [name, value] of recordOf(input?.self)) {
    const line = firstLine(
      placing.lines,
      new RegExp(`\\bthis\\s*\\??\\.\\s*#?${escaped(name)}(?![\\w$])`),
    );
    add(`this.${name}`, "self", value, line);
  }
  if (error != null) add(error.type, "error", error, listed(placing.failingLine));
  else {
    const returns = returnLines(placing.lines);
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
  const text = JSON.stringify(value) ?? "null";
  return {
    line: all.at(-1) ?? 1,
    name,
    phase,
    value,
    preview: previewOf(phase, value, text),
    truncated: text.includes('"_truncated":true'),
    size: originalSize(value) ?? Buffer.byteLength(text),
    redacted: text.includes(MASK),
    unset: false,
    all_lines: all,
  };
}

function previewOf(phase: ValuePhase, value: unknown, text: string): string {
  const error = phase === "error" && isRecord(value) ? value : undefined;
  const cut =
    isRecord(value) && typeof value["preview"] === "string" && value["_truncated"] === true;
  const shown =
    error !== undefined
      ? `${String(error["type"])}: ${String(error["message"])}`
      : cut
        ? String(value["preview"])
        : text;
  if (shown.length <= PREVIEW) return shown;
  // No half of a surrogate pair at the cut.
  return `${shown.slice(0, PREVIEW - 1).replace(/[\uD800-\uDBFF]$/, "")}…`;
}

function originalSize(value: unknown): number | undefined {
  if (!isRecord(value) || value["_truncated"] !== true) return undefined;
  const size = value["_original_size"] ?? value["_size_at_least"];
  return typeof size === "number" ? size : undefined;
}

/** Positional ones have their names beside them. */
function argumentsOf({
  input_data: input,
  param_names: names = [],
}: StoredSpan): [string, unknown][] {
  const list = Array.isArray(input?.args) ? (input.args as unknown[]) : [];
  const positional = list.map((value, at): [string, unknown] => [names[at] ?? `arg${at}`, value]);
  return [...positional, ...recordOf(input?.kwargs)];
}

function paramLines(name: string, { site, shift, lines }: Placing): readonly number[] {
  const known = site?.params.find((param) => param.name === name);
  if (known !== undefined) return inside([known.line + shift], lines);
  return wordLines(name, lines);
}

function localLines(name: string, { site, shift, lines }: Placing): readonly number[] {
  const known = site?.locals.find((local) => local.name === name);
  if (known !== undefined)
    return inside(
      known.lines.map((line) => line + shift),
      lines,
    );
  // `x@42` is the `x` that line 42 declares.
  const [, word = name, line] = /^(.*)@(\d+)(?::\d+)?$/.exec(name) ?? [];
  if (line !== undefined) return inside([Number(line) + shift], lines);
  return wordLines(word, lines);
}

function inside(wanted: readonly number[], lines: readonly SourceLine[]): readonly number[] {
  const [first, last] = [lines[0]?.line ?? 1, lines.at(-1)?.line ?? 1];
  return wanted.filter((line) => line >= first && line <= last).toSorted((a, b) => a - b);
}

function wordLines(name: string, lines: readonly SourceLine[]): readonly number[] {
  const word = `(?<![\\w$.])${escaped(name)}(?![\\w$])`;
  const declared = firstLine(
    lines,
    new RegExp(`\\b(?:const|let|var|using|function|class)\\b.*${word}`),
  );
  return declared.length > 0 ? declared : firstLine(lines, new RegExp(word));
}

function firstLine(lines: readonly SourceLine[], pattern: RegExp): readonly number[] {
  return listed(lines.find(({ text }) => pattern.test(text))?.line);
}

/** The last `return` of the function; text in strings and comments is not looked at closely. */
function returnLines(lines: readonly SourceLine[]): readonly number[] {
  return listed(lines.findLast(({ text }) => /^(?!\s*(?:\/\/|\*)).*\breturn\b/.test(text))?.line);
}

const listed = (line: number | undefined): readonly number[] => (line === undefined ? [] : [line]);

/** In a map: a recorded name may be `__proto__`. */
function recordOf(value: unknown): ReadonlyMap<string, unknown> {
  return new Map(isRecord(value) ? Object.entries(value) : []);
}

function isRecord(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

const escaped = (name: string): string => name.replaceAll(/[^\w$]/g, "\\$&").replaceAll("$", "\\$");
