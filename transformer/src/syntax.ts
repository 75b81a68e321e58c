// The caller's TypeScript (each version numbers its SyntaxKinds anew) → what we ask of its trees.
// Invariant: no file imports `typescript` but as a type; `compiler.ts` finds it at run time.
import type ts from "typescript";

/** The compiler's API, as the host hands it over. */
export type Compiler = typeof ts;
export type { ts };

const direct = new WeakMap<Compiler, Compiler>();

/**
 * The same compiler, with what is asked for every node as properties of its own: in TypeScript's
 * module each is a getter, among 2,300. A tree is analyzed in two thirds of the time.
 */
export function directly(ts: Compiler): Compiler {
  const known = direct.get(ts);
  if (known !== undefined) return known;
  const own = {
    SyntaxKind: ts.SyntaxKind,
    NodeFlags: ts.NodeFlags,
    forEachChild: ts.forEachChild,
    isAccessor: ts.isAccessor,
    isArrayBindingPattern: ts.isArrayBindingPattern,
    isArrayLiteralExpression: ts.isArrayLiteralExpression,
    isArrowFunction: ts.isArrowFunction,
    isAwaitExpression: ts.isAwaitExpression,
    isBinaryExpression: ts.isBinaryExpression,
    isBindingElement: ts.isBindingElement,
    isBlock: ts.isBlock,
    isCallExpression: ts.isCallExpression,
    isClassDeclaration: ts.isClassDeclaration,
    isClassExpression: ts.isClassExpression,
    isClassLike: ts.isClassLike,
    isClassStaticBlockDeclaration: ts.isClassStaticBlockDeclaration,
    isComputedPropertyName: ts.isComputedPropertyName,
    isConstructorDeclaration: ts.isConstructorDeclaration,
    isExpressionStatement: ts.isExpressionStatement,
    isFunctionDeclaration: ts.isFunctionDeclaration,
    isFunctionExpression: ts.isFunctionExpression,
    isFunctionLike: ts.isFunctionLike,
    isIdentifier: ts.isIdentifier,
    isMethodDeclaration: ts.isMethodDeclaration,
    isModuleDeclaration: ts.isModuleDeclaration,
    isObjectBindingPattern: ts.isObjectBindingPattern,
    isObjectLiteralExpression: ts.isObjectLiteralExpression,
    isOmittedExpression: ts.isOmittedExpression,
    isOptionalChain: ts.isOptionalChain,
    isParenthesizedExpression: ts.isParenthesizedExpression,
    isPropertyAccessExpression: ts.isPropertyAccessExpression,
    isPropertyAssignment: ts.isPropertyAssignment,
    isPropertyDeclaration: ts.isPropertyDeclaration,
    isShorthandPropertyAssignment: ts.isShorthandPropertyAssignment,
    isSpreadAssignment: ts.isSpreadAssignment,
    isSpreadElement: ts.isSpreadElement,
    isStatement: ts.isStatement,
    isStringLiteral: ts.isStringLiteral,
    isStringLiteralLike: ts.isStringLiteralLike,
    isToken: ts.isToken,
    isVariableDeclarationList: ts.isVariableDeclarationList,
    isVariableStatement: ts.isVariableStatement,
    canHaveDecorators: ts.canHaveDecorators,
    canHaveModifiers: ts.canHaveModifiers,
    getDecorators: ts.getDecorators,
    getModifiers: ts.getModifiers,
    getLeadingCommentRanges: ts.getLeadingCommentRanges,
    getTrailingCommentRanges: ts.getTrailingCommentRanges,
  };
  const made = Object.setPrototypeOf(own, ts) as Compiler;
  direct.set(ts, made);
  return made;
}

/** Every function that has, or may have, a body. */
export type FunctionNode =
  | ts.FunctionDeclaration
  | ts.FunctionExpression
  | ts.ArrowFunction
  | ts.MethodDeclaration
  | ts.GetAccessorDeclaration
  | ts.SetAccessorDeclaration
  | ts.ConstructorDeclaration;

export function isFunctionNode(ts: Compiler, node: ts.Node): node is FunctionNode {
  switch (node.kind) {
    case ts.SyntaxKind.FunctionDeclaration:
    case ts.SyntaxKind.FunctionExpression:
    case ts.SyntaxKind.ArrowFunction:
    case ts.SyntaxKind.MethodDeclaration:
    case ts.SyntaxKind.GetAccessor:
    case ts.SyntaxKind.SetAccessor:
    case ts.SyntaxKind.Constructor:
      return true;
    default:
      return false;
  }
}

export function isAsync(ts: Compiler, node: FunctionNode): boolean {
  return node.modifiers?.some((modifier) => modifier.kind === ts.SyntaxKind.AsyncKeyword) ?? false;
}

export function isGenerator(node: FunctionNode): boolean {
  return "asteriskToken" in node && node.asteriskToken !== undefined;
}

/** Parentheses and type syntax, of which nothing is left when the program runs. */
type Wrapper =
  | ts.ParenthesizedExpression
  | ts.AsExpression
  | ts.SatisfiesExpression
  | ts.NonNullExpression
  | ts.TypeAssertion;

export function isWrapper(ts: Compiler, node: ts.Node): node is Wrapper {
  switch (node.kind) {
    case ts.SyntaxKind.ParenthesizedExpression:
    case ts.SyntaxKind.AsExpression:
    case ts.SyntaxKind.SatisfiesExpression:
    case ts.SyntaxKind.NonNullExpression:
    case ts.SyntaxKind.TypeAssertionExpression:
      return true;
    default:
      return false;
  }
}

