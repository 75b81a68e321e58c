// A selected function with its captured locals and inserted names → its Site in the Plan.
// Invariant: every setting is resolved here; offsets are of the original text.
import type { SiteFacts } from "../abi.ts";
import { factsOf } from "../config/options.ts";
import type { Site } from "../plan.ts";
import { type Compiler, directiveCount, isAsync, isGenerator, type ts } from "../syntax.ts";
import type { Captured } from "./captures.ts";
import { isLeaf } from "./leaf.ts";
import { isPlainLiteral } from "./literals.ts";
import { type ParameterValues, parameterValues } from "./parameters.ts";
import type { Identity } from "./identity.ts";
import type { Selected } from "./select.ts";
import { constructionOf, hasThisAtEntry } from "./supers.ts";
import type { OpenSite } from "./walk.ts";

/** A function that becomes a site. */
export interface Draft {
  readonly selection: Selected;
  readonly identity: Identity;
  readonly captured: readonly Captured[];
  readonly open: OpenSite;
  /** Whether a name is declared inside of the function. */
  readonly declares: (name: string) => boolean;
}

/** @param hasTry the function has a `try` of its own */
export function siteOf(ts: Compiler, file: ts.SourceFile, draft: Draft, hasTry: boolean): Site {
  const { node, options, path } = draft.selection;
  const { span, shadows, superCall } = draft.open;
  const body = node.body as ts.ConciseBody;
  const parameters =
    options.args === false ? NO_PARAMETERS : parameterValues(ts, file, node, draft.declares);
  const { captureSelf = false } = options;
  const self = captureSelf !== false && hasThisAtEntry(ts, path, node);
  return {
    facts: siteFacts(ts, file, draft, parameters, self),
    fn: { start: node.getStart(file), end: node.end },
    body: { start: body.getStart(file), end: body.end },
    expression: !ts.isBlock(body),
    literal: isPlainLiteral(ts, body),
    head: ts.isBlock(body)
      ? afterDirectives(ts, body.statements, body.getStart(file) + 1)
      : body.getStart(file),
    superCall,
    leaf: isLeaf(ts, node),
    span,
    values: parameters.values,
    mayOverrideReturn: hasTry && !endsInJump(ts, body),
    self,
    shadows: [...shadows.values()],
    exitValues: draft.captured.map(({ binding }) => shadows.get(binding.at) ?? binding.name),
  };
}

/** See `Site.superCall`. */
export function superCallOf(
  ts: Compiler,
  file: ts.SourceFile,
  { node, path }: Selected,
): Site["superCall"] {
  if (!ts.isConstructorDeclaration(node)) return null;
  const construction = constructionOf(ts, node, path.at(-1));
  if (construction.form !== "top") return construction.form === "inside" ? "inside" : null;
  const { call } = construction;
  return { start: call.getStart(file), end: call.end, chained: !ts.isStatement(call) };
}

const NO_PARAMETERS: ParameterValues = {
  args: [],
  kwargs: [],
  undeclared: undefined,
  values: [],
};

function siteFacts(
  ts: Compiler,
  file: ts.SourceFile,
  { selection, identity, captured }: Draft,
  { args, kwargs, undeclared }: ParameterValues,
  self: boolean,
): SiteFacts {
  const { node, options, name, qualifiedName } = selection;
  const { as, captureSelf } = options;
  const { line, character } = file.getLineAndCharacterOfPosition(node.getStart(file));
  return {
    name: options.name ?? name,
    fn: qualifiedName,
    line: line + 1,
    column: character + 1,
    ...identity,
    ...(isAsync(ts, node) && { async: true as const }),
    ...(isGenerator(node) && { generator: true as const }),
    ...(as === "llm" && { llm: true as const }),
    ...(args.length > 0 && { args }),
    ...(undeclared !== undefined && { undeclared }),
    ...(kwargs.length > 0 && { kwargs }),
    ...(captured.length > 0 && { locals: captured.map((local) => local.name) }),
    ...(self && { self: captureSelf === true || !captureSelf ? (true as const) : captureSelf }),
    ...factsOf(options),
  };
}

/** Whether the end of a body is plainly out of reach. */
function endsInJump(ts: Compiler, body: ts.ConciseBody): boolean {
  const last = ts.isBlock(body) ? body.statements.at(-1) : undefined;
  return last !== undefined && (ts.isReturnStatement(last) || ts.isThrowStatement(last));
}

/** Behind the directives that statements begin with, or at `start` where there are none. */
export function afterDirectives(
  ts: Compiler,
  statements: readonly ts.Statement[],
  start: number,
): number {
  return statements[directiveCount(ts, statements) - 1]?.end ?? start;
}
