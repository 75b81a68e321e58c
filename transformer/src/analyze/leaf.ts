// A function's code → whether it can start asynchronous work. If not, its span is cheaper to enter.
// Invariant: a leaf has no call, `new` or iteration. Getters and coercions may still run code.
import {
  type Compiler,
  type FunctionNode,
  isAsync,
  isFunctionNode,
  isGenerator,
  type ts,
} from "../syntax.ts";

export function isLeaf(ts: Compiler, fn: FunctionNode): boolean {
  if (
    isAsync(ts, fn) ||
    isGenerator(fn) ||
    ts.isConstructorDeclaration(fn) ||
    fn.body === undefined
  )
    return false;
  let leaf = true;
  const visit = (node: ts.Node): void => {
    if (!leaf || isFunctionNode(ts, node)) return;
    switch (node.kind) {
      case ts.SyntaxKind.CallExpression:
      case ts.SyntaxKind.NewExpression:
      case ts.SyntaxKind.TaggedTemplateExpression:
      case ts.SyntaxKind.ForOfStatement:
      case ts.SyntaxKind.SpreadElement:
      case ts.SyntaxKind.ArrayBindingPattern:
      case ts.SyntaxKind.Decorator:
      // Fields, static blocks and heritage run with the definition.
      case ts.SyntaxKind.ClassDeclaration:
      case ts.SyntaxKind.ClassExpression:
      case ts.SyntaxKind.JsxElement:
      case ts.SyntaxKind.JsxSelfClosingElement:
      case ts.SyntaxKind.JsxFragment:
        leaf = false;
        return;
      case ts.SyntaxKind.VariableDeclarationList:
        // `using` calls a method at the block's end.
        if (
          ((node as ts.VariableDeclarationList).flags & ts.NodeFlags.Using) ===
          ts.NodeFlags.Using
        )
          leaf = false;
        break;
      case ts.SyntaxKind.BinaryExpression:
        if (mayIterate(ts, (node as ts.BinaryExpression).left)) leaf = false;
        break;
      case ts.SyntaxKind.ForInStatement:
        if (mayIterate(ts, (node as ts.ForInStatement).initializer)) leaf = false;
        break;
    }
    ts.forEachChild(node, visit);
  };
  visit(fn.body);
  return leaf;
}

/** `[a, b] = c` and `{ x: [a] } = c` iterate. */
function mayIterate(ts: Compiler, target: ts.ForInitializer): boolean {
  return ts.isArrayLiteralExpression(target) || ts.isObjectLiteralExpression(target);
}
