// A Plan and TypeScript's tree → the instrumented tree, through `ts.factory`.
// Invariant: decides nothing; the user's nodes are kept, so that positions and maps stay exact.
import type { Edit, EditKind, Plan } from "../plan.ts";
import {
  type Compiler,
  directiveCount,
  type FunctionNode,
  isFunctionNode,
  isSuperCall,
  type ts,
} from "../syntax.ts";
import { AstNodes, parsedHead, withBody } from "./ast-nodes.ts";
import { afterSuper, type SiteContext, type SitePlace, siteBody } from "./ast-site.ts";

export function emitAst(
  ts: Compiler,
  context: ts.TransformationContext,
  file: ts.SourceFile,
  plan: Plan,
): ts.SourceFile {
  const emitter = new AstEmitter(ts, context, file, plan);
  const { f } = emitter.nodes;
  const visited = emitter.each(file);
  const { statements } = visited;
  const directives = directiveCount(ts, statements);
  const all = [
    ...statements.slice(0, directives),
    ...parsedHead(ts, plan),
    ...statements.slice(directives),
  ];
  return f.updateSourceFile(visited, ts.setTextRange(f.createNodeArray(all), statements));
}

type EditOf<K extends EditKind> = Extract<Edit, { kind: K }>;

/** What the function of each construct is handed. */
class AstEmitter {
  readonly ts: Compiler;
  readonly file: ts.SourceFile;
  readonly plan: Plan;
  readonly nodes: AstNodes;
  readonly sites: SiteContext;
  readonly #context: ts.TransformationContext;
  readonly #siteAt: ReadonlyMap<number, number>;
  /** Sites by number, once their function is visited. */
  readonly #entered = new Map<number, SitePlace>();
  readonly #edits: ReadonlyMap<string, Edit>;
  /** `for await` by where the loop itself starts, behind its labels. */
  readonly #loops: ReadonlyMap<number, EditOf<"forAwait">>;

  constructor(ts: Compiler, context: ts.TransformationContext, file: ts.SourceFile, plan: Plan) {
    this.ts = ts;
    this.file = file;
    this.plan = plan;
    this.nodes = new AstNodes(ts, context.factory);
    this.#context = context;
    const { Optimistic } = ts.GeneratedIdentifierFlags;
    const error = context.factory.createUniqueName(plan.names.error, Optimistic);
    this.sites = { nodes: this.nodes, file, names: plan.names, error };
    this.#siteAt = new Map(plan.sites.map((site, index) => [site.fn.start, index]));
    this.#edits = new Map(plan.edits.map((edit) => [keyOf(edit.kind, edit.start, edit.end), edit]));
    const loops = plan.edits.filter((edit) => edit.kind === "forAwait");
    this.#loops = new Map(loops.map((edit) => [edit.loop, edit]));
  }

  find<K extends EditKind>(kind: K, node: ts.Node): EditOf<K> | undefined {
    return this.#edits.get(keyOf(kind, node.getStart(this.file), node.end)) as
      | EditOf<K>
      | undefined;
  }

  loopAt(node: ts.Node): EditOf<"forAwait"> | undefined {
    return this.#loops.get(node.getStart(this.file));
  }

  /** The site that a function is, if it is one. */
  siteOf(fn: FunctionNode): SitePlace | undefined {
    const index = this.#siteAt.get(fn.getStart(this.file)) ?? -1;
    const site = this.plan.sites[index];
    if (site === undefined || site.fn.end !== fn.end) return undefined;
    const place = { site, index, fn };
    this.#entered.set(index, place);
    return place;
  }

  /** `$s = $s.enterAfterSuper(0, [a], this)`. @param index of a site around */
  afterSuper(index: number): ts.Expression {
    const place = this.#entered.get(index);
    if (place === undefined) throw new Error(`site ${index} is not around`);
    return afterSuper(this.nodes, place);
  }

