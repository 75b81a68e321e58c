// A site and its function's body → the body that enters, reports and leaves the span.
// Invariant: decides nothing; the user's statements keep their order and their nodes.
import { HANDLE, SPAN } from "../abi.ts";
import type { ModuleNames, Site, SuperCall } from "../plan.ts";
import { directiveCount, type FunctionNode, type ts } from "../syntax.ts";
import type { AstNodes } from "./ast-nodes.ts";

/** What is the same for all sites of a file. */
export interface SiteContext {
  readonly nodes: AstNodes;
  readonly file: ts.SourceFile;
  readonly names: ModuleNames;
  /** Generated: in generators for ES5 TypeScript renames catch variables that are not. */
  readonly error: ts.Identifier;
}

/** A site of the Plan, with the function in the tree that it stands for. */
export interface SitePlace {
  readonly site: Site;
  readonly index: number;
  /** As the user wrote it. */
  readonly fn: FunctionNode;
}

/** `{ S }` → `{ const $s = …enter(0); try { S } catch … finally { $s.exit(); } }` */
export function siteBody(context: SiteContext, place: SitePlace, body: ts.ConciseBody): ts.Block {
  const { nodes, file } = context;
  const { ts, f } = nodes;
  const { site } = place;
  const { superCall } = site;
  const split = superCall === "inside" ? null : superCall;
  const statements = ts.isBlock(body)
    ? body.statements.flatMap((statement) => apart(nodes, file, statement, split))
    : [returned(nodes, site, body)];
  const directives = ts.isBlock(body) ? directiveCount(ts, statements) : 0;
  // What runs up to `super(…)` stays outside: in `try`, some compilers misplace fields.
  const before = split === null ? directives : untilSuper(nodes, statements, split);
  const block = f.createBlock(
    [
      ...statements.slice(0, directives),
      ...entering(context, place),
      ...statements.slice(directives, before),
      ...(split === null ? [] : [nodes.run(afterSuper(nodes, place))]),
      guarded(context, site, statements.slice(before)),
    ],
    true,
  );
  return ts.isBlock(body) ? ts.setTextRange(block, body) : block;
}

/** `E` → `return $s.returned(E);` */
function returned(
  nodes: AstNodes,
  { span, literal }: Site,
  expression: ts.Expression,
): ts.Statement {
  const value = nodes.call(span, literal ? "returnedLiteral" : "returned", [expression]);
  return nodes.standingFor(expression, nodes.f.createReturnStatement(value));
}

/** How many statements there are up to `super(…);`, which is one of them. */
function untilSuper(
  { ts }: AstNodes,
  statements: readonly ts.Statement[],
  { end }: SuperCall,
): number {
  return statements.findIndex((statement) => ts.getOriginalNode(statement).end === end) + 1;
}

/** `super(…), E;` → `super(…); E;` */
function apart(
  nodes: AstNodes,
  file: ts.SourceFile,
  statement: ts.Statement,
  superCall: SuperCall | null,
): ts.Statement[] {
  const { ts } = nodes;
  if (superCall?.chained !== true || !ts.isExpressionStatement(statement)) return [statement];
  if (ts.getOriginalNode(statement).getStart(file) !== superCall.start) return [statement];
  const operands: ts.Expression[] = [];
  let { expression } = statement;
  while (
    ts.isBinaryExpression(expression) &&
    expression.operatorToken.kind === ts.SyntaxKind.CommaToken
  ) {
    operands.unshift(expression.right);
    expression = expression.left;
  }
  const first = ts.setOriginalNode(nodes.run(expression), expression);
  return [first, ...operands.map((operand) => nodes.run(operand))];
}

/** `const $s = ($t ?? $m()).enter(0, [a], this); let $x = $s.unset;` */
function entering({ nodes, names }: SiteContext, place: SitePlace): ts.Statement[] {
  const { ts, f } = nodes;
  const { span, shadows, superCall, leaf } = place.site;
  const loaded = f.createCallExpression(nodes.id(names.load), undefined, []);
  const handle = f.createParenthesizedExpression(
    f.createBinaryExpression(nodes.id(names.handle), ts.SyntaxKind.QuestionQuestionToken, loaded),
  );
  const entered =
    superCall === null
      ? entry(nodes, nodes.member(handle, leaf ? HANDLE.enterLeaf : HANDLE.enter), place)
      : f.createCallExpression(nodes.member(handle, HANDLE.beforeSuper), undefined, []);
  const kind = superCall === null ? ts.NodeFlags.Const : ts.NodeFlags.Let;
  const statements = [nodes.variables([[span, entered]], kind)];
  if (shadows.length === 0) return statements;
  const unset = shadows.map(
    (shadow) => [shadow, nodes.member(nodes.id(span), SPAN.unset)] as const,
  );
  return [...statements, nodes.variables(unset, ts.NodeFlags.Let)];
}

/** `$s = $s.enterAfterSuper(0, [a], this)` */
export function afterSuper(nodes: AstNodes, place: SitePlace): ts.Expression {
  const { span } = place.site;
  const member = nodes.member(nodes.id(span), SPAN.enterAfterSuper);
  return nodes.f.createAssignment(nodes.id(span), entry(nodes, member, place));
}

/** `callee(0, [a], this)` */
function entry(
  nodes: AstNodes,
  callee: ts.Expression,
  { site: { values, self }, index, fn }: SitePlace,
): ts.Expression {
  const { f } = nodes;
  const args: ts.Expression[] = [f.createNumericLiteral(index)];
  if (values.length > 0 || self)
    args.push(f.createArrayLiteralExpression(values.map((value) => nodes.value(value, fn))));
  if (self) args.push(f.createThis());
  return f.createCallExpression(callee, undefined, args);
}

/** `S` → `try { S } catch ($e) { throw $s.threw($e); } finally { $s.exit($x); }` */
function guarded(
  { nodes, error }: SiteContext,
  { span, mayOverrideReturn, exitValues }: Site,
  statements: readonly ts.Statement[],
): ts.Statement {
  const { f } = nodes;
  const ending = mayOverrideReturn ? [nodes.run(nodes.call(span, "returned"))] : [];
  const exit = nodes.call(
    span,
    "exit",
    exitValues.map((name) => nodes.id(name)),
  );
  return f.createTryStatement(
    f.createBlock([...statements, ...ending], true),
    f.createCatchClause(
      f.createVariableDeclaration(error),
      f.createBlock([f.createThrowStatement(nodes.call(span, "threw", [error]))]),
    ),
    f.createBlock([nodes.run(exit)]),
  );
}
