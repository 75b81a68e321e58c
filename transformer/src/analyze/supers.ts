// A derived class's constructor → where its `super(…)` returns: there its span begins, and there is a `this`.
// Invariant: nothing that is moved into `try` is needed before.
import type { Code } from "../diagnostics.ts";
import type { SuperCall } from "../plan.ts";
import { type Compiler, isFunctionNode, isSuperCall, lexicalNames, type ts } from "../syntax.ts";

/** Why a function is left untouched. */
export interface Hazard {
  readonly code: Code;
  /** What it is about. */
  readonly name?: string;
}

/** Null for what is no such constructor. */
export function superCallOf(ts: Compiler, file: ts.SourceFile, node: ts.Node): SuperCall | null {
  const call = ts.isConstructorDeclaration(node) ? superStatement(ts, node) : undefined;
  if (call === undefined) return null;
  return { start: call.getStart(file), end: call.end, chained: !ts.isStatement(call) };
}

/**
 * `super(…);`, where it is a statement of its own at the top of the body, or the call alone where the statement goes on
 * with a comma, as minifiers write it: `super(…), this.x = 1;`.
 */
function superStatement(ts: Compiler, { body }: ts.ConstructorDeclaration): ts.Node | undefined {
  for (const statement of body?.statements ?? []) {
    if (!ts.isExpressionStatement(statement)) continue;
    if (isSuperCall(ts, statement.expression)) return statement;
    let first = statement.expression;
    while (ts.isBinaryExpression(first) && first.operatorToken.kind === ts.SyntaxKind.CommaToken)
      first = first.left;
    if (isSuperCall(ts, first)) return first;
  }
  return undefined;
}

/** What runs up to `super(…)` stays outside of `try`, and must not need what is declared inside of it. */
export function superHazard(ts: Compiler, fn: ts.ConstructorDeclaration): Hazard | undefined {
  const call = superStatement(ts, fn);
  let calls = 0;
  const used = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (isSuperCall(ts, node)) calls++;
    if (call !== undefined && node.end <= call.end && ts.isIdentifier(node)) used.add(node.text);
    if (!ts.isClassLike(node)) ts.forEachChild(node, visit);
  };
  ts.forEachChild(fn, visit);
  if (calls === 0) return undefined;
  if (call === undefined || calls > 1) return { code: "LLMOPS3008" };
  const name = (fn.body?.statements ?? [])
    .filter((statement) => statement.end > call.end)
    .flatMap((statement) => lexicalNames(ts, statement))
    .find((declared) => used.has(declared));
  return name === undefined ? undefined : { code: "LLMOPS3009", name };
}

/**
 * Whether `this` may be read when a function begins: not in arrows of a derived class's constructor, nor there without a
 * `super(…)`.
 * @param outer the nodes from the file down to the function's parent
 */
export function hasThisAtEntry(ts: Compiler, outer: readonly ts.Node[], node: ts.Node): boolean {
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
