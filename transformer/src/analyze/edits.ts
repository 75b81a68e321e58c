// A file and its sites → the edits in their bodies, and the sites with a `try` of their own.
// Invariant: the innermost function around a construct decides. Comments show what is looked for.
import type { Edit, Range, Write } from "../plan.ts";
import {
  type FunctionNode,
  isAsync,
  isFunctionNode,
  isGenerator,
  isSuperCall,
  receiverOf,
  type ts,
} from "../syntax.ts";
import { assignmentEdit, catchWrites, declarationEdit, loopWrites, stepEdits } from "./captures.ts";
import { isPlainLiteral } from "./literals.ts";
import { resolve, type Scope } from "./scopes.ts";
import { type Known, NONE_RUNNING, type OpenSite, type Running, Walk } from "./walk.ts";

export interface Edits {
  readonly edits: readonly Edit[];
  /** Sites with a `try` of their own: see `Site.mayOverrideReturn`. */
  readonly withTry: ReadonlySet<OpenSite>;
}

export function collectEdits(known: Known, sites: ReadonlyMap<ts.Node, OpenSite>): Edits {
  const walk = new Walk(known, sites);
  const { ts, file, scopes } = walk;
  const top = scopes.at.get(file);
  if (top !== undefined) ts.forEachChild(file, (child) => visit(walk, child, top, NONE_RUNNING));
  return { edits: walk.edits, withTry: walk.withTry };
}

/** @param outer the scope around the node */
function visit(walk: Walk, node: ts.Node, outer: Scope, running: Running): void {
  const { ts } = walk;
  if (!walk.places.touch(node)) return;
  if (isFunctionNode(ts, node)) return visitFunction(walk, node, outer, running);
  const scope = walk.scopes.at.get(node) ?? outer;
  switch (node.kind) {
    case ts.SyntaxKind.ReturnStatement:
      returnEdit(walk, node as ts.ReturnStatement, scope, running);
      break;
    case ts.SyntaxKind.AwaitExpression:
      awaitEdit(walk, node as ts.AwaitExpression, scope, running);
      break;
    case ts.SyntaxKind.YieldExpression:
      yieldEdit(walk, node as ts.YieldExpression, running);
      break;
    case ts.SyntaxKind.CallExpression:
      if (isSuperCall(ts, node)) superEdit(walk, node, running);
      break;
    case ts.SyntaxKind.TryStatement:
      tryEdit(walk, node as ts.TryStatement, running);
      break;
    case ts.SyntaxKind.CatchClause:
      catchEdit(walk, node as ts.CatchClause, scope, running);
      break;
    case ts.SyntaxKind.ForInStatement:
    case ts.SyntaxKind.ForOfStatement:
      return visitLoop(walk, node as ts.ForInOrOfStatement, outer, scope, running);
    case ts.SyntaxKind.VariableDeclaration:
      declarationEdit(walk, node as ts.VariableDeclaration, scope);
      break;
    case ts.SyntaxKind.BinaryExpression: {
      const evaluated = assignmentEdit(walk, node as ts.BinaryExpression, scope);
      if (evaluated === undefined) break;
      return visitAll(walk, node, evaluated, scope, running);
    }
    case ts.SyntaxKind.PrefixUnaryExpression:
    case ts.SyntaxKind.PostfixUnaryExpression:
      stepEdits(walk, node as ts.PrefixUnaryExpression | ts.PostfixUnaryExpression, scope);
      break;
    case ts.SyntaxKind.WithStatement:
      walk.withStatements++;
      visitChildren(walk, node, scope, running);
      walk.withStatements--;
      return;
    case ts.SyntaxKind.ClassStaticBlockDeclaration:
      return visitChildren(walk, node, scope, NONE_RUNNING);
  }
  visitChildren(walk, node, scope, running);
}

function visitChildren(walk: Walk, node: ts.Node, scope: Scope, running: Running): void {
  walk.ancestors.push(node);
  walk.ts.forEachChild(node, (child) => visit(walk, child, scope, running));
  walk.ancestors.pop();
}

/** Of a node's children, these. */
function visitAll(
  walk: Walk,
  node: ts.Node,
  children: readonly ts.Node[],
  scope: Scope,
  running: Running,
): void {
  walk.ancestors.push(node);
  for (const child of children) visit(walk, child, scope, running);
  walk.ancestors.pop();
}

function visitFunction(walk: Walk, node: FunctionNode, outer: Scope, running: Running): void {
  const { ts, scopes } = walk;
  const scope = scopes.at.get(node) ?? outer;
  const site = walk.sites.get(node);
  // Name and decorators are evaluated by the code around the function.
  visitAll(walk, node, node.modifiers ?? [], outer, running);
  if (node.name !== undefined) visitAll(walk, node, [node.name], outer, running);
  walk.withoutShadows(site, () => visitAll(walk, node, node.parameters, scope, NONE_RUNNING));
  const { body } = node;
  if (body === undefined) return;
  const inner = scopes.at.get(body) ?? scope;
  const own: Running = { site, async: isAsync(ts, node), generator: isGenerator(node) };
  walk.ancestors.push(node);
  if (ts.isBlock(body)) visitChildren(walk, body, inner, own);
  else {
    receiverEdit(walk, body, inner, own);
    visit(walk, body, inner, own);
  }
  walk.ancestors.pop();
}

