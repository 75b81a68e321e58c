// An expression or declaration that assigns variables → which ones, and where their shadows are written.
// Invariant: a default inside of an assignment pattern is no assignment; every target is found exactly once.
import type { Compiler, ts } from "../syntax.ts";
import { unwrapped } from "./function-names.ts";

/** The variables that an assignment target names, and the expressions inside of it that are evaluated. */
export interface Targets {
  readonly variables: readonly ts.Identifier[];
  readonly expressions: readonly ts.Expression[];
}

/** `[a, o.b = 1, ...[c]] = E`: the targets of an assignment pattern, or of a single variable. */
export function assignmentTargets(ts: Compiler, target: ts.Expression): Targets {
  const variables: ts.Identifier[] = [];
  const expressions: ts.Expression[] = [];
  const visit = (node: ts.Expression): void => {
    const bare = unwrapped(ts, node);
    if (ts.isIdentifier(bare)) variables.push(bare);
    else if (ts.isArrayLiteralExpression(bare)) bare.elements.forEach(element);
    else if (ts.isObjectLiteralExpression(bare)) bare.properties.forEach(property);
    else if (!ts.isOmittedExpression(bare)) expressions.push(bare);
  };
  const element = (node: ts.Expression): void => {
    if (ts.isSpreadElement(node)) visit(node.expression);
    else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      visit(node.left);
      expressions.push(node.right);
    } else visit(node);
  };
  const property = (node: ts.ObjectLiteralElementLike): void => {
    if (ts.isPropertyAssignment(node)) {
      if (ts.isComputedPropertyName(node.name)) expressions.push(node.name.expression);
      element(node.initializer);
    } else if (ts.isShorthandPropertyAssignment(node)) {
      variables.push(node.name);
      if (node.objectAssignmentInitializer !== undefined)
        expressions.push(node.objectAssignmentInitializer);
    } else if (ts.isSpreadAssignment(node)) visit(node.expression);
  };
  visit(target);
  return { variables, expressions };
}

/** The identifiers that a declaration binds. */
export function boundIdentifiers(ts: Compiler, name: ts.BindingName): ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) =>
    ts.isBindingElement(element) ? boundIdentifiers(ts, element.name) : [],
  );
}

/** A function or class that takes its `name` from the variable it initializes: nothing may come between the two. */
export function takesName(ts: Compiler, value: ts.Expression): boolean {
  const bare = unwrapped(ts, value);
  if (ts.isArrowFunction(bare)) return true;
  return (ts.isFunctionExpression(bare) || ts.isClassExpression(bare)) && bare.name === undefined;
}

/** Whether the value of an expression statement, a comma's left side or a loop's head is thrown away. `ancestors` ends with the parent. */
export function isDiscarded(ts: Compiler, node: ts.Node, ancestors: readonly ts.Node[]): boolean {
  let child = node;
  for (let at = ancestors.length - 1; at >= 0; at--) {
    const parent = ancestors[at] as ts.Node;
    if (ts.isExpressionStatement(parent) || ts.isVoidExpression(parent)) return true;
    if (ts.isForStatement(parent))
      return parent.initializer === child || parent.incrementor === child;
    if (ts.isBinaryExpression(parent) && parent.operatorToken.kind === ts.SyntaxKind.CommaToken) {
      if (parent.left === child) return true;
    } else if (!ts.isParenthesizedExpression(parent)) return false;
    child = parent;
  }
  return false;
}
