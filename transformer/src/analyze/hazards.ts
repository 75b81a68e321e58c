// A selected function → the reason why a body inside of `try` would no longer mean the same, if there is one.
// Invariant: looks at the function's own code; nested functions have activations of their own.
import type { Compiler, ts } from "../syntax.ts";
import type { Code } from "../diagnostics.ts";
import { type FunctionNode, isFunctionNode, isWrapper } from "./function-names.ts";

export interface Hazard {
  readonly code: Code;
  readonly name?: string;
}

/** @param strict whether the function's code is strict */
export function hazardOf(ts: Compiler, fn: FunctionNode, strict: boolean): Hazard | undefined {
  const body = fn.body;
  if (body === undefined || !ts.isBlock(body)) return bodyHazard(ts, fn, strict, new Set());
  if (hasDirective(ts, body.statements, "use asm")) return { code: "LLMOPS3007" };
  const construction = ts.isConstructorDeclaration(fn) ? superHazard(ts, fn) : undefined;
  if (construction !== undefined) return construction;
  const functions = new Set<string>();
  for (const statement of body.statements) {
    if (
      !ts.isFunctionDeclaration(statement) ||
      statement.name === undefined ||
      statement.body === undefined
    )
      continue;
    const name = statement.name.text;
    if (functions.has(name)) return { code: "LLMOPS3005", name };
    functions.add(name);
  }
  const parameters = new Set(fn.parameters.flatMap(({ name }) => boundNames(ts, name)));
  const parameter = body.statements
    .flatMap((statement) => lexicalNames(ts, statement))
    .find((name) => parameters.has(name));
  return parameter === undefined
    ? bodyHazard(ts, fn, strict, functions)
    : { code: "LLMOPS3005", name: parameter };
}