/** The `E` of `await E.m()`, `return E.m()` and `() => E.m()` */
function receiverEdit(walk: Walk, value: ts.Expression, scope: Scope, running: Running): void {
  const { site, generator } = running;
  if (site?.llm !== true || generator) return;
  const receiver = receiverOf(walk.ts, value);
  // A global such as `Promise` is no helper.
  if (receiver === undefined || !isMade(walk, receiver, scope)) return;
  walk.edits.push({ kind: "receiver", ...walk.range(receiver), span: site.span });
}

function isMade({ ts }: Walk, receiver: ts.Expression, scope: Scope): boolean {
  return !ts.isIdentifier(receiver) || resolve(scope, receiver.text) !== undefined;
}

/** `return E`, `return` */
function returnEdit(walk: Walk, node: ts.ReturnStatement, scope: Scope, running: Running): void {
  const { site, async, generator } = running;
  if (site === undefined) return;
  const { expression } = node;
  if (expression !== undefined) receiverEdit(walk, expression, scope, running);
  walk.edits.push({
    kind: "return",
    ...walk.range(node),
    span: site.span,
    value: expression === undefined ? null : walk.range(expression),
    awaits: async && generator,
    literal: expression !== undefined && isPlainLiteral(walk.ts, expression),
  });
}

/** `await E` */
function awaitEdit(walk: Walk, node: ts.AwaitExpression, scope: Scope, running: Running): void {
  const { site } = running;
  if (site === undefined) return;
  receiverEdit(walk, node.expression, scope, running);
  const value = walk.range(node.expression);
  walk.edits.push({ kind: "await", ...walk.range(node), span: site.span, value });
}

/** `yield E`, `yield`, `yield* E` */
function yieldEdit(walk: Walk, node: ts.YieldExpression, { site }: Running): void {
  if (site === undefined) return;
  const { expression, asteriskToken } = node;
  walk.edits.push({
    kind: "yield",
    ...walk.range(node),
    span: site.span,
    value: expression === undefined ? null : walk.range(expression),
    delegates: asteriskToken !== undefined,
  });
}

/** `super(E)` */
function superEdit(walk: Walk, node: ts.Node, { site }: Running): void {
  const { ts, ancestors, edits } = walk;
  if (site?.superCall !== "inside") return;
  const { span, index } = site;
  const [list, statement] = ancestors.slice(-2);
  if (list === undefined || statement === undefined || !ts.isExpressionStatement(statement)) {
    edits.push({ kind: "superExpression", ...walk.range(node), span, site: index });
    return;
  }
  const alone = !ts.isBlock(list) && !ts.isCaseOrDefaultClause(list);
  const [call, range] = [walk.range(node), walk.range(statement)];
  edits.push({ kind: "superStatement", ...range, span, site: index, call, alone });
}

/** `try { … } finally { … }` */
function tryEdit(walk: Walk, { finallyBlock }: ts.TryStatement, running: Running): void {
  if (running.site === undefined) return;
  walk.withTry.add(running.site);
  if (finallyBlock !== undefined) blockStartEdit(walk, finallyBlock, running, []);
}

/** `catch (e) { … }` */
function catchEdit(walk: Walk, node: ts.CatchClause, scope: Scope, running: Running): void {
  blockStartEdit(walk, node.block, running, catchWrites(walk, node, scope));
}

/** The engine may come back from an await or a yield straight into a `catch` or `finally`. */
function blockStartEdit(
  walk: Walk,
  block: ts.Block,
  { site, async, generator }: Running,
  writes: readonly Write[],
): void {
  const span = (async || generator) && site !== undefined ? site.span : null;
  if (span !== null || writes.length > 0)
    walk.edits.push({ kind: "blockStart", ...walk.range(block), span, writes });
}

/** `for (x of E) S`, `for (const [x] in E) S`, `for await (x of E) S` */
function visitLoop(
  walk: Walk,
  node: ts.ForInOrOfStatement,
  outer: Scope,
  scope: Scope,
  running: Running,
): void {
  const { ts, edits } = walk;
  const { expression, statement } = node;
  const { writes, evaluated, declares } = loopWrites(walk, node, outer, scope);
  visitAll(walk, node, evaluated, declares ? scope : outer, running);
  visitAll(walk, node, [expression], outer, running);
  visitAll(walk, node, [statement], scope, running);
  const awaits = ts.isForOfStatement(node) && node.awaitModifier !== undefined;
  const span = awaits && running.site !== undefined ? running.site.span : null;
  if (span !== null) {
    const loop = node.getStart(walk.file);
    const value = walk.range(expression);
    edits.push({ kind: "forAwait", ...labelled(walk, node), span, value, loop });
  }
  if (span !== null || writes.length > 0)
    edits.push({ kind: "loopBody", ...walk.range(statement), span, writes });
}

/** The range of a statement with the labels before it. */
function labelled(walk: Walk, node: ts.Node): Range {
  const { ts, ancestors } = walk;
  const first = ancestors.findLastIndex((parent) => !ts.isLabeledStatement(parent)) + 1;
  return walk.range(ancestors[first] ?? node);
}
