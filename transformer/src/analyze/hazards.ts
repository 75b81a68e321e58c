// A selected function → why its body inside of `try` would mean something else, if it would.
// Invariant: only the function's own code counts; inner functions run on their own.
import {
  boundNames,
  type Compiler,
  type FunctionNode,
  hasDirective,
  isAssignment,
  isFunctionNode,
  isStep,
  lexicalNames,
  type ts,
  unwrapped,
} from "../syntax.ts";
import { readsSourceText } from "./source-text.ts";
import { constructionOf, type Hazard } from "./supers.ts";

/**
 * @param path the nodes from the file down to the function's parent
 * @param strict whether all code of the file is strict
 */
export function hazardOf(
  ts: Compiler,
  path: readonly ts.Node[],
  fn: FunctionNode,
  strict: boolean,
): Hazard | undefined {
  const isStrict = strict || [...path, fn].some((node) => makesStrict(ts, node));
  const hazard = constructorHazard(ts, path.at(-1), fn) ?? functionHazard(ts, fn, isStrict);
  if (hazard !== undefined) return hazard;
  if (path.some((parent) => ts.isWithStatement(parent))) return { code: "LLMOPS3004" };
  return readsSourceText(ts, [...path, fn]) ? { code: "LLMOPS3001" } : undefined;
}

function makesStrict(ts: Compiler, node: ts.Node): boolean {
  if (ts.isClassLike(node)) return true;
  if (ts.isSourceFile(node)) return hasDirective(ts, node.statements, "use strict");
  return (
    isFunctionNode(ts, node) &&
    node.body !== undefined &&
    ts.isBlock(node.body) &&
    hasDirective(ts, node.body.statements, "use strict")
  );
}

function constructorHazard(
  ts: Compiler,
  around: ts.Node | undefined,
  fn: FunctionNode,
): Hazard | undefined {
  if (!ts.isConstructorDeclaration(fn)) return undefined;
  const construction = constructionOf(ts, fn, around);
  return construction.form === "untouched" ? construction.hazard : undefined;
}

function functionHazard(ts: Compiler, fn: FunctionNode, strict: boolean): Hazard | undefined {
  const { body } = fn;
  if (body === undefined || !ts.isBlock(body))
    return codeHazard(ts, fn, { strict, functions: new Set() });
  if (hasDirective(ts, body.statements, "use asm")) return { code: "LLMOPS3007" };
  const functions = new Set<string>();
  for (const statement of body.statements) {
    if (!ts.isFunctionDeclaration(statement) || statement.body === undefined) continue;
    const name = statement.name?.text;
    if (name === undefined) continue;
    if (functions.has(name)) return { code: "LLMOPS3005", name };
    functions.add(name);
  }
  const parameters = new Set(fn.parameters.flatMap(({ name }) => boundNames(ts, name)));
  const parameter = body.statements
    .flatMap((statement) => lexicalNames(ts, statement))
    .find((name) => parameters.has(name));
  if (parameter !== undefined) return { code: "LLMOPS3005", name: parameter };
  return codeHazard(ts, fn, { strict, functions });
}

/** What is known of the function whose code is looked through. */
interface CodeContext {
  readonly strict: boolean;
  /** Names of the functions that are declared at the top of its body. */
  readonly functions: ReadonlySet<string>;
}

/** Parameters and body, without nested functions. */
function codeHazard(ts: Compiler, fn: FunctionNode, code: CodeContext): Hazard | undefined {
  const { body, parameters } = fn;
  const inside = (node: ts.Node): Hazard | undefined => {
    const hazard = constructHazard(ts, node, code);
    if (hazard !== undefined) return hazard;
    const nested = isFunctionNode(ts, node) || ts.isClassStaticBlockDeclaration(node);
    return nested ? undefined : ts.forEachChild(node, inside);
  };
  const top = (statement: ts.Statement): Hazard | undefined =>
    // Its own name is one of `functions`.
    ts.isFunctionDeclaration(statement) ? undefined : inside(statement);
  return (
    firstOf(parameters, inside) ??
    (body === undefined
      ? undefined
      : ts.isBlock(body)
        ? firstOf(body.statements, top)
        : inside(body))
  );
}

