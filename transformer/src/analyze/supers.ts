// A derived class's constructor → how its span begins after `super(…)`, when there is a `this`.
// Invariant: nothing that is moved into `try` is needed before, or set too early by a compiler.
import type { Code } from "../diagnostics.ts";
import { type Compiler, isFunctionNode, isSuperCall, lexicalNames, type ts } from "../syntax.ts";

/** Why a function is left untouched. */
export interface Hazard {
  readonly code: Code;
  /** What it is about. */
  readonly name?: string;
}

/**
 * `"none"`: it calls no `super(…)`. `"top"`: one call, in a statement at the top of the body; what
 * runs up to it stays outside of `try`. `"inside"`: the body is in `try`, each call begins a span.
 */
export type Construction =
  | { readonly form: "none" | "inside" }
  | { readonly form: "top"; readonly call: ts.Node }
  | { readonly form: "untouched"; readonly hazard: Hazard };

export function constructionOf(
  ts: Compiler,
  fn: ts.ConstructorDeclaration,
  around: ts.Node | undefined,
): Construction {
  const { own, others } = superCalls(ts, fn);
  if (others > 0) return { form: "untouched", hazard: { code: "LLMOPS3008" } };
  if (own === 0) return { form: "none" };
  const call = superStatement(ts, fn);
  if (call === undefined) return { form: "inside" };
  const name = declaredTooLate(ts, fn, call);
  if (own === 1 && name === undefined) return { form: "top", call };
  // Some compilers look for `super(…)` at the top only, to set fields behind it: the oxc of
  // rolldown 1.2 writes `this.p = p` before one in `try`.
  if (!hasInitializers(ts, fn, around)) return { form: "inside" };
  const hazard: Hazard = name === undefined ? { code: "LLMOPS3011" } : { code: "LLMOPS3009", name };
  return { form: "untouched", hazard };
}

/** Calls in its body; and in parameters, which run before, or inner functions, maybe after. */
function superCalls(ts: Compiler, fn: ts.ConstructorDeclaration): { own: number; others: number } {
  const count = { own: 0, others: 0 };
  const visit = (node: ts.Node, counter: keyof typeof count): void => {
    if (ts.isClassLike(node)) return;
    if (isSuperCall(ts, node)) count[counter]++;
    const inner = isFunctionNode(ts, node) ? "others" : counter;
    ts.forEachChild(node, (child) => visit(child, inner));
  };
  for (const parameter of fn.parameters) visit(parameter, "others");
  if (fn.body !== undefined) visit(fn.body, "own");
  return count;
}

/**
 * `super(…);` at the top of the body: the statement. Where it goes on with a comma, as minifiers
 * write it, the call: `super(…), this.x = 1;`.
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

/** A name that the code up to `super(…)` uses, and that is declared after it. */
function declaredTooLate(
  ts: Compiler,
  fn: ts.ConstructorDeclaration,
  { end }: ts.Node,
): string | undefined {
  const used = new Set<string>();
  const visit = (node: ts.Node): void => {
    if (node.end <= end && ts.isIdentifier(node)) used.add(node.text);
    if (!ts.isClassLike(node)) ts.forEachChild(node, visit);
  };
  ts.forEachChild(fn, visit);
  return (fn.body?.statements ?? [])
    .filter((statement) => statement.end > end)
    .flatMap((statement) => lexicalNames(ts, statement))
    .find((name) => used.has(name));
}

/** Whether the class has fields, or the constructor parameters like `private x`. */
function hasInitializers(
  ts: Compiler,
  fn: ts.ConstructorDeclaration,
  around: ts.Node | undefined,
): boolean {
  const isStatic = ({ kind }: ts.ModifierLike): boolean => kind === ts.SyntaxKind.StaticKeyword;
  const members = around !== undefined && ts.isClassLike(around) ? around.members : [];
  return (
    members.some(
      (member) => ts.isPropertyDeclaration(member) && !member.modifiers?.some(isStatic),
    ) ||
    fn.parameters.some(({ modifiers }) => modifiers?.some((modifier) => !ts.isDecorator(modifier)))
  );
}

/**
 * Whether `this` may be read when a function's span begins: not in arrows of a derived class's
 * constructor, nor in that itself without a `super(…)`.
 * @param outer the nodes from the file down to the function's parent
 */
export function hasThisAtEntry(ts: Compiler, outer: readonly ts.Node[], node: ts.Node): boolean {
  const path = [...outer, node];
  for (let at = path.length - 1; at > 0; at--) {
    const current = path[at] as ts.Node;
    if (!isFunctionNode(ts, current) || ts.isArrowFunction(current)) continue;
    const around = path[at - 1] as ts.Node;
    if (!ts.isConstructorDeclaration(current) || !isDerived(ts, around)) return true;
    return current === node && superCalls(ts, current).own > 0;
  }
  return true;
}

function isDerived(ts: Compiler, node: ts.Node): boolean {
  return (
    ts.isClassLike(node) &&
    (node.heritageClauses ?? []).some(({ token }) => token === ts.SyntaxKind.ExtendsKeyword)
  );
}
