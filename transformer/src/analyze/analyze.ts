// A source file and its configuration → the Plan and what there is to say about it.
// Invariant: all decisions are made here; a function selected ends as a site or in a finding.
import { ABI, type SiteFacts } from "../abi.ts";
import type { Compiler, ts } from "../syntax.ts";
import { type Config, reportedName } from "../config/load.ts";
import { type Finding, finding, nearest } from "../diagnostics.ts";
import { type FunctionNode, isAsync, isFunctionNode, isGenerator } from "./function-names.ts";
import { hasDirective, hazardOf, readsSourceText, superStatement } from "./hazards.ts";
import { isInstrumented } from "./instrumented.ts";
import { isLeaf } from "./leaf.ts";
import { isPlainLiteral } from "./literals.ts";
import { freshNames } from "./fresh-names.ts";
import type { SiteOptions } from "../config/options.ts";
import { parameterValues } from "./parameters.ts";
import {
  checkPlan,
  type Form,
  type ModuleNames,
  type Plan,
  type Site,
  type SuperCall,
} from "../plan.ts";
import { collectRewrites, type OpenSite } from "./edits.ts";
import { type Binding, collectScopes, type Scopes } from "./scopes.ts";
import { type Selected, selectFunctions } from "./select.ts";

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
}

export interface Analysis {
  /** Null where there is nothing to rewrite. */
  readonly plan: Plan | null;
  readonly findings: readonly Finding[];
  /** Indices of the config entries that matched a function of this file. */
  readonly matched: ReadonlySet<number>;
}

const NOTHING: Analysis = { plan: null, findings: [], matched: new Set() };

/** Whether a file can hold a marked function, told from its text alone: most files are refused here, before any walk. */
export function mayHoldSites(text: string, path: string, config: Config): boolean {
  if (text.includes("@track")) return true;
  return config.entries.some((entry) => entry.matchesFile(path)) && !config.excludes(path);
}

export function analyze(input: AnalyzeInput): Analysis {
  const { ts, file, path, config } = input;
  if (!mayHoldSites(file.text, path, config) || hasParseErrors(file) || isInstrumented(ts, file))
    return NOTHING;
  const { selected, findings: problems } = selectFunctions(ts, file, config, path);
  const findings = [...problems];
  const kept = selected.filter((selection) => isInlinable(input, selection, findings));
  const matched = new Set(selected.flatMap(({ entries }) => entries.map(({ index }) => index)));
  if (kept.length === 0) return { plan: null, findings: inOrder(findings), matched };

  const scopes = collectScopes(ts, file);
  const fresh = freshNames(file.text);
  const names: ModuleNames = {
    runtime: fresh("r"),
    handle: fresh("t"),
    load: fresh("m"),
    error: fresh("e"),
  };
  const open = new Map<ts.Node, OpenSite>();
  const drafts = kept.map((selection) => {
    const captured = capturedBindings(ts, file, selection, scopes, findings);
    const shadows = new Map<number, string>();
    for (const { binding } of captured) {
      // Parameters and `var`s are still visible after the body; all others need a shadow to be read from.
      if (binding.kind !== "parameter" && binding.kind !== "var")
        shadows.set(binding.at, fresh(binding.name));
    }
    const site: OpenSite = { span: fresh("s"), shadows, overrides: false };
    open.set(selection.node, site);
    return { selection, captured, site };
  });
  const edits = collectRewrites(ts, file, scopes, open);
  const sites = drafts.map(({ selection, captured, site }) =>
    finishSite(ts, file, selection, captured, site),
  );
  const form = input.form ?? (ts.isExternalModule(file) ? "esm" : "script");
  // Behind leading comments: pragmas such as `@jsx` count only there.
  const top = file.statements[0]?.getStart(file) ?? 0;
  const insertAt = afterDirectives(ts, file.statements, top);
  const plan: Plan = {
    abi: ABI,
    file: reportedName(path, config.root),
    form,
    insertAt,
    afterDirective: insertAt > top,
    names,
    sites,
    edits,
  };
  checkPlan(plan, file.text.length);
  return { plan, findings: inOrder(findings), matched };
}

