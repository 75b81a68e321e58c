// A file with its sites → every place inside of their bodies that is rewritten: returns, suspensions, writes to captured locals.
// Invariant: one walk; each construct is decided by the innermost function around it, each write by the variable's own function.
import type { Compiler, ts } from "../syntax.ts";
import {
  type FunctionNode,
  isAsync,
  isFunctionNode,
  isGenerator,
  unwrapped,
} from "./function-names.ts";
import { isPlainLiteral } from "./literals.ts";
import type { Edit, Range, Write } from "../plan.ts";
import { listKind, resolve, type Scope, type Scopes } from "./scopes.ts";
import { assignmentTargets, boundIdentifiers, isDiscarded, takesName } from "./captures.ts";

/** What the walk needs to know of a site. */
export interface OpenSite {
  readonly span: string;
  /** Shadow variable by the offset of the captured variable's declaration. */
  readonly shadows: ReadonlyMap<number, string>;
  /** Set by the walk: see `Site.mayOverrideReturn`. */
  overrides: boolean;
}

interface Frame {
  /** The function that runs here, if it is a site. */
  readonly site: OpenSite | undefined;
  readonly async: boolean;
  readonly generator: boolean;
}

const NO_FRAME: Frame = { site: undefined, async: false, generator: false };

export function collectRewrites(
  ts: Compiler,
  file: ts.SourceFile,
  scopes: Scopes,
  sites: ReadonlyMap<ts.Node, OpenSite>,
): Edit[] {
  const edits: Edit[] = [];
  const ancestors: ts.Node[] = [];
  /** Shadows that are not in scope: those of functions whose parameter list is being walked. */
  const hidden = new Set<string>();
  const shadowOf = new Map<number, string>();
  const spanOf = new Map<string, string>();
  for (const { span, shadows } of sites.values()) {
    for (const [at, shadow] of shadows) {
      shadowOf.set(at, shadow);
      spanOf.set(shadow, span);
    }
  }
  let withDepth = 0;

  const range = (node: ts.Node): Range => ({ start: node.getStart(file), end: node.end });

  const writesTo = (variables: readonly ts.Identifier[], scope: Scope): Write[] => {
    const writes: Write[] = [];
    if (withDepth > 0) return writes;
    for (const { text } of variables) {
      const binding = resolve(scope, text);
      const shadow = binding === undefined ? undefined : shadowOf.get(binding.at);
      if (
        shadow === undefined ||
        hidden.has(shadow) ||
        writes.some((write) => write.shadow === shadow)
      )
        continue;
      writes.push({ shadow, variable: text });
    }
    return writes;
  };

  /** The span of the function that a shadow belongs to: visible wherever the shadow is. */
  const spanFor = ({ shadow }: Write): string => spanOf.get(shadow) ?? "";

  const children = (node: ts.Node, scope: Scope, frame: Frame): void => {
    ancestors.push(node);
    ts.forEachChild(node, (child) => visit(child, scope, frame));
    ancestors.pop();
  };

  const visit = (node: ts.Node, outer: Scope, frame: Frame): void => {
    if (isFunctionNode(ts, node)) return visitFunction(node, outer, frame);
    const scope = scopes.at.get(node) ?? outer;
    switch (node.kind) {
      case ts.SyntaxKind.ReturnStatement: {
        if (frame.site === undefined) break;
        const { expression } = node as ts.ReturnStatement;
        const value = expression === undefined ? null : range(expression);
        edits.push({
          kind: "return",
          ...range(node),
          span: frame.site.span,
          value,
          awaits: frame.async && frame.generator,
          literal: expression !== undefined && isPlainLiteral(ts, expression),
        });
        break;
      }
      case ts.SyntaxKind.YieldExpression: {
        if (frame.site === undefined) break;
        const { expression, asteriskToken } = node as ts.YieldExpression;
        const value = expression === undefined ? null : range(expression);
        edits.push({
          kind: "yield",
          ...range(node),
          span: frame.site.span,
          value,
          delegates: asteriskToken !== undefined,
        });
        break;
      }
      case ts.SyntaxKind.AwaitExpression:
        if (frame.site === undefined) break;
        edits.push({
          kind: "await",
          ...range(node),
          span: frame.site.span,
          value: range((node as ts.AwaitExpression).expression),
        });
        break;
      case ts.SyntaxKind.VariableDeclaration:
        visitDeclaration(node as ts.VariableDeclaration, scope);
        break;
      case ts.SyntaxKind.BinaryExpression:
        if (visitAssignment(node as ts.BinaryExpression, scope, frame)) return;
        break;
      case ts.SyntaxKind.PrefixUnaryExpression:
      case ts.SyntaxKind.PostfixUnaryExpression:
        visitStep(node as ts.PrefixUnaryExpression | ts.PostfixUnaryExpression, scope);
        break;
      case ts.SyntaxKind.ForInStatement:
      case ts.SyntaxKind.ForOfStatement:
        return visitRounds(node as ts.ForInOrOfStatement, outer, scope, frame);
      case ts.SyntaxKind.TryStatement:
        visitTry(node as ts.TryStatement, frame);
        break;
      case ts.SyntaxKind.WithStatement:
        withDepth++;
        children(node, scope, frame);
        withDepth--;
        return;
      case ts.SyntaxKind.ClassStaticBlockDeclaration:
        return children(node, scope, NO_FRAME);
      case ts.SyntaxKind.CatchClause: {
        const { variableDeclaration, block } = node as ts.CatchClause;
        const names =
          variableDeclaration === undefined ? [] : boundIdentifiers(ts, variableDeclaration.name);
        head(block, frame, writesTo(names, scope));
        break;
      }
    }
    children(node, scope, frame);
  };

  const visitFunction = (node: FunctionNode, outer: Scope, frame: Frame): void => {
    const scope = scopes.at.get(node) ?? outer;
    const site = sites.get(node);
    ancestors.push(node);
    // Name and decorators are evaluated by the code around the function.
    for (const modifier of node.modifiers ?? []) visit(modifier, outer, frame);
    if (node.name !== undefined) visit(node.name, outer, frame);
    for (const shadow of site?.shadows.values() ?? []) hidden.add(shadow);
    for (const parameter of node.parameters) visit(parameter, scope, NO_FRAME);
    for (const shadow of site?.shadows.values() ?? []) hidden.delete(shadow);
    if (node.body !== undefined) {
      const inner = scopes.at.get(node.body) ?? scope;
      const own: Frame = { site, async: isAsync(ts, node), generator: isGenerator(node) };
      if (ts.isBlock(node.body)) children(node.body, inner, own);
      else visit(node.body, inner, own);
    }
    ancestors.pop();
  };

  /** `let x = E`, `let x`, `const { x } = E`. The heads of `for … of` are left to `visitRounds`, catch variables to the clause. */
  const visitDeclaration = (node: ts.VariableDeclaration, scope: Scope): void => {
    const list = ancestors.at(-1);
    const loop = ancestors.at(-2);
    if (list === undefined || !ts.isVariableDeclarationList(list)) return;
    if (
      loop !== undefined &&
      (ts.isForInStatement(loop) || ts.isForOfStatement(loop)) &&
      loop.initializer === list
    )
      return;
    const writes = writesTo(boundIdentifiers(ts, node.name), scope);
    const [first] = writes;
    if (first === undefined) return;
    if (!ts.isIdentifier(node.name))
      edits.push({ kind: "declaration", ...range(node), span: spanFor(first), writes });
    else if (node.initializer !== undefined) {
      if (takesName(ts, node.initializer))
        edits.push({ kind: "declaration", ...range(node), span: spanFor(first), writes });
      else edits.push({ kind: "initializer", ...range(node.initializer), shadow: first.shadow });
    } else if (listKind(ts, list) === "let") {
      // Without it, the next round of a loop would still show the last round's value. `let x!: T` must have no initializer.
      if (node.exclamationToken === undefined)
        edits.push({ kind: "uninitialized", ...range(node), shadow: first.shadow });
      else edits.push({ kind: "declaration", ...range(node), span: spanFor(first), writes });
    }
  };

  /** Assignments. Returns true where it has walked the children itself. */
  const visitAssignment = (node: ts.BinaryExpression, scope: Scope, frame: Frame): boolean => {
    const operator = node.operatorToken.kind;
    if (operator < ts.SyntaxKind.FirstAssignment || operator > ts.SyntaxKind.LastAssignment)
      return false;
    const target = unwrapped(ts, node.left);
    if (!ts.isArrayLiteralExpression(target) && !ts.isObjectLiteralExpression(target)) {
      const [write] = ts.isIdentifier(target) ? writesTo([target], scope) : [];
      if (write !== undefined)
        edits.push({ kind: "assignment", ...range(node), shadow: write.shadow });
      return false;
    }
    const targets = assignmentTargets(ts, target);
    const writes = writesTo(targets.variables, scope);
    const [first] = writes;
    if (first !== undefined) {
      edits.push({
        kind: "assignmentAfter",
        ...range(node),
        span: spanFor(first),
        writes,
        used: !isDiscarded(ts, node, ancestors),
      });
    }
    ancestors.push(node);
    for (const expression of targets.expressions) visit(expression, scope, frame);
    visit(node.right, scope, frame);
    ancestors.pop();
    return true;
  };

  /** `x++`, `--x` */
  const visitStep = (
    node: ts.PrefixUnaryExpression | ts.PostfixUnaryExpression,
    scope: Scope,
  ): void => {
    if (
      node.operator !== ts.SyntaxKind.PlusPlusToken &&
      node.operator !== ts.SyntaxKind.MinusMinusToken
    )
      return;
    const target = unwrapped(ts, node.operand);
    const [write] = ts.isIdentifier(target) ? writesTo([target], scope) : [];
    if (write === undefined) return;
    const used = !isDiscarded(ts, node, ancestors);
    // Used, `++x` may stand where no assignment may: `-++x`.
    if (ts.isPrefixUnaryExpression(node) && !used) {
      edits.push({ kind: "assignment", ...range(node), shadow: write.shadow });
      return;
    }
    edits.push({
      kind: "assignmentAfter",
      ...range(node),
      span: spanFor(write),
      writes: [write],
      used,
    });
    if (ts.isPostfixUnaryExpression(node)) endStatement(node);
  };

  /** After `x++` a new line ends the statement, whatever follows; after what is inserted behind it, not so. */
  const endStatement = (step: ts.Node): void => {
    for (let at = ancestors.length - 1; at >= 0; at--) {
      const parent = ancestors[at] as ts.Node;
      if (parent.end !== step.end || ts.isBlock(parent)) return;
      if (!ts.isStatement(parent) && !ts.isPropertyDeclaration(parent)) continue;
      if (!edits.some((edit) => edit.kind === "semicolon" && edit.end === parent.end))
        edits.push({ kind: "semicolon", ...range(parent) });
      return;
    }
  };

  /** `for (x of E) S`, `for (const [x] in E) S`, `for await (x of E) S` */
  const visitRounds = (
    node: ts.ForInOrOfStatement,
    outer: Scope,
    scope: Scope,
    frame: Frame,
  ): void => {
    const { initializer, expression, statement } = node;
    const awaits =
      ts.isForOfStatement(node) && node.awaitModifier !== undefined && frame.site !== undefined;
    let writes: Write[];
    ancestors.push(node);
    if (ts.isVariableDeclarationList(initializer)) {
      writes = writesTo(
        initializer.declarations.flatMap(({ name }) => boundIdentifiers(ts, name)),
        scope,
      );
      visit(initializer, scope, frame);
    } else {
      const targets = assignmentTargets(ts, initializer);
      writes = writesTo(targets.variables, outer);
      for (const inner of targets.expressions) visit(inner, outer, frame);
    }
    visit(expression, outer, frame);
    visit(statement, scope, frame);
    ancestors.pop();
    const span = awaits ? (frame.site?.span ?? null) : null;
    if (span !== null)
      edits.push({
        kind: "forAwait",
        ...labelled(node),
        span,
        value: range(expression),
        loop: node.getStart(file),
      });
    if (span !== null || writes.length > 0)
      edits.push({ kind: "loopBody", ...range(statement), span, writes });
  };

  /** The range of a statement with the labels before it. */
  const labelled = (node: ts.Node): Range => {
    let outermost = node;
    for (
      let at = ancestors.length - 1;
      at >= 0 && ts.isLabeledStatement(ancestors[at] as ts.Node);
      at--
    )
      outermost = ancestors[at] as ts.Node;
    return range(outermost);
  };

  const visitTry = (node: ts.TryStatement, frame: Frame): void => {
    if (frame.site === undefined) return;
    frame.site.overrides = true;
    if (node.finallyBlock !== undefined) head(node.finallyBlock, frame, []);
  };

  /** The engine may come back from an await or a yield straight into a `catch` or `finally`. */
  const head = (block: ts.Block, frame: Frame, writes: readonly Write[]): void => {
    const span =
      (frame.async || frame.generator) && frame.site !== undefined ? frame.site.span : null;
    if (span !== null || writes.length > 0)
      edits.push({ kind: "blockStart", ...range(block), span, writes });
  };

  ts.forEachChild(file, (child) => {
    const scope = scopes.at.get(file);
    if (scope !== undefined) visit(child, scope, NO_FRAME);
  });
  return edits;
}
