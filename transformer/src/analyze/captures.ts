// A function's locals → those to record; what writes to a local → the write of its shadow.
// Invariant: each target is found once; a default inside of a pattern is no assignment.
import { type Finding, finding, nearest, type TextRange } from "../diagnostics.ts";
import type { Write } from "../plan.ts";
import {
  boundIdentifiers,
  type Compiler,
  isAssignment,
  isStep,
  type ts,
  unwrapped,
} from "../syntax.ts";
import { type Binding, type BindingKind, listKind, type Scope, type Scopes } from "./scopes.ts";
import type { Selected } from "./select.ts";
import type { Walk } from "./walk.ts";

/** A local to record. */
export interface Captured {
  readonly binding: Binding;
  /** `x`, or `x@12` where an earlier variable of the function has the same name. */
  readonly name: string;
}

/** The locals to record, in the order of the text. */
export function capturedLocals(
  file: ts.SourceFile,
  { node, options }: Selected,
  scopes: Scopes,
): Captured[] {
  const { capture = false } = options;
  if (capture === false) return [];
  const taken = new Set<string>();
  return locals(scopes, node)
    .filter(({ name }) => capture === true || capture.includes(name))
    .map((binding) => {
      const { line, character } = file.getLineAndCharacterOfPosition(binding.at);
      const names = [
        binding.name,
        `${binding.name}@${line + 1}`,
        `${binding.name}@${line + 1}:${character + 1}`,
      ];
      const name = names.find((candidate) => !taken.has(candidate)) ?? binding.name;
      taken.add(name);
      return { binding, name };
    });
}

/**
 * Findings for names asked for that are no locals.
 * @param place of the function; a name that stands in its tag has its own
 */
export function unknownLocals(
  { node, options, directive, name, namesLocals }: Selected,
  scopes: Scopes,
  place: TextRange,
): Finding[] {
  const { capture } = options;
  if (!Array.isArray(capture) || !namesLocals) return [];
  const known = new Set(locals(scopes, node).map((local) => local.name));
  const runes = new Set(
    scopes.declaredBy(node).flatMap(({ kind, name: rune }) => (kind === "rune" ? rune : [])),
  );
  return capture
    .filter((wanted: string) => !known.has(wanted))
    .map((wanted: string) => {
      const at = directive?.captured.get(wanted) ?? place;
      if (runes.has(wanted)) return finding("LLMOPS2007", at, [wanted, name]);
      return finding("LLMOPS1004", at, [wanted, name], nearest(wanted, known));
    });
}

const NO_LOCALS: ReadonlySet<BindingKind> = new Set(["function", "class", "rune", "other"]);

function locals(scopes: Scopes, node: ts.Node): Binding[] {
  return scopes.declaredBy(node).filter(({ kind }) => !NO_LOCALS.has(kind));
}

/** `let x = E`, `let x`, `const { x } = E`, but in heads of `for … of` and `catch` */
export function declarationEdit(walk: Walk, node: ts.VariableDeclaration, scope: Scope): void {
  const { ts, ancestors, edits } = walk;
  const [list, loop] = [ancestors.at(-1), ancestors.at(-2)];
  if (list === undefined || !ts.isVariableDeclarationList(list)) return;
  if (loop !== undefined && isHead(ts, loop, list)) return;
  const writes = walk.writesTo(boundIdentifiers(ts, node.name), scope);
  const [first] = writes;
  if (first === undefined) return;
  const { name, initializer, exclamationToken } = node;
  const { shadow } = first;
  if (ts.isIdentifier(name)) {
    if (initializer === undefined && listKind(ts, list) !== "let") return;
    // Without it, the next round of a loop would still show the last round's value.
    if (initializer === undefined && exclamationToken === undefined) {
      edits.push({ kind: "uninitialized", ...walk.range(node), shadow });
      return;
    }
    if (initializer !== undefined && !takesName(ts, initializer)) {
      edits.push({ kind: "initializer", ...walk.range(initializer), shadow });
      return;
    }
    // `using C = class {}` takes neither an initializer of ours nor a pattern behind it.
    if (listKind(ts, list) === "using") return;
    // What is left takes no initializer of ours: `let x!: T`, `let x = () => {}`.
  }
  edits.push({ kind: "declaration", ...walk.range(node), span: walk.spanOf(first), writes });
}

/** `for (const x of E)`, `for (const x in E)` */
function isHead(ts: Compiler, loop: ts.Node, list: ts.Node): boolean {
  return (ts.isForInStatement(loop) || ts.isForOfStatement(loop)) && loop.initializer === list;
}

/**
 * `x = E`, `[x, o.p = D] = E`
 * @returns what is evaluated of a pattern: its names are not to be walked as expressions
 */
export function assignmentEdit(
  walk: Walk,
  node: ts.BinaryExpression,
  scope: Scope,
): readonly ts.Expression[] | undefined {
  const { ts, ancestors, edits } = walk;
  if (!isAssignment(ts, node)) return undefined;
  const target = unwrapped(ts, node.left);
  if (!ts.isArrayLiteralExpression(target) && !ts.isObjectLiteralExpression(target)) {
    const [write] = ts.isIdentifier(target) ? walk.writesTo([target], scope) : [];
    if (write !== undefined)
      edits.push({ kind: "assignment", ...walk.range(node), shadow: write.shadow });
    return undefined;
  }
  const { variables, evaluated } = assignmentTargets(ts, target);
  const writes = walk.writesTo(variables, scope);
  const [first] = writes;
  if (first !== undefined) {
    const used = !isDiscarded(ts, node, ancestors);
    const span = walk.spanOf(first);
    edits.push({ kind: "assignmentAfter", ...walk.range(node), span, writes, used });
  }
  return [...evaluated, node.right];
}