function inOrder(findings: readonly Finding[]): Finding[] {
  return findings.toSorted((a, b) => a.start - b.start);
}

interface Captured {
  readonly binding: Binding;
  /** `x`, or `x@12` where an earlier variable of the function has the same name. */
  readonly name: string;
}

/** The locals to record, and a finding for each name asked for that is none. */
function capturedBindings(
  ts: Compiler,
  file: ts.SourceFile,
  { node, options, directive, name, namesLocals }: Selected,
  scopes: Scopes,
  findings: Finding[],
): Captured[] {
  const { capture } = options;
  if (capture === undefined || capture === false) return [];
  const locals = scopes
    .declaredBy(node)
    .filter(
      ({ kind }) => kind !== "function" && kind !== "class" && kind !== "other" && kind !== "using",
    );
  if (typeof capture !== "boolean") {
    const known = new Set(locals.map((local) => local.name));
    for (const wanted of capture) {
      if (known.has(wanted) || !namesLocals) continue;
      const place = directive?.captured.get(wanted) ?? directive ?? nameRange(ts, file, node);
      findings.push(finding("LLMOPS1004", place, [wanted, name], nearest(wanted, known)));
    }
  }
  const taken = new Set<string>();
  const captured: Captured[] = [];
  for (const binding of locals) {
    if (typeof capture !== "boolean" && !capture.includes(binding.name)) continue;
    const { line, character } = file.getLineAndCharacterOfPosition(binding.at);
    const candidates = [
      binding.name,
      `${binding.name}@${line + 1}`,
      `${binding.name}@${line + 1}:${character + 1}`,
    ];
    const free = candidates.find((candidate) => !taken.has(candidate)) ?? binding.name;
    taken.add(free);
    captured.push({ binding, name: free });
  }
  return captured;
}

function finishSite(
  ts: Compiler,
  file: ts.SourceFile,
  selection: Selected,
  captured: readonly Captured[],
  { span, shadows, overrides }: OpenSite,
): Site {
  const { node, options, qualifiedName } = selection;
  const body = node.body as ts.ConciseBody;
  const parameters = options.args === false ? undefined : parameterValues(ts, node);
  const start = node.getStart(file);
  const { line, character } = file.getLineAndCharacterOfPosition(start);
  const self = options.captureSelf;
  const recordsSelf = self !== undefined && self !== false && hasThisAtEntry(ts, selection);
  const facts: SiteFacts = {
    name: options.name ?? selection.name,
    fn: qualifiedName,
    line: line + 1,
    column: character + 1,
    ...(isAsync(ts, node) && { async: true as const }),
    ...(isGenerator(node) && { generator: true as const }),
    ...(options.as === "llm" && { llm: true as const }),
    ...(parameters !== undefined && parameters.args.length > 0 && { args: parameters.args }),
    ...(parameters !== undefined && parameters.kwargs.length > 0 && { kwargs: parameters.kwargs }),
    ...(captured.length > 0 && { locals: captured.map(({ name }) => name) }),
    ...(recordsSelf && { self: self === true ? (true as const) : self }),
    ...passedOn(options),
  };
  return {
    facts,
    fn: { start, end: node.end },
    body: { start: body.getStart(file), end: body.end },
    expression: !ts.isBlock(body),
    literal: isPlainLiteral(ts, body),
    head: ts.isBlock(body)
      ? afterDirectives(ts, body.statements, body.getStart(file) + 1)
      : body.getStart(file),
    superCall: superRange(ts, file, node),
    leaf: isLeaf(ts, node),
    span,
    values: parameters?.values ?? [],
    mayOverrideReturn: overrides && !endsInJump(ts, body),
    self: recordsSelf,
    shadows: [...shadows.values()],
    exitValues: captured.map(({ binding }) => shadows.get(binding.at) ?? binding.name),
  };
}