  /** The node with its children emitted. */
  each<T extends ts.Node>(node: T): T {
    return this.ts.visitEachChild(node, this.visit, this.#context);
  }

  readonly visit = (node: ts.Node): ts.VisitResult<ts.Node> => visit(this, node);
}

function keyOf(kind: EditKind, start: number, end: number): string {
  return `${kind} ${start} ${end}`;
}

/** The constructs that are rewritten. Each function's comment shows what it makes of one. */
function visit(emitter: AstEmitter, node: ts.Node): ts.VisitResult<ts.Node> {
  const { ts } = emitter;
  if (isFunctionNode(ts, node)) return visitFunction(emitter, node);
  switch (node.kind) {
    case ts.SyntaxKind.ReturnStatement:
      return visitReturn(emitter, node as ts.ReturnStatement);
    case ts.SyntaxKind.AwaitExpression:
      return visitAwait(emitter, node as ts.AwaitExpression);
    case ts.SyntaxKind.YieldExpression:
      return visitYield(emitter, node as ts.YieldExpression);
    case ts.SyntaxKind.ExpressionStatement:
      return visitStatement(emitter, node as ts.ExpressionStatement);
    case ts.SyntaxKind.CallExpression:
      return visitCall(emitter, node as ts.CallExpression);
    case ts.SyntaxKind.VariableDeclarationList:
      return visitDeclarations(emitter, node as ts.VariableDeclarationList);
    case ts.SyntaxKind.BinaryExpression:
    case ts.SyntaxKind.PrefixUnaryExpression:
    case ts.SyntaxKind.PostfixUnaryExpression:
      return visitAssignment(emitter, node as ts.Expression);
    case ts.SyntaxKind.LabeledStatement:
    case ts.SyntaxKind.ForInStatement:
    case ts.SyntaxKind.ForOfStatement:
      return visitLoop(emitter, node as ts.Statement);
    case ts.SyntaxKind.Block:
      return visitBlock(emitter, node as ts.Block);
    default:
      return emitter.each(node);
  }
}

function visitFunction(emitter: AstEmitter, node: FunctionNode): ts.Node {
  const { ts, nodes } = emitter;
  const place = emitter.siteOf(node);
  const visited = emitter.each(node);
  if (place === undefined || visited.body === undefined) return visited;
  return withBody(ts, nodes.f, visited, siteBody(emitter.sites, place, visited.body));
}

/**
 * `return E;` → `return $s.returned(E);`, `return $s.returnedLiteral(E);`; in an async generator
 * `return $s.returned($s.suspend(E));`, and `return;` → `{ $s.returned(); return; }`
 */
function visitReturn(emitter: AstEmitter, node: ts.ReturnStatement): ts.Node {
  const { nodes } = emitter;
  const { f } = nodes;
  const edit = emitter.find("return", node);
  const visited = emitter.each(node);
  if (edit === undefined) return visited;
  const { span, awaits, literal } = edit;
  const values = visited.expression === undefined ? [] : [visited.expression];
  // An async generator awaits a value that is returned, but not the absence of one.
  if (awaits && values.length === 0)
    return f.createBlock([nodes.run(nodes.call(span, "returned")), visited], false);
  const handed = awaits ? [nodes.call(span, "suspend", values)] : values;
  const member = literal && !awaits ? "returnedLiteral" : "returned";
  return f.updateReturnStatement(visited, nodes.call(span, member, handed));
}

/** `await E` → `$s.resumed(await $s.suspend(E))` */
function visitAwait(emitter: AstEmitter, node: ts.AwaitExpression): ts.Node {
  const { nodes } = emitter;
  const edit = emitter.find("await", node);
  const visited = emitter.each(node);
  if (edit === undefined) return visited;
  const suspended = nodes.call(edit.span, "suspend", [visited.expression]);
  return nodes.call(edit.span, "resumed", [nodes.f.updateAwaitExpression(visited, suspended)]);
}

/**
 * `yield E` → `$s.yielded(yield $s.yielding(E))`
 * `yield* E` → `$s.yielded(yield* $s.delegate(E))`
 */
function visitYield(emitter: AstEmitter, node: ts.YieldExpression): ts.Node {
  const { nodes } = emitter;
  const edit = emitter.find("yield", node);
  const visited = emitter.each(node);
  if (edit === undefined) return visited;
  const { asteriskToken, expression } = visited;
  const handed = expression === undefined ? [] : [expression];
  const left = nodes.call(edit.span, edit.delegates ? "delegate" : "yielding", handed);
  return nodes.call(edit.span, "yielded", [
    nodes.f.updateYieldExpression(visited, asteriskToken, left),
  ]);
}

/**
 * `super(E);` → `super(E); $s = $s.enterAfterSuper(0, [a], this);`
 * `if (x) super(E);` → `if (x) { super(E); $s = … }`
 */
function visitStatement(
  emitter: AstEmitter,
  node: ts.ExpressionStatement,
): ts.VisitResult<ts.Statement> {
  const edit = isSuperCall(emitter.ts, node.expression)
    ? emitter.find("superStatement", node)
    : undefined;
  const visited = emitter.each(node);
  if (edit === undefined) return visited;
  const { nodes } = emitter;
  const statements = [visited, nodes.run(emitter.afterSuper(edit.site))];
  return edit.alone ? nodes.f.createBlock(statements, true) : statements;
}

/** `E.m()` → `$s.first(E).m()` */
function visitMethodCall(emitter: AstEmitter, node: ts.CallExpression): ts.Expression {
  const { ts, nodes } = emitter;
  const method = node.expression;
  const edit = ts.isPropertyAccessExpression(method)
    ? emitter.find("receiver", method.expression)
    : undefined;
  const visited = emitter.each(node);
  const { expression: access, typeArguments, arguments: values } = visited;
  if (edit === undefined || !ts.isPropertyAccessExpression(access)) return visited;
  const held = nodes.call(edit.span, "first", [access.expression]);
  const called = nodes.f.updatePropertyAccessExpression(access, held, access.name);
  return nodes.f.updateCallExpression(visited, called, typeArguments, values);
}

/** `super(E)` → `$s.first(super(E), $s = $s.enterAfterSuper(0, [a], this))` */
function visitCall(emitter: AstEmitter, node: ts.CallExpression): ts.Expression {
  if (!isSuperCall(emitter.ts, node)) return visitMethodCall(emitter, node);
  const edit = emitter.find("superExpression", node);
  const visited = emitter.each(node);
  if (edit === undefined) return visited;
  return emitter.nodes.call(edit.span, "first", [visited, emitter.afterSuper(edit.site)]);
}

/** `const { x } = E` → `const { x } = E, {} = ($x = x, $s)` */
function visitDeclarations(emitter: AstEmitter, node: ts.VariableDeclarationList): ts.Node {
  const { nodes } = emitter;
  const { f } = nodes;
  const declarations = node.declarations.flatMap((original) => {
    const visited = visitDeclaration(emitter, original);
    const edit = emitter.find("declaration", original);
    if (edit === undefined) return [visited];
    const writes = edit.writes.map((write) => nodes.write(write, original));
    const recorded = f.createCommaListExpression([...writes, nodes.id(edit.span)]);
    const pattern = f.createObjectBindingPattern([]);
    const initializer = f.createParenthesizedExpression(recorded);
    return [visited, f.createVariableDeclaration(pattern, undefined, undefined, initializer)];
  });
  return f.updateVariableDeclarationList(node, declarations);
}

/** `let x = E` → `let x = $x = E`, `let x` → `let x = $x = void 0` */
function visitDeclaration(
  emitter: AstEmitter,
  node: ts.VariableDeclaration,
): ts.VariableDeclaration {
  const { nodes } = emitter;
  const { f } = nodes;
  const visited = emitter.each(node);
  const edit =
    node.initializer === undefined
      ? emitter.find("uninitialized", node)
      : emitter.find("initializer", node.initializer);
  if (edit === undefined) return visited;
  const { name, exclamationToken, type, initializer } = visited;
  const value = f.createAssignment(nodes.id(edit.shadow), initializer ?? f.createVoidZero());
  return f.updateVariableDeclaration(
    visited,
    name,
    exclamationToken,
    type,
    nodes.standingFor(initializer, value),
  );
}

/**
 * `x = E` → `$x = x = E`
 * `x++` → `x++, $x = x`, or `$s.first(x++, $x = x)` where the value is used; `[x] = E` likewise
 */
function visitAssignment(emitter: AstEmitter, node: ts.Expression): ts.Expression {
  const { nodes } = emitter;
  const { f } = nodes;
  const before = emitter.find("assignment", node);
  const after = emitter.find("assignmentAfter", node);
  const visited = emitter.each(node);
  if (before !== undefined)
    return nodes.standingFor(visited, f.createAssignment(nodes.id(before.shadow), visited));
  if (after === undefined) return visited;
  const parts = [visited, ...after.writes.map((write) => nodes.write(write, node))];
  return after.used
    ? nodes.call(after.span, "first", parts)
    : nodes.standingFor(visited, f.createCommaListExpression(parts));
}

/** `label: for await (x of E) S` → `{ label: for await (x of $s.iterate(E)) S $s.resume(); }` */
function visitLoop(emitter: AstEmitter, node: ts.Statement): ts.Statement {
  const { nodes } = emitter;
  const edit = emitter.find("forAwait", node);
  const visited = visitRounds(emitter, node);
  if (edit === undefined) return visited;
  return nodes.f.createBlock([visited, nodes.run(nodes.call(edit.span, "resume"))], true);
}

/** `for (x of E) S` → `for (x of E) { $s.resume(); $x = x; S }` */
function visitRounds(emitter: AstEmitter, node: ts.Statement): ts.Statement {
  const { ts, nodes } = emitter;
  const { f } = nodes;
  const visited = emitter.each(node);
  if (!ts.isForOfStatement(visited) && !ts.isForInStatement(visited)) return visited;
  const { statement: body, initializer: head } = node as ts.ForInOrOfStatement;
  const edit = emitter.find("loopBody", body);
  let { statement } = visited;
  if (edit !== undefined) {
    const opening = nodes.opening(edit.span, edit.writes, head);
    statement = f.createBlock([...opening, statement], true);
  }
  const { initializer, expression } = visited;
  if (ts.isForInStatement(visited))
    return f.updateForInStatement(visited, initializer, expression, statement);
  const loop = emitter.loopAt(node);
  const source = loop === undefined ? expression : nodes.call(loop.span, "iterate", [expression]);
  return f.updateForOfStatement(visited, visited.awaitModifier, initializer, source, statement);
}

/** `catch (x) { S }` → `catch (x) { $s.resume(); $x = x; S }`, and `finally { S }` likewise */
function visitBlock(emitter: AstEmitter, node: ts.Block): ts.Node {
  const { nodes } = emitter;
  const edit = emitter.find("blockStart", node);
  const visited = emitter.each(node);
  if (edit === undefined) return visited;
  const opening = nodes.opening(edit.span, edit.writes, node.parent ?? node);
  return nodes.f.updateBlock(visited, [...opening, ...visited.statements]);
}