/** The expression inside of its wrappers. */
export function unwrapped(ts: Compiler, expression: ts.Expression): ts.Expression {
  let bare = expression;
  while (isWrapper(ts, bare)) bare = bare.expression;
  return bare;
}

/** `super(…)` */
export function isSuperCall(ts: Compiler, node: ts.Node): boolean {
  return ts.isCallExpression(node) && node.expression.kind === ts.SyntaxKind.SuperKeyword;
}

/** `a = b`, `a += b`, `a ??= b` … */
export function isAssignment(ts: Compiler, node: ts.BinaryExpression): boolean {
  const operator = node.operatorToken.kind;
  return operator >= ts.SyntaxKind.FirstAssignment && operator <= ts.SyntaxKind.LastAssignment;
}

/** `++a`, `a--`, and no other operator with one operand */
export function isStep(
  ts: Compiler,
  { operator }: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
): boolean {
  return operator === ts.SyntaxKind.PlusPlusToken || operator === ts.SyntaxKind.MinusMinusToken;
}

/** The identifiers that a declaration binds. */
export function boundIdentifiers(ts: Compiler, name: ts.BindingName): ts.Identifier[] {
  if (ts.isIdentifier(name)) return [name];
  return name.elements.flatMap((element) =>
    ts.isBindingElement(element) ? boundIdentifiers(ts, element.name) : [],
  );
}

/** The first `arguments` in a function's own code, or in arrows in it. */
export function argumentsIn(
  ts: Compiler,
  { parameters, body }: FunctionNode,
): ts.Identifier | undefined {
  const within = (node: ts.Node): ts.Identifier | undefined => {
    if (ts.isIdentifier(node)) return node.text === "arguments" ? node : undefined;
    const { name, propertyName } = node as { name?: ts.Node; propertyName?: ts.Node };
    // What has an `arguments` of its own; but its name may be computed out here.
    if (isFunctionNode(ts, node) && !ts.isArrowFunction(node))
      return name !== undefined && ts.isComputedPropertyName(name) ? within(name) : undefined;
    return ts.forEachChild(node, (child) => {
      const names = (child === name || child === propertyName) && ts.isIdentifier(child);
      return names && !ts.isShorthandPropertyAssignment(node) ? undefined : within(child);
    });
  };
  for (const node of body === undefined ? parameters : [...parameters, body]) {
    const found = within(node);
    if (found !== undefined) return found;
  }
  return undefined;
}

/** Files of a program that are its own code: neither declarations nor those of packages. */
export function ownFiles(program: ts.Program): ts.SourceFile[] {
  return program
    .getSourceFiles()
    .filter((file) => !file.isDeclarationFile && !program.isSourceFileFromExternalLibrary(file));
}

/** Names that a declaration binds. */
export function boundNames(ts: Compiler, name: ts.BindingName): string[] {
  return boundIdentifiers(ts, name).map(({ text }) => text);
}

/** Names that a statement declares for its block alone. */
export function lexicalNames(ts: Compiler, statement: ts.Statement): string[] {
  if (ts.isFunctionDeclaration(statement) || ts.isClassDeclaration(statement))
    return statement.name === undefined ? [] : [statement.name.text];
  if (!ts.isVariableStatement(statement)) return [];
  const { declarations, flags } = statement.declarationList;
  if ((flags & ts.NodeFlags.BlockScoped) === 0) return [];
  return declarations.flatMap(({ name }) => boundNames(ts, name));
}

/** `"use strict"` and the like, if it stands at the start of a body. */
function isDirective(
  ts: Compiler,
  statement: ts.Statement | undefined,
): statement is ts.ExpressionStatement & { readonly expression: ts.StringLiteral } {
  return (
    statement !== undefined &&
    ts.isExpressionStatement(statement) &&
    ts.isStringLiteral(statement.expression)
  );
}

/** How many directives these statements begin with. */
export function directiveCount(ts: Compiler, statements: readonly ts.Statement[]): number {
  let count = 0;
  while (isDirective(ts, statements[count])) count++;
  return count;
}

/** Whether these statements begin with a directive of this text. */
export function hasDirective(
  ts: Compiler,
  statements: readonly ts.Statement[],
  directive: string,
): boolean {
  return statements
    .slice(0, directiveCount(ts, statements))
    .some((statement) => isDirective(ts, statement) && statement.expression.text === directive);
}

/** What a promise has, and the same answer comes out of. */
const OF_PROMISES: ReadonlySet<string> = new Set(["then", "catch", "finally"]);

/** `runner` in `runner.done()`, `create()` in `create().done()` and `create().done().then(f)` */
export function receiverOf(ts: Compiler, value: ts.Expression): ts.Expression | undefined {
  let call = value;
  while (ts.isParenthesizedExpression(call)) call = call.expression;
  if (!ts.isCallExpression(call) || !ts.isPropertyAccessExpression(call.expression))
    return undefined;
  const { expression: object, name, questionDotToken } = call.expression;
  // In `a?.b().c()` all behind the question mark is left out together.
  if (questionDotToken !== undefined || ts.isOptionalChain(object)) return undefined;
  if (OF_PROMISES.has(name.text)) return receiverOf(ts, object);
  const made = ts.isCallExpression(object) && !isSuperCall(ts, object) && !isImport(ts, object);
  return made || ts.isIdentifier(object) ? object : undefined;
}

function isImport(ts: Compiler, call: ts.CallExpression): boolean {
  return call.expression.kind === ts.SyntaxKind.ImportKeyword;
}
