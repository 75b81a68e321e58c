// Pieces of TypeScript trees that the AST emitter puts together or looks for.
// Invariant: what the user wrote keeps its positions; what is added has none.
import type { Compiler, ts } from "../syntax.ts";
import { moduleHead } from "./module-head.ts";
import { type FunctionNode, isFunctionNode } from "../analyze/function-names.ts";
import type { Plan } from "../plan.ts";

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
export function variableIn(ts: Compiler, node: ts.Node, name: string): ts.Identifier | undefined {
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
