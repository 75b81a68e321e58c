// A Plan and TypeScript's tree → the instrumented tree, through `ts.factory`.
// Invariant: decides nothing; every node the user wrote is kept as it is, so positions and source maps stay exact.
import { BEGINNING, HANDLE, SPAN } from "../abi.ts";
import { parsedHead, variableIn, withBody } from "./ast-nodes.ts";
import type { Compiler, ts } from "../syntax.ts";
import { type FunctionNode, isFunctionNode } from "../analyze/function-names.ts";
import type { Edit, EditKind, Plan, Site, SuperCall, Value, Write } from "../plan.ts";

type EditOf<K extends EditKind> = Extract<Edit, { kind: K }>;

export function emitAst(
  ts: Compiler,
  context: ts.TransformationContext,
  file: ts.SourceFile,
  plan: Plan,
): ts.SourceFile {
  const f = context.factory;
  const sites = new Map(plan.sites.map((site, index) => [site.fn.start, { site, index }]));
  const edits = new Map(plan.edits.map((edit) => [`${edit.kind} ${edit.start} ${edit.end}`, edit]));
  const loops = new Map(
    plan.edits.flatMap((edit) => (edit.kind === "forAwait" ? [[edit.loop, edit] as const] : [])),
  );

  const find = <K extends EditKind>(kind: K, node: ts.Node): EditOf<K> | undefined =>
    edits.get(`${kind} ${node.getStart(file)} ${node.end}`) as EditOf<K> | undefined;

  const id = (name: string): ts.Identifier => f.createIdentifier(name);
  /** TypeScript's generators for ES5 hoist catch variables that were generated, and rename all others. */
  const error = f.createUniqueName(plan.names.error, ts.GeneratedIdentifierFlags.Optimistic);
  const call = (
    span: string,
    member: keyof typeof SPAN,
    args: readonly ts.Expression[],
  ): ts.CallExpression => {
    const callee = f.createPropertyAccessExpression(id(span), SPAN[member]);
    return standingFor(args[0], f.createCallExpression(callee, undefined, args));
  };
  /** What is put around an expression has that one's place in source maps: stack traces and debuggers stop there. */
  const standingFor = <T extends ts.Node>(inner: ts.Node | undefined, node: T): T =>
    inner === undefined ? node : ts.setSourceMapRange(node, ts.getSourceMapRange(inner));
  const run = (expression: ts.Expression): ts.Statement => f.createExpressionStatement(expression);
  /** @param place where the user declares or assigns the variable: for ES5 TypeScript renames variables of blocks, by their original nodes */
  const assign = ({ shadow, variable }: Write, place: ts.Node): ts.Expression => {
    const original = variableIn(ts, place, variable);
    const name = id(variable);
    return f.createAssignment(
      id(shadow),
      original === undefined ? name : ts.setOriginalNode(name, original),
    );
  };
  const resume = (span: string | null): ts.Statement[] =>
    span === null ? [] : [run(call(span, "resume", []))];
  const opening = (
    { span, writes }: EditOf<"loopBody"> | EditOf<"blockStart">,
    place: ts.Node,
  ): ts.Statement[] => [...resume(span), ...writes.map((write) => run(assign(write, place)))];

  const visit = (node: ts.Node): ts.Node => {
    if (isFunctionNode(ts, node)) return visitFunction(node);
    switch (node.kind) {
      case ts.SyntaxKind.ReturnStatement: {
        const edit = find("return", node);
        const visited = each(node as ts.ReturnStatement);
        if (edit === undefined) return visited;
        const values = visited.expression === undefined ? [] : [visited.expression];
        // An async generator awaits a value that is returned, but not the absence of one.
        if (edit.awaits && edit.value === null)
          return f.createBlock([run(call(edit.span, "returned", [])), visited], false);
        return f.updateReturnStatement(
          visited,
          call(
            edit.span,
            edit.literal && !edit.awaits ? "returnedLiteral" : "returned",
            edit.awaits && edit.value !== null ? [call(edit.span, "suspend", values)] : values,
          ),
        );
      }
      case ts.SyntaxKind.AwaitExpression: {
        const edit = find("await", node);
        const visited = each(node as ts.AwaitExpression);
        if (edit === undefined) return visited;
        return call(edit.span, "resumed", [
          f.updateAwaitExpression(visited, call(edit.span, "suspend", [visited.expression])),
        ]);
      }
      case ts.SyntaxKind.YieldExpression: {
        const edit = find("yield", node);
        const visited = each(node as ts.YieldExpression);
        if (edit === undefined) return visited;
        const { asteriskToken, expression } = visited;
        const left = call(
          edit.span,
          edit.delegates ? "delegate" : "yielding",
          expression === undefined ? [] : [expression],
        );
        return call(edit.span, "yielded", [f.updateYieldExpression(visited, asteriskToken, left)]);
      }
      case ts.SyntaxKind.VariableDeclarationList:
        return visitDeclarations(node as ts.VariableDeclarationList);
      case ts.SyntaxKind.BinaryExpression:
      case ts.SyntaxKind.PrefixUnaryExpression:
      case ts.SyntaxKind.PostfixUnaryExpression:
        return visitAssignment(node as ts.Expression);
      case ts.SyntaxKind.LabeledStatement:
      case ts.SyntaxKind.ForInStatement:
      case ts.SyntaxKind.ForOfStatement: {
        const edit = find("forAwait", node);
        const visited = visitLoop(node as ts.Statement);
        return edit === undefined ? visited : f.createBlock([visited, ...resume(edit.span)], true);
      }
      case ts.SyntaxKind.Block: {
        const edit = find("blockStart", node);
        const visited = each(node as ts.Block);
        return edit === undefined
          ? visited
          : f.updateBlock(visited, [...opening(edit, node.parent ?? node), ...visited.statements]);
      }
      default:
        return each(node);
    }
  };

  const each = <T extends ts.Node>(node: T): T => ts.visitEachChild(node, visit, context);

  const visitFunction = (node: FunctionNode): ts.Node => {
    const found = sites.get(node.getStart(file));
    const visited = each(node);
    if (found === undefined || visited.body === undefined || found.site.fn.end !== node.end)
      return visited;
    return withBody(ts, f, visited, bodyOf(found.site, found.index, visited.body));
  };

  /** `{ enter; try { body } catch { threw } finally { exit } }` */
  const bodyOf = (site: Site, index: number, body: ts.ConciseBody): ts.Block => {
    const { span, superCall } = site;
    const statements = ts.isBlock(body)
      ? body.statements.flatMap((statement) => apart(statement, superCall))
      : [
          standingFor(
            body,
            f.createReturnStatement(
              call(span, site.literal ? "returnedLiteral" : "returned", [body]),
            ),
          ),
        ];
    let prologue = 0;
    while (ts.isBlock(body) && isDirective(statements[prologue])) prologue++;
    // What runs up to `super(…)` stays outside: inside of `try`, compilers misplace fields and parameter properties.
    const inside =
      superCall === null
        ? prologue
        : statements.findIndex((statement) => ts.getOriginalNode(statement).end === superCall.end) +
          1;
    const ending = site.mayOverrideReturn ? [run(call(span, "returned", []))] : [];
    const guarded = f.createTryStatement(
      f.createBlock([...statements.slice(inside), ...ending], true),
      f.createCatchClause(
        f.createVariableDeclaration(error),
        f.createBlock([f.createThrowStatement(call(span, "threw", [error]))]),
      ),
      f.createBlock([run(call(span, "exit", site.exitValues.map(id)))]),
    );
    const entered =
      superCall === null
        ? []
        : [
            run(
              f.createAssignment(id(span), entry(id(span), BEGINNING.enterAfterSuper, site, index)),
            ),
          ];
    const own = [
      ...statements.slice(0, prologue),
      ...entering(site, index),
      ...statements.slice(prologue, inside),
    ];
    const block = f.createBlock([...own, ...entered, guarded], true);
    return ts.isBlock(body) ? ts.setTextRange(block, body) : block;
  };

  /** `super(…), E;` as `super(…); E;` */
  const apart = (statement: ts.Statement, superCall: SuperCall | null): ts.Statement[] => {
    const original = ts.getOriginalNode(statement);
    if (superCall?.chained !== true || !ts.isExpressionStatement(statement)) return [statement];
    if (original.getStart(file) !== superCall.start) return [statement];
    const operands: ts.Expression[] = [];
    let { expression } = statement;
    while (
      ts.isBinaryExpression(expression) &&
      expression.operatorToken.kind === ts.SyntaxKind.CommaToken
    ) {
      operands.unshift(expression.right);
      expression = expression.left;
    }
    return [ts.setOriginalNode(run(expression), expression), ...operands.map(run)];
  };

  const isDirective = (statement: ts.Statement | undefined): boolean =>
    statement !== undefined &&
    ts.isExpressionStatement(statement) &&
    ts.isStringLiteral(statement.expression);

  const entering = (site: Site, index: number): ts.Statement[] => {
    const { span, shadows, superCall } = site;
    const loaded = f.createCallExpression(id(plan.names.load), undefined, []);
    const handle = f.createParenthesizedExpression(
      f.createBinaryExpression(id(plan.names.handle), ts.SyntaxKind.QuestionQuestionToken, loaded),
    );
    const entered =
      superCall === null
        ? entry(handle, site.leaf ? HANDLE.enterLeaf : HANDLE.enter, site, index)
        : f.createCallExpression(
            f.createPropertyAccessExpression(handle, HANDLE.beforeSuper),
            undefined,
            [],
          );
    const declarations = shadows.map((shadow) =>
      declaration(shadow, f.createPropertyAccessExpression(id(span), SPAN.unset)),
    );
    return [
      variables(
        [declaration(span, entered)],
        superCall === null ? ts.NodeFlags.Const : ts.NodeFlags.Let,
      ),
      ...(declarations.length > 0 ? [variables(declarations, ts.NodeFlags.Let)] : []),
    ];
  };

  /** `on.member(site, [values], this)` */
  const entry = (
    on: ts.Expression,
    member: string,
    { values, self }: Site,
    index: number,
  ): ts.Expression => {
    const args: ts.Expression[] = [f.createNumericLiteral(index)];
    if (values.length > 0 || self) args.push(f.createArrayLiteralExpression(values.map(valueOf)));
    if (self) args.push(f.createThis());
    return f.createCallExpression(f.createPropertyAccessExpression(on, member), undefined, args);
  };

  const variables = (
    declarations: readonly ts.VariableDeclaration[],
    flags: ts.NodeFlags,
  ): ts.Statement =>
    f.createVariableStatement(undefined, f.createVariableDeclarationList(declarations, flags));

  const declaration = (name: string, initializer?: ts.Expression): ts.VariableDeclaration =>
    f.createVariableDeclaration(id(name), undefined, undefined, initializer);

  const valueOf = (value: Value): ts.Expression => {
    if ("ref" in value) return id(value.ref);
    if ("array" in value)
      return f.createArrayLiteralExpression(
        value.array.map((item) => (item === null ? f.createVoidZero() : valueOf(item))),
      );
    return f.createObjectLiteralExpression(
      value.object.map(([key, inner]) => property(key, valueOf(inner))),
    );
  };

  /** A computed key where a plain one would set the prototype. */
  const property = (key: string, value: ts.Expression): ts.PropertyAssignment => {
    const name = f.createStringLiteral(key);
    return f.createPropertyAssignment(
      key === "__proto__" ? f.createComputedPropertyName(name) : name,
      value,
    );
  };

  const visitDeclarations = (node: ts.VariableDeclarationList): ts.Node => {
    const declarations = node.declarations.flatMap((original) => {
      const visited = visitDeclaration(original);
      const edit = find("declaration", original);
      if (edit === undefined) return [visited];
      const recorded = f.createCommaListExpression([
        ...edit.writes.map((write) => assign(write, original)),
        id(edit.span),
      ]);
      const pattern = f.createObjectBindingPattern([]);
      return [
        visited,
        f.createVariableDeclaration(
          pattern,
          undefined,
          undefined,
          f.createParenthesizedExpression(recorded),
        ),
      ];
    });
    return f.updateVariableDeclarationList(node, declarations);
  };

  const visitDeclaration = (node: ts.VariableDeclaration): ts.VariableDeclaration => {
    const visited = each(node);
    const initial =
      node.initializer === undefined ? undefined : find("initializer", node.initializer);
    const empty = find("uninitialized", node);
    const shadow = initial?.shadow ?? empty?.shadow;
    if (shadow === undefined) return visited;
    const initializer = standingFor(
      visited.initializer,
      f.createAssignment(id(shadow), visited.initializer ?? f.createVoidZero()),
    );
    return f.updateVariableDeclaration(
      visited,
      visited.name,
      visited.exclamationToken,
      visited.type,
      initializer,
    );
  };

  const visitAssignment = (node: ts.Expression): ts.Expression => {
    const assigned = find("assignment", node);
    const after = find("assignmentAfter", node);
    const visited = each(node);
    if (assigned !== undefined)
      return standingFor(visited, f.createAssignment(id(assigned.shadow), visited));
    if (after === undefined) return visited;
    const parts = [visited, ...after.writes.map((write) => assign(write, node))];
    return after.used
      ? call(after.span, "first", parts)
      : standingFor(visited, f.createCommaListExpression(parts));
  };

  const visitLoop = (node: ts.Statement): ts.Statement => {
    const visited = each(node);
    if (!ts.isForOfStatement(visited) && !ts.isForInStatement(visited)) return visited;
    const { statement: body, initializer } = node as ts.ForInOrOfStatement;
    const round = find("loopBody", body);
    const statement =
      round === undefined
        ? visited.statement
        : f.createBlock([...opening(round, initializer), visited.statement], true);
    if (ts.isForInStatement(visited))
      return f.updateForInStatement(visited, visited.initializer, visited.expression, statement);
    const awaits = loops.get(node.getStart(file));
    const source =
      awaits === undefined
        ? visited.expression
        : call(awaits.span, "iterate", [visited.expression]);
    return f.updateForOfStatement(
      visited,
      visited.awaitModifier,
      visited.initializer,
      source,
      statement,
    );
  };

  const visited = each(file);
  let prologue = 0;
  while (isDirective(visited.statements[prologue])) prologue++;
  const { statements } = visited;
  const all = [
    ...statements.slice(0, prologue),
    ...parsedHead(ts, plan),
    ...statements.slice(prologue),
  ];
  return f.updateSourceFile(visited, ts.setTextRange(f.createNodeArray(all), statements));
}
