// What the analysis and the configuration find → values with a stable code, a place and what to do.
// Invariant: a code is never reused; hosts render findings, and nothing here prints or throws.
import { distance } from "fastest-levenshtein";

/** `error` fails the build, `warning` does not; `skip`: a function is left untouched, and why. */
export type Severity = "error" | "warning" | "skip";

/** What is wrong with a tag or the configuration, or why a function is left untouched. */
export interface Diagnostic {
  /** `LLMOPS` and four digits, as in the catalogue. */
  readonly code: string;
  /** An error fails the build, a warning does not; `skip` says why a function is left as it is. */
  readonly severity: Severity;
  /** A sentence or two, for people. */
  readonly message: string;
  /** Absolute path. */
  readonly file: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based, in UTF-16 code units. */
  readonly column: number;
  /** Offset in UTF-16 code units. */
  readonly start: number;
  /** In UTF-16 code units. */
  readonly length: number;
  /** The nearest known name, where a misspelling is likely. */
  readonly suggestion?: string;
  /** In a configuration: `track[0].functions`. */
  readonly json_path?: string;
}

/** A diagnostic before its file and line are known. */
export type Finding = Omit<Diagnostic, "file" | "line" | "column">;

interface Explanation {
  readonly severity: Severity;
  readonly text: (...values: readonly string[]) => string;
}

const error = (text: Explanation["text"]): Explanation => ({ severity: "error", text });
const warning = (text: Explanation["text"]): Explanation => ({ severity: "warning", text });
const skip = (text: Explanation["text"]): Explanation => ({ severity: "skip", text });

/** 1xxx are errors, 2xxx warnings, 3xxx functions left untouched. */
export type Code =
  | "LLMOPS1001"
  | "LLMOPS1002"
  | "LLMOPS1003"
  | "LLMOPS1004"
  | "LLMOPS1005"
  | "LLMOPS1006"
  | "LLMOPS1007"
  | "LLMOPS1101"
  | "LLMOPS1102"
  | "LLMOPS1103"
  | "LLMOPS1104"
  | "LLMOPS1105"
  | "LLMOPS1106"
  | "LLMOPS1107"
  | "LLMOPS1201"
  | "LLMOPS1202"
  | "LLMOPS1203"
  | "LLMOPS1401"
  | "LLMOPS1402"
  | "LLMOPS1403"
  | "LLMOPS2003"
  | "LLMOPS2004"
  | "LLMOPS2005"
  | "LLMOPS2006"
  | "LLMOPS2007"
  | "LLMOPS2101"
  | "LLMOPS2102"
  | "LLMOPS2103"
  | "LLMOPS2104"
  | "LLMOPS2105"
  | "LLMOPS2106"
  | "LLMOPS2107"
  | "LLMOPS2108"
  | "LLMOPS2109"
  | "LLMOPS2201"
  | "LLMOPS3001"
  | "LLMOPS3002"
  | "LLMOPS3003"
  | "LLMOPS3004"
  | "LLMOPS3005"
  | "LLMOPS3006"
  | "LLMOPS3007"
  | "LLMOPS3008"
  | "LLMOPS3009"
  | "LLMOPS3010"
  | "LLMOPS3011"
  | "LLMOPS3012";

