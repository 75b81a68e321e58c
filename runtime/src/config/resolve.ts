// What a user set (in code, in the environment, in .env) → one complete, checked `Options`.
// Invariant: code wins over environment, environment over .env, .env over the default. A mistake in
// code throws a ConfigError; one in the environment costs a warning, and the default applies.
import { settleOtel } from "./otel-environment.ts";
import { ConfigError } from "./config-error.ts";
import { join } from "node:path";
import { fs, process, util } from "../platform/node.ts";
import type { ConfigureOptions, OptionPath, Options } from "./options.ts";
import { OPTION_TABLE, type OptionRow } from "./table.ts";

export interface Resolved {
  options: Options;
  /** One sentence per unusable environment variable. */
  warnings: string[];
}

const rows = Object.entries(OPTION_TABLE) as [OptionPath, OptionRow<unknown>][];
const sections: ReadonlySet<string> = new Set(
  rows.flatMap(([path]) => (path.includes(".") ? [path.slice(0, path.indexOf("."))] : [])),
);

/** @throws {ConfigError} for unknown or invalid explicit options, never for the environment. */
export function resolveOptions(
  explicit: ConfigureOptions = {},
  env: NodeJS.ProcessEnv = process.env,
  dotenv: Readonly<Record<string, string>> = {},
): Resolved {
  const given = flatten(explicit);
  const otel = settleOtel({ ...dotenv, ...env });
  const warnings: string[] = [...otel.warnings];
  const values = new Map<string, unknown>();
  const set = new Set<string>();
  for (const [path, row] of rows) {
    const own = given.get(path);
    if (own !== undefined) {
      if (!row.kind.accepts(own)) throw new ConfigError(wrongKind(path, row, own));
      values.set(path, own);
      set.add(path);
      continue;
    }
    const text =
      row.env === undefined
        ? undefined
        : row.env.startsWith("OTEL_")
          ? nonEmpty(otel.env[row.env])
          : (nonEmpty(env[row.env]) ?? nonEmpty(dotenv[row.env]));
    const value = text === undefined ? undefined : row.kind.parse?.(text);
    if (text !== undefined && value === undefined) warnings.push(badVariable(row, text));
    if (value !== undefined) set.add(path);
    values.set(path, value ?? row.default);
  }
  const region = set.has("sqs.region") ? undefined : regionIn(values.get("sqs.url"));
  if (region !== undefined) values.set("sqs.region", region);
  return { options: nest(values), warnings };
}

/**
 * The variables of `.env` in a directory; none where it is absent or cannot be read. We read only
 * regular files: password managers mount `.env` as a pipe, and reading that would wait for its
 * writer, and take from the program what it is to read.
 * @param directory @default the working directory, which may have been deleted
 */
export function readDotenv(directory?: string): Record<string, string> {
  try {
    const path = join(directory ?? process.cwd(), ".env");
    if (!fs.statSync(path).isFile()) return {};
    const text = fs.readFileSync(path, "utf8").replace(BYTE_ORDER_MARK, "");
    return util().parseEnv(text) as Record<string, string>;
  } catch {
    return {};
  }
}

const BYTE_ORDER_MARK = /^\uFEFF/;

/** `{ sqs: { url } }` → `sqs.url`, with `sink` as the only member of `sinks`. */
function flatten(explicit: ConfigureOptions): Map<string, unknown> {
  if (!isPlain(explicit)) {
    throw new ConfigError(`configure() takes an object of options, not ${kindOf(explicit)}.`);
  }
  const given = new Map<string, unknown>();
  for (const [key, value] of Object.entries(explicit)) {
    if (value === undefined) continue;
    if (key === "sink") {
      if (explicit.sinks !== undefined) {
        throw new ConfigError("configure: give either sink or sinks, not both.");
      }
      given.set("sinks", [value]);
    } else if (sections.has(key)) {
      if (!isPlain(value)) {
        throw new ConfigError(
          `configure: ${key} must be an object of options, got ${kindOf(value)}.`,
        );
      }
      for (const [inner, leaf] of Object.entries(value)) {
        if (leaf !== undefined) given.set(known(`${key}.${inner}`), leaf);
      }
    } else {
      given.set(known(key), value);
    }
  }
  return given;
}

function known(path: string): string {
  if (Object.hasOwn(OPTION_TABLE, path)) return path;
  const near = nearest(path, [...Object.keys(OPTION_TABLE), "sink", ...sections]);
  const hint =
    near === undefined
      ? "See the table of options in docs/configuration.md"
      : `Did you mean ${near}`;
  throw new ConfigError(`configure: there is no option ${path}. ${hint}${near ? "?" : "."}`);
}

function wrongKind(path: string, row: OptionRow<unknown>, value: unknown): string {
  const or = row.env === undefined ? "leave it out" : `leave it out, or set ${row.env}`;
  return `configure: ${path} must be ${row.kind.expected}, got ${kindOf(value)}. Pass one, ${or}.`;
}

/** Shows only a short, plain text: a longer one may be a secret. */
function badVariable(row: OptionRow<unknown>, text: string): string {
  const shown = /^[\w.+-]{1,20}$/.test(text) ? `"${text}"` : `a text of ${text.length} characters`;
  const code = row.env?.startsWith("OTEL_") === true ? " (LLMOPS3004)" : "";
  const used = typeof row.default === "object" ? "none" : `${row.default as string | number}`;
  return `${row.env} must be ${row.kind.expected}, but is ${shown}: ${used} is used${code}.`;
}

function nest(values: ReadonlyMap<string, unknown>): Options {
  const options: Record<string, unknown> = {};
  for (const [path, value] of values) {
    const dot = path.indexOf(".");
    if (dot === -1) {
      options[path] = value;
    } else {
      const section = path.slice(0, dot);
      const inner = (options[section] ??= {}) as Record<string, unknown>;
      inner[path.slice(dot + 1)] = value;
    }
  }
  // Complete by construction: OPTION_TABLE's type demands a row for every path of Options.
  return options as unknown as Options;
}

/** Amazon's queue URLs name their region, and signing for another one is refused. */
function regionIn(url: unknown): string | undefined {
  const host = typeof url === "string" ? new URL(url).hostname : "";
  return /^(?:sqs\.)?([a-z]{2}(?:-[a-z]+)+-\d)\.(?:queue\.)?amazonaws\.com(?:\.cn)?$/.exec(
    host,
  )?.[1];
}

function nonEmpty(text: string | undefined): string | undefined {
  const trimmed = text?.trim();
  return trimmed === "" ? undefined : trimmed;
}

function isPlain(value: unknown): value is Record<string, unknown> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

function kindOf(value: unknown): string {
  if (value === null) return "null";
  if (Array.isArray(value)) return "a list";
  return typeof value === "object" ? "an object" : `a ${typeof value}`;
}

/** The candidate that has most in common with the word, if that is more than half. */
function nearest(word: string, candidates: readonly string[]): string | undefined {
  let best: string | undefined;
  let most = 0.5;
  for (const candidate of candidates) {
    const likeness = inCommon(word.toLowerCase(), candidate.toLowerCase());
    if (likeness > most) [best, most] = [candidate, likeness];
  }
  return best;
}

/** The share of the longer word's characters that the two begin or end with. */
function inCommon(one: string, other: string): number {
  const most = Math.min(one.length, other.length);
  let start = 0;
  while (start < most && one[start] === other[start]) start++;
  let end = 0;
  while (end < most - start && one.at(-1 - end) === other.at(-1 - end)) end++;
  return (start + end) / Math.max(one.length, other.length);
}
