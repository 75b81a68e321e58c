// A source file and its configuration → the Plan, and findings.
// Invariant: a function that is selected becomes a site or gets a finding.
import { basename } from "node:path";
import { ABI } from "../abi.ts";
import type { Config, TrackEntry } from "../config/load.ts";
import { relativePath } from "../config/matchers.ts";
import { type Finding, finding, type TextRange } from "../diagnostics.ts";
import { checkPlan, type Form, type Plan } from "../plan.ts";
import type { FileRecord } from "../record.ts";
import type { Compiler, ts } from "../syntax.ts";
import { capturedLocals, unknownLocals } from "./captures.ts";
import { collectEdits } from "./edits.ts";
import { isOfSvelte } from "./svelte.ts";
import { freshNames } from "./fresh-names.ts";
import { hazardOf } from "./hazards.ts";
import { isInstrumented } from "./instrumented.ts";
import { identify, type Identity } from "./identity.ts";
import { type Examined, fileRecord } from "./records.ts";
import { Places } from "./places.ts";
import { collectScopes, type Scopes } from "./scopes.ts";
import { entriesAbout, type FoundNames, type Selected, selectFunctions } from "./select.ts";
import { afterDirectives, type Draft, siteOf, superCallOf } from "./site.ts";
import type { Known } from "./walk.ts";

export interface AnalyzeInput {
  readonly ts: Compiler;
  readonly file: ts.SourceFile;
  /** Absolute path of the file. */
  readonly path: string;
  readonly config: Config;
  /** Every function of the file is strict code, whatever it says itself (`alwaysStrict`). */
  readonly strict: boolean;
  /** How the file reaches the runtime. @default "esm" where it imports or exports, else "script" */
  readonly form?: Form | undefined;
  /** The text that the file's own is a part of: a component's, whose template has names too. */
  readonly whole?: string | undefined;
}

export interface Analysis {
  /** Null where there is nothing to rewrite. */
  readonly plan: Plan | null;
  /** Undefined where the text says nothing of its functions: instrumented, or no TypeScript. */
  readonly record: FileRecord | undefined;
  /** In the order of the text. */
  readonly findings: readonly Finding[];
  readonly names: FoundNames;
}

const NOTHING = { plan: null, record: undefined, findings: [] } as const;

/**
 * `@Track` too, to be told of. The expression reads 4 GB/s, three `includes` read 1 (Node 24, files
 * of 3 KB).
 */
export const MAY_BE_TAG: RegExp = /@track/i;

/** Tells from a file's text whether it can hold a site. Most files are refused here, unparsed. */
export function mayHoldSites(text: string, path: string, config: Config): boolean {
  if (MAY_BE_TAG.test(text)) return true;
  return config.entries.some((entry) => entry.matchesFile(path)) && !config.excludes(path);
}

/** Of a file whose functions are not known. */
function namesOf(entries: readonly TrackEntry[] = []): FoundNames {
  return { entries, matched: new Set(), functions: undefined };
}

export function analyze(input: AnalyzeInput): Analysis {
  const { ts, file, path, config } = input;
  const name = reportedName(path, config.root);
  if (!mayHoldSites(file.text, path, config))
    return { ...NOTHING, record: { file: name, hash: "", sites: [] }, names: namesOf() };
  const parseError = parseErrorOf(ts, file, basename(path));
  const unread = namesOf(entriesAbout(path, config));
  if (parseError !== undefined) return { ...NOTHING, findings: [parseError], names: unread };
  if (isInstrumented(ts, file)) return { ...NOTHING, names: unread };
  const { selected, names, findings: ofTags } = selectFunctions(ts, file, config, path);
  const findings = [...ofTags];
  const identities = identify(file, selected);
  const examined = selected.map((selection, index): Examined => {
    const skip = skipOf(input, selection);
    if (skip !== undefined) findings.push(skip);
    return { selection, identity: identities[index] as Identity, skip };
  });
  const kept = examined.filter(({ skip }) => skip === undefined);
  let made: Made | undefined;
  if (kept.length > 0) {
    const places = new Places(kept.map(({ selection }) => selection.node));
    const scopes = collectScopes(ts, file, places);
    for (const { selection } of kept)
      findings.push(...unknownLocals(selection, scopes, placeOf(ts, file, selection)));
    made = make(input, name, kept, { ts, file, scopes, places });
  }
  return {
    plan: made?.plan ?? null,
    record: fileRecord(input, name, examined, made?.drafts ?? []),
    findings: findings.toSorted((a, b) => a.start - b.start),
    names,
  };
}