const catalogue: Readonly<Record<Code, Explanation>> = {
  LLMOPS1001: error((option, tag) => `Unknown option "${option}" in @${tag}.`),
  LLMOPS1002: error((option, wanted) => `Option "${option}" needs ${wanted}.`),
  LLMOPS1003: error((option, tag) => `Option "${option}" is given twice in @${tag}; keep one.`),
  LLMOPS1004: error((name, fn) => `"${name}" is no local variable or parameter of ${fn}.`),
  LLMOPS1005: error(
    (option, tag) => `Option "${option}" belongs to @trackLlm; @${tag} records no ${option}.`,
  ),
  LLMOPS1006: error(
    (text, tag) =>
      `Unexpected ${text} in @${tag}: options are written key=value; put prose before the tag.`,
  ),
  LLMOPS1007: error(() => "A function is marked by one of @track and @trackLlm; remove the other."),
  LLMOPS1101: error((file, path, problem) => `${file}: ${path}: ${problem}.`),
  LLMOPS1102: error((file, problem) => `${file} is no valid JSON: ${problem}.`),
  LLMOPS1103: error(
    (path, problem) =>
      `The config file "${path}" ${problem}; correct "config" in the plugin options.`,
  ),
  LLMOPS1104: error((file, path, problem) => `${file}: ${path}: ${problem}.`),
  LLMOPS1105: error((file, path, problem) => `${file}: ${path}: ${problem}.`),
  LLMOPS1106: error(
    (file, path, chain) => `${file}: ${path}: configurations extend each other: ${chain}.`,
  ),
  LLMOPS1107: error(
    (file, path) => `${file}: ${path}: only generations have a model; add "as": "llm".`,
  ),
  LLMOPS1201: error(
    (file, root) =>
      `"llmops-observability", which records, is found neither from ${file} nor from ${root}: ` +
      "npm install llmops-observability",
  ),
  LLMOPS1202: error(
    () =>
      "No TypeScript that can be called is installed (7 has no such API): " +
      "npm install --save-dev @typescript/typescript6",
  ),
  LLMOPS1203: error((option, problem) => `The plugin's option "${option}" ${problem}.`),
  LLMOPS1401: error(() => "`export =` has no form in an ES module: write `export default`."),
  LLMOPS1402: error(
    () =>
      "`import … = require(…)` has no form in an ES module: write `import`, or set " +
      '"module" to "nodenext".',
  ),
  LLMOPS1403: error(() => 'JSX stays as it is written where the tsconfig has no "jsx" option.'),
  LLMOPS2003: warning((file, path, glob) => `${file}: ${path}: "${glob}" matched no function.`),
  LLMOPS2004: warning(
    (tag) =>
      `@${tag} marks nothing here; put it before a function, a method or a variable that holds one.`,
  ),
  LLMOPS2005: warning((file, path, glob) => `${file}: ${path}: "${glob}" matched no file.`),
  LLMOPS2006: warning(
    (file, path, other) => `${file}: ${path}: selects what ${other} selects; make them one entry.`,
  ),
  LLMOPS2007: warning(
    (name, fn) => `"${name}" of ${fn} is made by a rune of Svelte, and is not recorded.`,
  ),
  LLMOPS2101: warning(
    (tag, where) => `Only doc comments mark functions: write /** @${tag} */${where}.`,
  ),
  LLMOPS2102: warning((word) => `@${word} is no tag, and marks nothing.`),
  LLMOPS2103: warning(
    (tag, fn) => `@${tag} marks nothing in a sentence: begin a line with it to track ${fn}.`,
  ),
  LLMOPS2104: warning(
    (tag, fn) => `@${tag} stands inside of the head of ${fn}; put it before ${fn}.`,
  ),
  LLMOPS2105: warning(
    (tag, what) => `@${tag} on ${what} has nothing to record; move it to the implementation.`,
  ),
  LLMOPS2106: warning(
    (tag, what) => `@${tag} on ${what} has nothing to record; put it before a function.`,
  ),
  LLMOPS2107: warning(
    (tag, what) => `@${tag} on ${what} has nothing to record; put it where the function stands.`,
  ),
  LLMOPS2108: warning(
    (tag, fn) => `Only the last doc comment before ${fn} counts: put @${tag} in it.`,
  ),
  LLMOPS2109: warning(
    (source) =>
      `A build left out the tags of ${source} (removeComments?): nothing of it is recorded.`,
  ),
  LLMOPS2201: warning(
    (path, problem) =>
      `The manifest ${path} cannot be written (${problem}): viewers show no source for this build. Make its folder writable, or set "manifest" in the plugin options.`,
  ),
  LLMOPS3001: skip((fn) => `${fn} is left untouched: its source text is used as a value.`),
  LLMOPS3002: skip((fn) => `${fn} is left untouched: it calls eval directly in sloppy mode.`),
  LLMOPS3003: skip((fn) => `${fn} is left untouched: it contains \`await using\`.`),
  LLMOPS3004: skip(
    (fn) => `${fn} is left untouched: it contains or stands in a \`with\` statement.`,
  ),
  LLMOPS3005: skip(
    (fn, name) =>
      `${fn} is left untouched: "${name}" is declared in it as an inner function and as something else, or twice.`,
  ),
  LLMOPS3006: skip(
    (fn) => `${fn} is left untouched: a statement in it starts with the name \`let\`.`,
  ),
  LLMOPS3007: skip((fn) => `${fn} is left untouched: "use asm" code cannot be changed.`),
  LLMOPS3008: skip(
    (fn) => `${fn} is left untouched: it calls super(…) in a parameter or in an inner function.`,
  ),
  LLMOPS3009: skip(
    (fn, name) =>
      `${fn} is left untouched: before super(…) it uses "${name}", which is declared after it.`,
  ),
  LLMOPS3010: skip(
    (fn) =>
      `${fn} is left untouched: it holds an error that the engine reports when it reads the file.`,
  ),
  LLMOPS3011: skip(
    (fn) =>
      `${fn} is left untouched: it calls super(…) in several places, and its class has fields or parameter properties.`,
  ),
  LLMOPS3012: skip(
    (file, problem) =>
      `${file} is left untouched: TypeScript does not understand it here: ${problem}`,
  ),
};

/** In UTF-16 code units, of the file or the configuration. */
export interface TextRange {
  readonly start: number;
  readonly length: number;
}

/** Makes a finding from the catalogue; `near` adds "Did you mean …?". */
export function finding(
  code: Code,
  { start, length }: TextRange,
  values: readonly string[],
  near?: string,
): Finding {
  const { severity, text } = catalogue[code];
  const message = text(...values);
  const base = { code, severity, start, length };
  return near === undefined
    ? { ...base, message }
    : { ...base, message: `${message} Did you mean "${near}"?`, suggestion: near };
}

/** Of a mistake that stands in no file, all that is said of it. */
export function sentence(code: Code, values: readonly string[], near?: string): string {
  return `${code}: ${finding(code, { start: 0, length: 0 }, values, near).message}`;
}

/**
 * The candidate nearest to a misspelt name, if at most 40 % of the longer one's letters differ, or
 * if it begins with the name: `WARN`.
 */
export function nearest(name: string, candidates: Iterable<string>): string | undefined {
  let best: string | undefined;
  let least = Infinity;
  for (const candidate of candidates) {
    const away = distance(name.toLowerCase(), candidate.toLowerCase());
    const begins = name.length > 2 && candidate.toLowerCase().startsWith(name.toLowerCase());
    if (away < least && (begins || away <= Math.max(name.length, candidate.length) * 0.4)) {
      least = away;
      best = candidate;
    }
  }
  return best;
}