/** `x++`, `--x` */
export function stepEdits(
  walk: Walk,
  node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
  scope: Scope,
): void {
  const { ts, ancestors, edits } = walk;
  if (!isStep(ts, node)) return;
  const target = unwrapped(ts, node.operand);
  const [write] = ts.isIdentifier(target) ? walk.writesTo([target], scope) : [];
  if (write === undefined) return;
  const used = !isDiscarded(ts, node, ancestors);
  // Used, `++x` may stand where no assignment may: `-++x`.
  if (ts.isPrefixUnaryExpression(node) && !used) {
    edits.push({ kind: "assignment", ...walk.range(node), shadow: write.shadow });
    return;
  }
  const span = walk.spanOf(write);
  edits.push({ kind: "assignmentAfter", ...walk.range(node), span, writes: [write], used });
  if (ts.isPostfixUnaryExpression(node)) semicolonEdit(walk, node);
}

/** A new line ends a statement after `x++`, but not after what is inserted behind that. */
function semicolonEdit(walk: Walk, step: ts.Node): void {
  const { ts, ancestors, edits, semicolons } = walk;
  const statement = ancestors.findLast(
    (parent) =>
      parent.end !== step.end || ts.isStatement(parent) || ts.isPropertyDeclaration(parent),
  );
  if (statement === undefined || statement.end !== step.end || ts.isBlock(statement)) return;
  if (semicolons.has(statement.end)) return;
  semicolons.add(statement.end);
  edits.push({ kind: "semicolon", ...walk.range(statement) });
}

export interface LoopWrites {
  readonly writes: Write[];
  /** What of the head is to be walked. */
  readonly evaluated: readonly ts.Node[];
  /** The head declares variables, in the loop's own scope. */
  readonly declares: boolean;
}

/** `for (const x of E)`, `for ([x, o.p = D] of E)` */
export function loopWrites(
  walk: Walk,
  { initializer }: ts.ForInOrOfStatement,
  outer: Scope,
  scope: Scope,
): LoopWrites {
  const { ts } = walk;
  if (ts.isVariableDeclarationList(initializer)) {
    const names = initializer.declarations.flatMap(({ name }) => boundIdentifiers(ts, name));
    return { writes: walk.writesTo(names, scope), evaluated: [initializer], declares: true };
  }
  const { variables, evaluated } = assignmentTargets(ts, initializer);
  return { writes: walk.writesTo(variables, outer), evaluated, declares: false };
}

/** `catch (e)`, `catch ({ message })` */
export function catchWrites(
  walk: Walk,
  { variableDeclaration }: ts.CatchClause,
  scope: Scope,
): Write[] {
  if (variableDeclaration === undefined) return [];
  return walk.writesTo(boundIdentifiers(walk.ts, variableDeclaration.name), scope);
}

/** The variables that an assignment target names, and the expressions evaluated inside of it. */
interface Targets {
  readonly variables: readonly ts.Identifier[];
  readonly evaluated: readonly ts.Expression[];
}

/** `[a, o.b = 1, ...[c]] = E`: the targets of an assignment pattern, or of a single variable. */
function assignmentTargets(ts: Compiler, target: ts.Expression): Targets {
  const variables: ts.Identifier[] = [];
  const evaluated: ts.Expression[] = [];
  const visit = (node: ts.Expression): void => {
    const bare = unwrapped(ts, node);
    if (ts.isIdentifier(bare)) variables.push(bare);
    else if (ts.isArrayLiteralExpression(bare)) bare.elements.forEach(element);
    else if (ts.isObjectLiteralExpression(bare)) bare.properties.forEach(property);
    else if (!ts.isOmittedExpression(bare)) evaluated.push(bare);
  };
  const element = (node: ts.Expression): void => {
    if (ts.isSpreadElement(node)) visit(node.expression);
    else if (ts.isBinaryExpression(node) && node.operatorToken.kind === ts.SyntaxKind.EqualsToken) {
      visit(node.left);
      evaluated.push(node.right);
    } else visit(node);
  };
  const property = (node: ts.ObjectLiteralElementLike): void => {
    if (ts.isPropertyAssignment(node)) {
      if (ts.isComputedPropertyName(node.name)) evaluated.push(node.name.expression);
      element(node.initializer);
    } else if (ts.isShorthandPropertyAssignment(node)) {
      variables.push(node.name);
      if (node.objectAssignmentInitializer !== undefined)
        evaluated.push(node.objectAssignmentInitializer);
    } else if (ts.isSpreadAssignment(node)) visit(node.expression);
  };
  visit(target);
  return { variables, evaluated };
}

/** Whether it takes its `name` from the variable that it initializes: nothing may come between. */
function takesName(ts: Compiler, value: ts.Expression): boolean {
  const bare = unwrapped(ts, value);
  if (ts.isArrowFunction(bare)) return true;
  return (ts.isFunctionExpression(bare) || ts.isClassExpression(bare)) && bare.name === undefined;
}

/**
 * Whether nothing uses the value: of a statement, a comma's left side, a loop's head.
 * @param ancestors end with the parent
 */
function isDiscarded(ts: Compiler, node: ts.Node, ancestors: readonly ts.Node[]): boolean {
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
