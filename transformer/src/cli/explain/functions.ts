// A file and its configuration → each function in it, and what is recorded of it or why nothing is.
// Invariant: names are those that the analysis itself gives; every function with a body is listed.
import { formOf, scriptKind } from "../../hosts/instrument.ts";
import { openSession, type Session } from "../../hosts/session.ts";
import type { Site } from "../../plan.ts";
import type { FileRecord, SiteRecord } from "../../record.ts";
import type { Compiler, ts } from "../../syntax.ts";

export interface ExplainedFunction {
  /** Qualified name: `Class.method`, `outer.inner`. */
  readonly function: string;
  readonly line: number;
  readonly column: number;
  readonly end_line: number;
  readonly tracked: boolean;
  /** What a call of it records. */
  readonly records: Recorded | null;
  /** Why it is not tracked. */
  readonly reason: Reason | null;
}

export interface Recorded {
  readonly args: readonly string[];
  readonly kwargs: readonly string[];
  readonly locals: SiteRecord["locals"];
  /** Own fields of `this`: all, or those named. */
  readonly self: true | readonly string[] | null;
  readonly result: boolean;
  readonly llm: boolean;
  readonly model: string | null;
  readonly metadata: Readonly<Record<string, unknown>>;
  readonly tags: readonly string[];
  readonly level: string | null;
}

interface Reason {
  /** `no-tag`, `no-track`, `excluded`, or the code of what is in the way. */
  readonly code: string;
  readonly message: string;
}

export interface FileOfSession {
  readonly ts: Compiler;
  readonly session: Session;
  /** Absolute. */
  readonly path: string;
  readonly text: string;
}

/** @param sites of the file's plan */
export function explainedFunctions(
  of: FileOfSession,
  record: FileRecord | undefined,
  sites: readonly Site[],
): ExplainedFunction[] {
  const selected = new Map(record?.sites.map((site) => [site.start, site]));
  const planned = new Map(sites.map((site) => [site.fn.start, site]));
  const open = new Set(everyFunction(of, of.text).map(({ start }) => start));
  // Of the same length, so that all else stays where it is.
  const all = everyFunction(of, of.text.replaceAll("@noTrack", "@xxTrack"));
  return all.map((each): ExplainedFunction => {
    const { start, line, column, end_line } = each;
    const site = selected.get(start);
    const plan = planned.get(start);
    const tracked = site !== undefined && site.skipped === null && plan !== undefined;
    return {
      function: each.function,
      line,
      column,
      end_line,
      tracked,
      records: tracked ? recordedOf(site, plan) : null,
      reason: tracked ? null : (site?.skipped ?? reasonOf(of, each, !open.has(start))),
    };
  });
}

/** The functions of a text, as if an entry of the configuration named all of them. */
function everyFunction({ ts, path }: FileOfSession, text: string): readonly SiteRecord[] {
  const session = openSession({ track: [{ functions: "**" }] }, "/");
  const file = parse(ts, path, text);
  return (
    session.analyze({ ts, file, strict: true, form: formOf(ts, file, path) }).record?.sites ?? []
  );
}

export function parse(ts: Compiler, path: string, text: string): ts.SourceFile {
  return ts.createSourceFile(path, text, ts.ScriptTarget.Latest, false, scriptKind(ts, path));
}

function recordedOf({ locals }: SiteRecord, { facts }: Site): Recorded {
  return {
    args: facts.args ?? [],
    kwargs: facts.kwargs ?? [],
    locals,
    self: facts.self ?? null,
    result: facts.result ?? true,
    llm: facts.llm ?? false,
    model: facts.model ?? null,
    metadata: facts.metadata ?? {},
    tags: facts.tags ?? [],
    level: facts.level ?? null,
  };
}

function reasonOf({ session, path }: FileOfSession, each: SiteRecord, noTrack: boolean): Reason {
  if (noTrack) return { code: "no-track", message: "@noTrack takes it out" };
  const { entries, excludes, path: config } = session.config;
  const named = entries.find(
    (entry) => entry.matchesFile(path) && entry.matchesFunction(each.function),
  );
  if (named !== undefined && excludes(path)) {
    const message = `${named.jsonPath} names it, but "exclude" of the config takes its file out`;
    return { code: "excluded", message };
  }
  if (config === undefined)
    return { code: "no-tag", message: "it has no tag, and there is no llmops.config.json" };
  const ofFile = entries.filter((entry) => entry.matchesFile(path));
  const which =
    ofFile.length === 0
      ? "no entry of the config matches its file"
      : `its name is not in ${ofFile.map(({ jsonPath }) => jsonPath).join(", ")}`;
  return { code: "no-tag", message: `it has no tag, and ${which}` };
}