/** Whether the end of a body is plainly out of reach. */
function endsInJump(ts: Compiler, body: ts.ConciseBody): boolean {
  const last = ts.isBlock(body) ? body.statements.at(-1) : undefined;
  return last !== undefined && (ts.isReturnStatement(last) || ts.isThrowStatement(last));
}

/** Options that the runtime takes as they are. */
function passedOn({
  model,
  metadata,
  tags,
  level,
  result,
  settle,
}: SiteOptions): Partial<SiteFacts> {
  return {
    ...(model !== undefined && { model }),
    ...(metadata !== undefined && { metadata }),
    ...(tags !== undefined && { tags }),
    ...(level !== undefined && { level }),
    ...(result === false && { result }),
    ...(settle === false && { settle }),
  };
}

function isInlinable(
  { ts, file, strict }: AnalyzeInput,
  { node, path, name, directive }: Selected,
  findings: Finding[],
): boolean {
  const place = directive ?? nameRange(ts, file, node);
  const isStrict =
    strict ||
    ts.isExternalModule(file) ||
    path.some((parent) => makesStrict(ts, parent)) ||
    makesStrict(ts, node);
  let hazard = hazardOf(ts, node, isStrict);
  if (path.some((parent) => ts.isWithStatement(parent))) hazard ??= { code: "LLMOPS3004" };
  if (readsSourceText(ts, [...path, node])) hazard ??= { code: "LLMOPS3001" };
  if (hazard === undefined) return true;
  findings.push(finding(hazard.code, place, [name, hazard.name ?? ""]));
  return false;
}

function makesStrict(ts: Compiler, node: ts.Node): boolean {
  if (ts.isClassLike(node)) return true;
  if (ts.isSourceFile(node)) return hasDirective(ts, node.statements, "use strict");
  return (
    isFunctionNode(ts, node) &&
    node.body !== undefined &&
    ts.isBlock(node.body) &&
    hasDirective(ts, node.body.statements, "use strict")
  );
}

/** Whether `this` may be read when a function begins: not in arrows of a derived class's constructor, nor there without a `super(…)`. */
function hasThisAtEntry(ts: Compiler, { node, path: outer }: Selected): boolean {
  const path = [...outer, node];
  for (let at = path.length - 1; at > 0; at--) {
    const current = path[at] as ts.Node;
    if (!isFunctionNode(ts, current) || ts.isArrowFunction(current)) continue;
    const around = path[at - 1] as ts.Node;
    const derived =
      ts.isConstructorDeclaration(current) &&
      ts.isClassLike(around) &&
      (around.heritageClauses ?? []).some(({ token }) => token === ts.SyntaxKind.ExtendsKeyword);
    return !derived || (current === node && superStatement(ts, current) !== undefined);
  }
  return true;
}

/** Behind a directive prologue, or at `start` where there is none. */
function afterDirectives(ts: Compiler, statements: readonly ts.Statement[], start: number): number {
  let at = start;
  for (const statement of statements) {
    if (!ts.isExpressionStatement(statement) || !ts.isStringLiteral(statement.expression)) break;
    at = statement.end;
  }
  return at;
}

function superRange(ts: Compiler, file: ts.SourceFile, node: FunctionNode): SuperCall | null {
  const call = ts.isConstructorDeclaration(node) ? superStatement(ts, node) : undefined;
  if (call === undefined) return null;
  return { start: call.getStart(file), end: call.end, chained: !ts.isStatement(call) };
}

function nameRange(
  ts: Compiler,
  file: ts.SourceFile,
  node: ts.Node,
): { start: number; length: number } {
  const named = "name" in node && node.name !== undefined ? (node.name as ts.Node) : node;
  const start = named.getStart(file);
  return { start, length: named === node ? 1 : named.end - start };
}

/** `parseDiagnostics` is internal, but the only way to tell without a program. */
function hasParseErrors(file: ts.SourceFile): boolean {
  const { parseDiagnostics } = file as ts.SourceFile & { parseDiagnostics?: readonly unknown[] };
  return parseDiagnostics !== undefined && parseDiagnostics.length > 0;
}