/** Says why a function is left untouched, if it is. */
function skipOf({ ts, file, strict }: AnalyzeInput, selection: Selected): Finding | undefined {
  const { node, path, name } = selection;
  const hazard = hazardOf(ts, path, node, strict || ts.isExternalModule(file));
  if (hazard === undefined) return undefined;
  return finding(hazard.code, placeOf(ts, file, selection), [name, hazard.name ?? ""]);
}

/** Where findings about a function point: at its tag, or at its name. */
function placeOf(ts: Compiler, file: ts.SourceFile, { node, directive }: Selected): TextRange {
  if (directive !== undefined) return directive;
  const { name } = node;
  if (name === undefined) return { start: node.getStart(file), length: 1 };
  const start = name.getStart(file);
  return { start, length: name.end - start };
}

/** Calls that vitest and jest move before the imports of their file, with the functions in them. */
const RUNS_EARLY = /\b(?:vi|vitest|jest)\s*\.\s*(?:hoisted|mock)\b/;

interface Made {
  readonly plan: Plan;
  /** Of the functions that the Plan tracks. */
  readonly drafts: readonly Draft[];
}

function make(input: AnalyzeInput, name: string, kept: readonly Examined[], known: Known): Made {
  const { ts, file, scopes } = known;
  const { form, whole = file.text } = input;
  const fresh = freshNames(whole, isOfSvelte(file) ? "_$" : "$");
  const names = { runtime: fresh("r"), handle: fresh("t"), load: fresh("m"), error: fresh("e") };
  const drafts = kept.map((site, index) => draftOf(input, site, index, scopes, fresh));
  const open = new Map(drafts.map((draft) => [draft.selection.node, draft.open]));
  const { edits, withTry } = collectEdits(known, open);
  const sites = drafts.map((draft) => siteOf(ts, file, draft, withTry.has(draft.open)));
  // Behind leading comments: pragmas such as `@jsx` count only there.
  const top = file.statements[0]?.getStart(file) ?? 0;
  const insertAt = afterDirectives(ts, file.statements, top);
  const loads = form ?? (ts.isExternalModule(file) ? "esm" : "script");
  const declares = scopes.at.get(file)?.names.has("module") === true;
  const plan: Plan = {
    abi: ABI,
    file: name,
    form: loads,
    ...(loads === "script" && !declares && { requires: true }),
    ...(RUNS_EARLY.test(file.text) && { mayRunEarly: true }),
    insertAt,
    afterDirective: insertAt > top,
    names,
    sites,
    edits,
  };
  checkPlan(plan, file.text.length);
  return { plan, drafts };
}

function draftOf(
  { ts, file }: AnalyzeInput,
  { selection, identity }: Examined,
  index: number,
  scopes: Scopes,
  fresh: (word: string) => string,
): Draft {
  const captured = capturedLocals(file, selection, scopes);
  const shadows = new Map<number, string>();
  const writes = new Map(captured.map(({ binding }) => [binding.at, [] as number[]]));
  for (const { binding } of captured) {
    // Parameters and `var`s are visible after the body. All others need a shadow to be read from.
    if (binding.kind !== "parameter" && binding.kind !== "var")
      shadows.set(binding.at, fresh(binding.name));
  }
  const superCall = superCallOf(ts, file, selection);
  const declares = (name: string): boolean =>
    scopes.declaredBy(selection.node).some((binding) => binding.name === name);
  const llm = selection.options.as === "llm";
  const open = { span: fresh("s"), shadows, writes, index, superCall, llm };
  return { selection, identity, captured, declares, open };
}

/** The name that spans report for a file. */
function reportedName(path: string, root: string): string {
  const name = relativePath(path, root);
  return name.startsWith("../../") ? basename(path) : name;
}

/** Errors in strict code alone, for which the tree is whole: `010`, `"\\01"`, `09`, `"\\8"`. */
const HARMLESS: ReadonlySet<number> = new Set([1121, 1487, 1488, 1489]);

/** Its `parseDiagnostics` is internal, but the only way to tell without a program. */
type ParsedFile = ts.SourceFile & { readonly parseDiagnostics?: readonly ts.Diagnostic[] };

function parseErrorOf(ts: Compiler, file: ParsedFile, name: string): Finding | undefined {
  const first = file.parseDiagnostics?.find(({ code }) => !HARMLESS.has(code));
  if (first === undefined) return undefined;
  const problem = ts.flattenDiagnosticMessageText(first.messageText, " ");
  const { start = 0, length = 1 } = first;
  return finding("LLMOPS3012", { start, length }, [name, problem]);
}
