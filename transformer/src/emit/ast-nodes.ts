// Names and values of the Plan → the pieces of TypeScript trees that the AST emitter puts together.
// Invariant: what the user wrote keeps its positions; what is added has none, but for source maps.
import type { SPAN } from "../abi.ts";
import type { Plan, Value, Write } from "../plan.ts";
import {
  argumentsIn,
  type Compiler,
  type FunctionNode,
  isFunctionNode,
  type ts,
} from "../syntax.ts";
import { moduleHead } from "./module-head.ts";

/** Makes the nodes that are added. */
export class AstNodes {
  readonly ts: Compiler;
  readonly f: ts.NodeFactory;

  constructor(ts: Compiler, factory: ts.NodeFactory) {
    this.ts = ts;
    this.f = factory;
  }

  id(name: string): ts.Identifier {
    return this.f.createIdentifier(name);
  }

  /** `expression;` */
  run(expression: ts.Expression): ts.Statement {
    return this.f.createExpressionStatement(expression);
  }

  /** `$s.member(args)` */
  call(
    span: string,
    member: keyof typeof SPAN,
    args: readonly ts.Expression[] = [],
  ): ts.CallExpression {
    const callee = this.member(this.id(span), member);
    return this.standingFor(args[0], this.f.createCallExpression(callee, undefined, args));
  }

  /** `on.name` */
  member(on: ts.Expression, name: string): ts.Expression {
    return this.f.createPropertyAccessExpression(on, name);
  }

  /** What is put around an expression takes its place in source maps, where debuggers stop. */
  standingFor<T extends ts.Node>(inner: ts.Node | undefined, node: T): T {
    return inner === undefined
      ? node
      : this.ts.setSourceMapRange(node, this.ts.getSourceMapRange(inner));
  }

  /**
   * `$x = x`
   * @param place where the user declares or assigns the variable. For ES5 TypeScript renames
   * variables of blocks, by their original nodes
   */
  write({ shadow, variable }: Write, place: ts.Node): ts.Expression {
    const original = variableIn(this.ts, place, variable);
    const name = this.id(variable);
    return this.f.createAssignment(
      this.id(shadow),
      original === undefined ? name : this.ts.setOriginalNode(name, original),
    );
  }

  /** `$s.resume(); $x = x;` */
  opening(span: string | null, writes: readonly Write[], place: ts.Node): ts.Statement[] {
    const resumed = span === null ? [] : [this.run(this.call(span, "resume"))];
    return [...resumed, ...writes.map((write) => this.run(this.write(write, place)))];
  }

  /** `const a = …, b = …;` */
  variables(
    variables: readonly (readonly [name: string, initializer: ts.Expression])[],
    flags: ts.NodeFlags,
  ): ts.Statement {
    const { f } = this;
    const declarations = variables.map(([name, initializer]) =>
      f.createVariableDeclaration(this.id(name), undefined, undefined, initializer),
    );
    return f.createVariableStatement(
      undefined,
      f.createVariableDeclarationList(declarations, flags),
    );
  }

  /** `arguments`. In `async` functions for ES2015 TypeScript renames it, by its original node. */
  #arguments(fn: FunctionNode): ts.Identifier {
    const original = argumentsIn(this.ts, fn);
    const name = this.id("arguments");
    return original === undefined ? name : this.ts.setOriginalNode(name, original);
  }

  /** `x`, `[x, void 0]`, `{ "x": x }` */
  value(value: Value, fn: FunctionNode): ts.Expression {
    const { f } = this;
    if ("ref" in value) return value.ref === "arguments" ? this.#arguments(fn) : this.id(value.ref);
    if ("array" in value)
      return f.createArrayLiteralExpression(
        value.array.map((item) => (item === null ? f.createVoidZero() : this.value(item, fn))),
      );
    return f.createObjectLiteralExpression(
      value.object.map(([key, inner]) => {
        const name = f.createStringLiteral(key);
        // A plain key would set the prototype.
        const safe = key === "__proto__" ? f.createComputedPropertyName(name) : name;
        return f.createPropertyAssignment(safe, this.value(inner, fn));
      }),
    );
  }
}

/** The function with another body. */
export function withBody(
  ts: Compiler,
  f: ts.NodeFactory,
  node: FunctionNode,
  body: ts.Block,
): ts.Node {
  const { modifiers, parameters } = node;
  if (ts.isArrowFunction(node)) {
    return f.updateArrowFunction(
      node,
      node.modifiers,
      node.typeParameters,
      parameters,
      node.type,
      node.equalsGreaterThanToken,
      body,
    );
  }
  if (ts.isFunctionDeclaration(node)) {
    return f.updateFunctionDeclaration(
      node,
      modifiers,
      node.asteriskToken,
      node.name,
      node.typeParameters,
      parameters,
      node.type,
      body,
    );
  }
  if (ts.isFunctionExpression(node)) {
    return f.updateFunctionExpression(
      node,
      node.modifiers,
      node.asteriskToken,
      node.name,
      node.typeParameters,
      parameters,
      node.type,
      body,
    );
  }
  if (ts.isMethodDeclaration(node)) {
    return f.updateMethodDeclaration(
      node,
      modifiers,
      node.asteriskToken,
      node.name,
      node.questionToken,
      node.typeParameters,
      parameters,
      node.type,
      body,
    );
  }
  if (ts.isGetAccessorDeclaration(node))
    return f.updateGetAccessorDeclaration(node, modifiers, node.name, parameters, node.type, body);
  if (ts.isSetAccessorDeclaration(node))
    return f.updateSetAccessorDeclaration(node, modifiers, node.name, parameters, body);
  return f.updateConstructorDeclaration(node, modifiers, parameters, body);
}

/** The first identifier of a declaration, pattern or assignment that names the variable. */
function variableIn(ts: Compiler, node: ts.Node, name: string): ts.Identifier | undefined {
  if (ts.isIdentifier(node)) return node.text === name ? node : undefined;
  if (isFunctionNode(ts, node)) return undefined;
  const property =
    ts.isPropertyAccessExpression(node) || ts.isPropertyAssignment(node)
      ? node.name
      : ts.isBindingElement(node)
        ? node.propertyName
        : undefined;
  return ts.forEachChild(node, (child) =>
    child === property ? undefined : variableIn(ts, child, name),
  );
}

/** The module's head as statements without a position, as if the factory had made them. */
export function parsedHead(ts: Compiler, plan: Plan): ts.Statement[] {
  const detach = (node: ts.Node): void => {
    Object.assign(node, { pos: -1, end: -1, flags: node.flags | ts.NodeFlags.Synthesized });
    ts.forEachChild(node, detach, (nodes) => {
      Object.assign(nodes, { pos: -1, end: -1 });
      nodes.forEach(detach);
    });
  };
  const { statements } = ts.createSourceFile(
    "head.js",
    moduleHead(plan),
    ts.ScriptTarget.Latest,
    false,
  );
  statements.forEach(detach);
  return [...statements];
}
