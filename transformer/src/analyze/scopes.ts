// A source file → its scopes, each with the names it declares → what an identifier written to refers to.
// Invariant: declarations are found before anything is resolved, so hoisting needs no special case.
import type { Compiler, ts } from "../syntax.ts";

export type BindingKind =
  | "var"
  | "let"
  | "const"
  | "using"
  | "parameter"
  | "catch"
  | "function"
  | "class"
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

export function collectScopes(ts: Compiler, file: ts.SourceFile): Scopes {
  const at = new Map<ts.Node, Scope>();
  const declared = new Map<ts.Node, Binding[]>();

  const open = (
    node: ts.Node,
    parent: Scope | undefined,
    owner: ts.Node,
    takesVars: boolean,
  ): Scope => {
    const scope: Scope = { parent, names: new Map(), takesVars, owner };
    at.set(node, scope);
    return scope;
  };

  const declare = (scope: Scope, identifier: ts.Identifier, kind: BindingKind): void => {
    let target: Scope = scope;
    if (kind === "var")
      while (!target.takesVars && target.parent !== undefined) target = target.parent;
    const name = identifier.text;
    const known = target.names.get(name);
    if (kind === "var" && known !== undefined) return;
    // A `var` named like a parameter starts with its value: to us they are one variable.
    if (
      kind === "var" &&
      target.parent?.owner === target.owner &&
      target.parent.names.get(name)?.kind === "parameter"
    )
      return;
    const binding: Binding = { name, kind, at: identifier.getStart(file), owner: target.owner };
    target.names.set(name, binding);
    const list = declared.get(target.owner);
    if (list === undefined) declared.set(target.owner, [binding]);
    else list.push(binding);
  };

  const declarePattern = (scope: Scope, name: ts.BindingName, kind: BindingKind): void => {
    if (ts.isIdentifier(name)) declare(scope, name, kind);
    else
      for (const element of name.elements)
        if (ts.isBindingElement(element)) declarePattern(scope, element.name, kind);
  };

  const visitFunction = (node: ts.FunctionLikeDeclaration, scope: Scope): void => {
    // A method's computed name and its decorators belong to the scope around it.
    if (node.name !== undefined) visit(node.name, scope);
    for (const modifier of node.modifiers ?? []) visit(modifier, scope);
    const inner = open(node, scope, node, false);
    if (ts.isFunctionExpression(node) && node.name !== undefined)
      declare(inner, node.name, "function");
    for (const parameter of node.parameters) {
      // `this: Type` is a type, no variable.
      if (!(ts.isIdentifier(parameter.name) && parameter.name.text === "this"))
        declarePattern(inner, parameter.name, "parameter");
      visit(parameter, inner);
    }
    if (node.body === undefined) return;
    const body: Scope = open(node.body, inner, node, true);
    if (ts.isBlock(node.body)) ts.forEachChild(node.body, (child) => visit(child, body));
    else visit(node.body, body);
  };

  const visit = (node: ts.Node, scope: Scope): void => {
    let inner = scope;
    if (ts.isFunctionLike(node)) {
      if (ts.isFunctionDeclaration(node) && node.name !== undefined)
        declare(scope, node.name, "function");
      if ("body" in node) visitFunction(node, scope);
      return;
    }
    switch (node.kind) {
      case ts.SyntaxKind.ClassDeclaration:
      case ts.SyntaxKind.ClassExpression: {
        const named = node as ts.ClassLikeDeclaration;
        if (ts.isClassDeclaration(node) && node.name !== undefined)
          declare(scope, node.name, "class");
        inner = open(node, scope, scope.owner, false);
        if (named.name !== undefined && ts.isClassExpression(node))
          declare(inner, named.name, "class");
        break;
      }
      case ts.SyntaxKind.ClassStaticBlockDeclaration:
      case ts.SyntaxKind.ModuleBlock:
        inner = open(node, scope, node, true);
        break;
      case ts.SyntaxKind.CatchClause: {
        inner = open(node, scope, scope.owner, false);
        const variable = (node as ts.CatchClause).variableDeclaration;
        if (variable !== undefined) declarePattern(inner, variable.name, "catch");
        break;
      }
      case ts.SyntaxKind.Block:
      case ts.SyntaxKind.CaseBlock:
      case ts.SyntaxKind.ForStatement:
      case ts.SyntaxKind.ForInStatement:
      case ts.SyntaxKind.ForOfStatement:
        inner = open(node, scope, scope.owner, false);
        break;
      case ts.SyntaxKind.VariableDeclarationList: {
        const kind = listKind(ts, node as ts.VariableDeclarationList);
        for (const { name } of (node as ts.VariableDeclarationList).declarations)
          declarePattern(scope, name, kind);
        break;
      }
      case ts.SyntaxKind.ImportClause:
      case ts.SyntaxKind.NamespaceImport:
      case ts.SyntaxKind.ImportSpecifier:
      case ts.SyntaxKind.ImportEqualsDeclaration:
      case ts.SyntaxKind.EnumDeclaration:
      case ts.SyntaxKind.ModuleDeclaration: {
        const { name } = node as ts.NamedDeclaration;
        if (name !== undefined && ts.isIdentifier(name)) declare(scope, name, "other");
        break;
      }
    }
    ts.forEachChild(node, (child) => visit(child, inner));
  };

  const top = open(file, undefined, file, true);
  ts.forEachChild(file, (child) => visit(child, top));
  return { at, declaredBy: (owner) => declared.get(owner) ?? [] };
}

/** `var`, `let`, `const` or `using`, of a declaration list. */
export function listKind(ts: Compiler, list: ts.VariableDeclarationList): BindingKind {
  const flags = list.flags & ts.NodeFlags.BlockScoped;
  if (flags === ts.NodeFlags.Let) return "let";
  if (flags === ts.NodeFlags.Const) return "const";
  return flags === 0 ? "var" : "using";
}
