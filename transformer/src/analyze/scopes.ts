// A source file and its sites → the scopes in and around those, each with the names it declares.
// Invariant: all are found before any name is resolved, so hoisting needs no special case.
import { boundIdentifiers, type Compiler, type ts } from "../syntax.ts";
import type { Places } from "./places.ts";
import { isRune } from "./svelte.ts";

export type BindingKind =
  | "var"
  | "let"
  | "const"
  | "using"
  | "parameter"
  | "catch"
  | "function"
  | "class"
  | "rune"
  | "other";

export interface Binding {
  readonly name: string;
  readonly kind: BindingKind;
  /** Offset of the declaring identifier. */
  readonly at: number;
  /** The function, static block or file whose activation the variable lives in. */
  readonly owner: ts.Node;
}

export interface Scope {
  readonly parent: Scope | undefined;
  readonly names: Map<string, Binding>;
  /** `var` declarations end up here. */
  readonly takesVars: boolean;
  readonly owner: ts.Node;
}

export interface Scopes {
  /** The scope that begins at a node, if one does. */
  readonly at: ReadonlyMap<ts.Node, Scope>;
  /** Everything a function declares, in the order of the text. */
  declaredBy(owner: ts.Node): readonly Binding[];
}

export function resolve(scope: Scope | undefined, name: string): Binding | undefined {
  for (let current = scope; current !== undefined; current = current.parent) {
    const binding = current.names.get(name);
    if (binding !== undefined) return binding;
  }
  return undefined;
}

/** @param sites the inside of a function that neither is in one nor holds one is passed over */
export function collectScopes(ts: Compiler, file: ts.SourceFile, sites: Places): Scopes {
  const collector = new Collector(ts, file, sites);
  const top = collector.open(file, undefined, file, true);
  ts.forEachChild(file, (child) => visit(collector, child, top));
  return { at: collector.at, declaredBy: (owner) => collector.declared.get(owner) ?? [] };
}

class Collector {
  readonly ts: Compiler;
  readonly file: ts.SourceFile;
  readonly sites: Places;
  readonly at = new Map<ts.Node, Scope>();
  readonly declared = new Map<ts.Node, Binding[]>();

  constructor(ts: Compiler, file: ts.SourceFile, sites: Places) {
    this.ts = ts;
    this.file = file;
    this.sites = sites;
  }

  open(node: ts.Node, parent: Scope | undefined, owner: ts.Node, takesVars: boolean): Scope {
    const scope: Scope = { parent, names: new Map(), takesVars, owner };
    this.at.set(node, scope);
    return scope;
  }

  declare(scope: Scope, identifier: ts.Identifier, kind: BindingKind): void {
    const name = identifier.text;
    const target = kind === "var" ? varScope(scope) : scope;
    if (kind === "var" && (target.names.has(name) || namesParameter(target, name))) return;
    const binding = { name, kind, at: identifier.getStart(this.file), owner: target.owner };
    target.names.set(name, binding);
    const list = this.declared.get(target.owner);
    if (list === undefined) this.declared.set(target.owner, [binding]);
    else list.push(binding);
  }

  declareAll(scope: Scope, name: ts.BindingName, kind: BindingKind): void {
    for (const identifier of boundIdentifiers(this.ts, name)) this.declare(scope, identifier, kind);
  }
}

function varScope(scope: Scope): Scope {
  let target = scope;
  while (!target.takesVars && target.parent !== undefined) target = target.parent;
  return target;
}

/** A `var` named like a parameter starts with its value: to us they are one variable. */
function namesParameter({ parent, owner }: Scope, name: string): boolean {
  return parent?.owner === owner && parent.names.get(name)?.kind === "parameter";
}