function firstOf<T>(
  nodes: readonly T[],
  find: (node: T) => Hazard | undefined,
): Hazard | undefined {
  for (const node of nodes) {
    const hazard = find(node);
    if (hazard !== undefined) return hazard;
  }
  return undefined;
}

function constructHazard(ts: Compiler, node: ts.Node, code: CodeContext): Hazard | undefined {
  switch (node.kind) {
    case ts.SyntaxKind.WithStatement:
      return { code: "LLMOPS3004" };
    case ts.SyntaxKind.CallExpression:
      return evalHazard(ts, node as ts.CallExpression, code);
    case ts.SyntaxKind.VariableDeclarationList:
      return declarationHazard(ts, node as ts.VariableDeclarationList, code);
    case ts.SyntaxKind.FunctionDeclaration:
      return innerFunctionHazard(node as ts.FunctionDeclaration, code);
    case ts.SyntaxKind.PrefixUnaryExpression:
    case ts.SyntaxKind.PostfixUnaryExpression:
    case ts.SyntaxKind.BinaryExpression:
      return assignsNoTarget(ts, node) ? { code: "LLMOPS3010" } : undefined;
    case ts.SyntaxKind.ForOfStatement:
    case ts.SyntaxKind.ForInStatement:
      return loopHazard(ts, node as ts.ForInOrOfStatement);
    default:
      return undefined;
  }
}

/** `eval(text)`, which may declare variables in sloppy code */
function evalHazard(
  ts: Compiler,
  { expression }: ts.CallExpression,
  { strict }: CodeContext,
): Hazard | undefined {
  if (strict || !ts.isIdentifier(expression) || expression.text !== "eval") return undefined;
  return { code: "LLMOPS3002" };
}

/** `await using x = …`; `var f` beside `function f() {}` */
function declarationHazard(
  ts: Compiler,
  list: ts.VariableDeclarationList,
  { functions }: CodeContext,
): Hazard | undefined {
  if ((list.flags & ts.NodeFlags.AwaitUsing) === ts.NodeFlags.AwaitUsing)
    return { code: "LLMOPS3003" };
  if ((list.flags & ts.NodeFlags.BlockScoped) !== 0) return undefined;
  const name = list.declarations
    .flatMap((declared) => boundNames(ts, declared.name))
    .find((declared) => functions.has(declared));
  return name === undefined ? undefined : { code: "LLMOPS3005", name };
}

/** `{ function f() {} }` beside `function f() {}`, in sloppy code */
function innerFunctionHazard(
  { name }: ts.FunctionDeclaration,
  { strict, functions }: CodeContext,
): Hazard | undefined {
  if (strict || name === undefined || !functions.has(name.text)) return undefined;
  return { code: "LLMOPS3005", name: name.text };
}

/**
 * `for (…) let⏎x`: no declaration, but it would be one inside of braces.
 * `for (…) const x = 1`: an early error, which must stay one.
 */
function loopHazard(ts: Compiler, { statement }: ts.ForInOrOfStatement): Hazard | undefined {
  if (ts.isVariableStatement(statement) && isLet(ts, statement.declarationList))
    return { code: "LLMOPS3006" };
  return lexicalNames(ts, statement).length > 0 ? { code: "LLMOPS3010" } : undefined;
}

function isLet(ts: Compiler, { flags }: ts.VariableDeclarationList): boolean {
  return (flags & ts.NodeFlags.BlockScoped) === ts.NodeFlags.Let;
}

/** `(yield)++`: an early error, which would be a late one with a call in its place. */
function assignsNoTarget(ts: Compiler, node: ts.Node): boolean {
  let target: ts.Expression;
  if (ts.isBinaryExpression(node)) {
    if (!isAssignment(ts, node)) return false;
    target = node.left;
  } else {
    const step = node as ts.PrefixUnaryExpression | ts.PostfixUnaryExpression;
    if (!isStep(ts, step)) return false;
    target = step.operand;
  }
  const bare = unwrapped(ts, target);
  return ts.isYieldExpression(bare) || ts.isAwaitExpression(bare);
}