function bodyHazard(
  ts: Compiler,
  fn: FunctionNode,
  strict: boolean,
  functions: ReadonlySet<string>,
): Hazard | undefined {
  let hazard: Hazard | undefined;
  const visit = (node: ts.Node, top: boolean): void => {
    if (hazard !== undefined) return;
    switch (node.kind) {
      case ts.SyntaxKind.WithStatement:
        hazard = { code: "LLMOPS3004" };
        return;
      case ts.SyntaxKind.CallExpression: {
        const callee = (node as ts.CallExpression).expression;
        if (!strict && ts.isIdentifier(callee) && callee.text === "eval")
          hazard = { code: "LLMOPS3002" };
        break;
      }
      case ts.SyntaxKind.VariableDeclarationList: {
        const list = node as ts.VariableDeclarationList;
        if ((list.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing)
          hazard = { code: "LLMOPS3003" };
        if ((list.flags & ts.NodeFlags.BlockScoped) !== 0) break;
        const clash = list.declarations
          .flatMap(({ name }) => boundNames(ts, name))
          .find((name) => functions.has(name));
        if (clash !== undefined) hazard = { code: "LLMOPS3005", name: clash };
        break;
      }
      case ts.SyntaxKind.PrefixUnaryExpression:
      case ts.SyntaxKind.PostfixUnaryExpression:
      case ts.SyntaxKind.BinaryExpression:
        if (assignsNoTarget(ts, node)) hazard = { code: "LLMOPS3010" };
        break;
      case ts.SyntaxKind.ForOfStatement:
      case ts.SyntaxKind.ForInStatement: {
        const { statement } = node as ts.ForInOrOfStatement;
        // `for (…) let x` is no declaration, but would be one inside of braces.
        if (ts.isVariableStatement(statement) && isLet(ts, statement.declarationList))
          hazard = { code: "LLMOPS3006" };
        else if (lexicalNames(ts, statement).length > 0) hazard = { code: "LLMOPS3010" };
        break;
      }
      case ts.SyntaxKind.FunctionDeclaration: {
        const name = (node as ts.FunctionDeclaration).name?.text;
        if (!top && !strict && name !== undefined && functions.has(name))
          hazard = { code: "LLMOPS3005", name };
        break;
      }
    }
    if (isFunctionNode(ts, node) || ts.isClassStaticBlockDeclaration(node)) return;
    ts.forEachChild(node, (child) => visit(child, false));
  };
  for (const parameter of fn.parameters) visit(parameter, false);
  if (fn.body !== undefined) {
    if (ts.isBlock(fn.body)) for (const statement of fn.body.statements) visit(statement, true);
    else visit(fn.body, false);
  }
  return hazard;
}

function isLet(ts: Compiler, { flags }: ts.VariableDeclarationList): boolean {
  return (flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Let;
}

/** `(yield)++`: an early error, which would be a late one with a call in its place. */
function assignsNoTarget(ts: Compiler, node: ts.Node): boolean {
  let target: ts.Expression;
  if (ts.isBinaryExpression(node)) {
    const operator = node.operatorToken.kind;
    if (operator < ts.SyntaxKind.FirstAssignment || operator > ts.SyntaxKind.LastAssignment)
      return false;
    target = node.left;
  } else target = (node as ts.PrefixUnaryExpression | ts.PostfixUnaryExpression).operand;
  const steps =
    ts.isPostfixUnaryExpression(node) ||
    ts.isBinaryExpression(node) ||
    (ts.isPrefixUnaryExpression(node) &&
      node.operator >= ts.SyntaxKind.PlusPlusToken &&
      node.operator <= ts.SyntaxKind.MinusMinusToken);
  while (isWrapper(ts, target)) target = target.expression;
  return steps && (ts.isYieldExpression(target) || ts.isAwaitExpression(target));
}

/**
 * The `super(…);` of a constructor, where it is a statement of its own at the top of the body; the call alone where the
 * statement goes on with a comma, as minifiers write it.
 */
export function superStatement(
  ts: Compiler,
  { body }: ts.ConstructorDeclaration,
): ts.Node | undefined {
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

function isSuperCall(ts: Compiler, node: ts.Node): boolean {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword;
}

/** What runs up to `super(…)` stays outside of the `try` block, and must not need what is declared inside of it. */
function superHazard(ts: Compiler, fn: ts.ConstructorDeclaration): Hazard | undefined {
  let calls = 0;
  const used = new Set<string>();
  const call = superStatement(ts, fn);
  const visit = (node: ts.Node): void => {
    if (isSuperCall(ts, node)) calls++;
    if (call !== undefined && node.end <= call.end && ts.isIdentifier(node)) used.add(node.text);
    if (ts.isClassLike(node)) return;
    ts.forEachChild(node, visit);
  };
  ts.forEachChild(fn, visit);
  if (calls === 0) return undefined;
  if (call === undefined || calls > 1) return { code: "LLMOPS3008" };
  for (const statement of fn.body?.statements ?? []) {
    if (statement.end <= call.end) continue;
    const names = lexicalNames(ts, statement);
    const needed = names.find((name) => used.has(name));
    if (needed !== undefined) return { code: "LLMOPS3009", name: needed };
  }
  return undefined;
}

/** Names that a statement declares for its block alone. */
function lexicalNames(ts: Compiler, statement: ts.Statement): string[] {
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
    return statement.name === undefined ? [] : [statement.name.text];
  if (
    !ts.isVariableStatement(statement) ||
    (statement.declarationList.flags & ts.NodeFlags.BlockScoped) === 0
  )
    return [];
  return statement.declarationList.declarations.flatMap(({ name }) => boundNames(ts, name));
}

/** Names that a declaration binds. */
function boundNames(ts: Compiler, name: ts.BindingName): string[] {
  if (ts.isIdentifier(name)) return [name.text];
  return name.elements.flatMap((element) =>
    ts.isBindingElement(element) ? boundNames(ts, element.name) : [],
  );
}

/** Whether a directive prologue holds `"use strict"` or the like. */
export function hasDirective(
  ts: Compiler,
  statements: readonly ts.Statement[],
  directive: string,
): boolean {
  for (const statement of statements) {
    if (!ts.isExpressionStatement(statement) || !ts.isStringLiteral(statement.expression))
      return false;
    if (statement.expression.text === directive) return true;
  }
  return false;
}

/**
 * Whether the source text of a function, or of one around it, becomes a value:
 * `{ [() => {}]: 1 }`, `o[() => {}]`, `${() => {}}`, `"" + (() => {})`, `String(() => {})`.
 * @param path from the file down to the function
 */
export function readsSourceText(ts: Compiler, path: readonly ts.Node[]): boolean {
  return path.some(
    (node, at) => (isFunctionNode(ts, node) || ts.isClassLike(node)) && becomesText(ts, path, at),
  );
}

/** Whether an operator makes texts or numbers of its operands. */
function coerces(ts: Compiler, operator: ts.SyntaxKind): boolean {
  switch (operator) {
    case ts.SyntaxKind.CommaToken:
    case ts.SyntaxKind.AmpersandAmpersandToken:
    case ts.SyntaxKind.BarBarToken:
    case ts.SyntaxKind.QuestionQuestionToken:
    case ts.SyntaxKind.EqualsEqualsEqualsToken:
    case ts.SyntaxKind.ExclamationEqualsEqualsToken:
    case ts.SyntaxKind.InstanceOfKeyword:
    case ts.SyntaxKind.EqualsToken:
    case ts.SyntaxKind.AmpersandAmpersandEqualsToken:
    case ts.SyntaxKind.BarBarEqualsToken:
    case ts.SyntaxKind.QuestionQuestionEqualsToken:
      return false;
    default:
      return true;
  }
}

function becomesText(ts: Compiler, path: readonly ts.Node[], at: number): boolean {
  const [child, parent] = [path[at], path[at - 1]];
  if (child === undefined || parent === undefined) return false;
  if (isWrapper(ts, parent) || ts.isArrayLiteralExpression(parent))
    return becomesText(ts, path, at - 1);
  switch (parent.kind) {
    case ts.SyntaxKind.ComputedPropertyName:
      return true;
    case ts.SyntaxKind.TemplateSpan: {
      // A tag is handed the function itself.
      const around = path[at - 3];
      return around === undefined || !ts.isTaggedTemplateExpression(around);
    }
    case ts.SyntaxKind.ElementAccessExpression:
      return (parent as ts.ElementAccessExpression).argumentExpression === child;
    case ts.SyntaxKind.PropertyAccessExpression:
      return (parent as ts.PropertyAccessExpression).name.text === "toString";
    case ts.SyntaxKind.CallExpression: {
      const { expression, arguments: args } = parent as ts.CallExpression;
      return (
        ts.isIdentifier(expression) &&
        expression.text === "String" &&
        args.some((argument) => argument === child)
      );
    }
    case ts.SyntaxKind.ConditionalExpression:
      return (
        (parent as ts.ConditionalExpression).condition !== child && becomesText(ts, path, at - 1)
      );
    case ts.SyntaxKind.BinaryExpression: {
      const { operatorToken, right } = parent as ts.BinaryExpression;
      if (coerces(ts, operatorToken.kind)) return true;
      return right === child && becomesText(ts, path, at - 1);
    }
    default:
      return false;
  }
}