/** What declares names, and what begins a scope for those inside of it. */
function visit(collector: Collector, node: ts.Node, scope: Scope): void {
  const { ts } = collector;
  if (ts.isFunctionLike(node)) return visitFunction(collector, node, scope);
  let inner = scope;
  switch (node.kind) {
    case ts.SyntaxKind.ClassDeclaration:
    case ts.SyntaxKind.ClassExpression:
      inner = classScope(collector, node as ts.ClassLikeDeclaration, scope);
      break;
    case ts.SyntaxKind.ClassStaticBlockDeclaration:
    case ts.SyntaxKind.ModuleBlock:
      inner = collector.open(node, scope, node, true);
      break;
    case ts.SyntaxKind.CatchClause:
      inner = catchScope(collector, node as ts.CatchClause, scope);
      break;
    case ts.SyntaxKind.Block:
    case ts.SyntaxKind.CaseBlock:
    case ts.SyntaxKind.ForStatement:
    case ts.SyntaxKind.ForInStatement:
    case ts.SyntaxKind.ForOfStatement:
      inner = collector.open(node, scope, scope.owner, false);
      break;
    case ts.SyntaxKind.VariableDeclarationList:
      declareList(collector, node as ts.VariableDeclarationList, scope);
      break;
    case ts.SyntaxKind.ImportClause:
    case ts.SyntaxKind.NamespaceImport:
    case ts.SyntaxKind.ImportSpecifier:
    case ts.SyntaxKind.ImportEqualsDeclaration:
    case ts.SyntaxKind.EnumDeclaration:
    case ts.SyntaxKind.ModuleDeclaration:
      declareNamed(collector, node as ts.NamedDeclaration, scope);
      break;
  }
  ts.forEachChild(node, (child) => visit(collector, child, inner));
}

/** `function f(a) { … }`: `f` is declared around it, `a` in a scope around that of the body. */
function visitFunction(collector: Collector, node: ts.SignatureDeclaration, scope: Scope): void {
  const { ts } = collector;
  if (ts.isFunctionDeclaration(node) && node.name !== undefined)
    collector.declare(scope, node.name, "function");
  if (!("body" in node) || !collector.sites.touch(node)) return;
  // A method's computed name and its decorators belong to the scope around it.
  if (node.name !== undefined) visit(collector, node.name, scope);
  for (const modifier of node.modifiers ?? []) visit(collector, modifier, scope);
  const parameters = collector.open(node, scope, node, false);
  if (ts.isFunctionExpression(node) && node.name !== undefined)
    collector.declare(parameters, node.name, "function");
  for (const parameter of node.parameters) {
    // `this: Type` is a type, no variable.
    if (!(ts.isIdentifier(parameter.name) && parameter.name.text === "this"))
      collector.declareAll(parameters, parameter.name, "parameter");
    visit(collector, parameter, parameters);
  }
  if (node.body === undefined) return;
  const body = collector.open(node.body, parameters, node, true);
  if (ts.isBlock(node.body)) ts.forEachChild(node.body, (child) => visit(collector, child, body));
  else visit(collector, node.body, body);
}

/** `class C { … }` declares `C` around it, `x = class C { … }` inside of it. */
function classScope(collector: Collector, node: ts.ClassLikeDeclaration, scope: Scope): Scope {
  const { ts } = collector;
  const inner = collector.open(node, scope, scope.owner, false);
  if (node.name !== undefined)
    collector.declare(ts.isClassDeclaration(node) ? scope : inner, node.name, "class");
  return inner;
}

/** `catch (e) { … }` */
function catchScope(collector: Collector, node: ts.CatchClause, scope: Scope): Scope {
  const inner = collector.open(node, scope, scope.owner, false);
  if (node.variableDeclaration !== undefined)
    collector.declareAll(inner, node.variableDeclaration.name, "catch");
  return inner;
}

/** `let a, { b } = …` */
function declareList(collector: Collector, list: ts.VariableDeclarationList, scope: Scope): void {
  const { ts, file } = collector;
  const kind = listKind(ts, list);
  for (const { name, initializer } of list.declarations)
    collector.declareAll(scope, name, isRune(ts, file, initializer) ? "rune" : kind);
}

/** `import a, { b } from …`, `import * as c from …`, `enum E {}`, `namespace N {}` */
function declareNamed(collector: Collector, { name }: ts.NamedDeclaration, scope: Scope): void {
  if (name !== undefined && collector.ts.isIdentifier(name))
    collector.declare(scope, name, "other");
}

/** `var`, `let`, `const` or `using`, of a declaration list. */
export function listKind(ts: Compiler, list: ts.VariableDeclarationList): BindingKind {
  const flags = list.flags & ts.NodeFlags.BlockScoped;
  if (flags === ts.NodeFlags.Let) return "let";
  if (flags === ts.NodeFlags.Const) return "const";
  return flags === 0 ? "var" : "using";
}
