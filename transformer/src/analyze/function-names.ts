// A function in the tree and its ancestors → its names, and the comments that may mark it.
// Invariant: parents come from the walk; a host may not have set `node.parent`.
import { type Compiler, type FunctionNode, isWrapper, type ts } from "../syntax.ts";

/** Whether a parent only hands a function on: a tag before the parent marks the function. */
function handsOn(ts: Compiler, parent: ts.Node, child: ts.Node): boolean {
  if (isWrapper(ts, parent)) return true;
  switch (parent.kind) {
    case ts.SyntaxKind.VariableDeclaration:
    case ts.SyntaxKind.VariableDeclarationList:
    case ts.SyntaxKind.VariableStatement:
    case ts.SyntaxKind.PropertyAssignment:
    case ts.SyntaxKind.PropertyDeclaration:
    case ts.SyntaxKind.ExportAssignment:
    case ts.SyntaxKind.ExpressionStatement:
    case ts.SyntaxKind.ReturnStatement:
      return true;
    case ts.SyntaxKind.BinaryExpression: {
      const { operatorToken, right } = parent as ts.BinaryExpression;
      return operatorToken.kind === ts.SyntaxKind.EqualsToken && right === child;
    }
    default:
      return false;
  }
}

/** The nodes whose comments may mark a function: itself and what hands it on, innermost first. */
export function commentHosts(
  ts: Compiler,
  node: ts.Node,
  ancestors: readonly ts.Node[],
): ts.Node[] {
  const hosts = [node];
  let child = node;
  for (let at = ancestors.length - 1; at >= 0; at--) {
    const parent = ancestors[at];
    if (parent === undefined || !handsOn(ts, parent, child)) break;
    hosts.push(parent);
    child = parent;
  }
  return hosts;
}

/** The function's own name, or that of the variable or property that takes it. */
export function ownName(
  ts: Compiler,
  node: FunctionNode | ts.ClassLikeDeclaration,
  ancestors: readonly ts.Node[],
  file: ts.SourceFile,
): string | undefined {
  if (ts.isConstructorDeclaration(node)) return "constructor";
  if (node.name !== undefined) return propertyName(ts, node.name, file);
  if (node.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.DefaultKeyword))
    return "default";
  return receivingName(ts, node, ancestors, file);
}

/** The name of the variable or property that takes an expression's value. */
export function receivingName(
  ts: Compiler,
  node: ts.Node,
  ancestors: readonly ts.Node[],
  file: ts.SourceFile,
): string | undefined {
  let child = node;
  for (let at = ancestors.length - 1; at >= 0; at--) {
    const parent = ancestors[at];
    if (parent === undefined) return undefined;
    switch (parent.kind) {
      case ts.SyntaxKind.VariableDeclaration:
      case ts.SyntaxKind.PropertyAssignment:
      case ts.SyntaxKind.PropertyDeclaration:
      case ts.SyntaxKind.Parameter:
      case ts.SyntaxKind.BindingElement: {
        const { name } = parent as ts.VariableDeclaration | ts.PropertyAssignment;
        return ts.isObjectBindingPattern(name) || ts.isArrayBindingPattern(name)
          ? undefined
          : propertyName(ts, name, file);
      }
      case ts.SyntaxKind.ExportAssignment:
        return "default";
      case ts.SyntaxKind.BinaryExpression: {
        if (!handsOn(ts, parent, child)) return undefined;
        const { left } = parent as ts.BinaryExpression;
        if (ts.isIdentifier(left)) return left.text;
        return ts.isPropertyAccessExpression(left) ? left.name.text : undefined;
      }
      default:
        if (!handsOn(ts, parent, child)) return undefined;
        child = parent;
    }
  }
  return undefined;
}

function propertyName(
  ts: Compiler,
  name: ts.PropertyName | ts.BindingName,
  file: ts.SourceFile,
): string {
  if (ts.isComputedPropertyName(name)) {
    const { expression } = name;
    if (ts.isStringLiteralLike(expression)) return expression.text;
    const text = expression.getText(file);
    // A longer expression names nothing, and may hold functions itself.
    return /^[\w$.]+$/.test(text) ? `[${text}]` : "[computed]";
  }
  return "text" in name ? name.text : name.getText(file);
}
