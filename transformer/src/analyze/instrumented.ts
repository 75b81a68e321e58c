// A source file → whether its functions are tracked already, or are the runtime's own.
// Invariant: a second pass changes nothing, however the first one's output was printed anew.
import { REGISTRY_SYMBOL, RUNTIME_MARK, RUNTIME_MODULE } from "../abi.ts";
import type { Compiler, ts } from "../syntax.ts";

export function isInstrumented(ts: Compiler, file: ts.SourceFile): boolean {
  const { text } = file;
  if (text.includes(RUNTIME_MARK)) return true;
  // Few files hold the words; the others are not walked.
  if (!text.includes(RUNTIME_MODULE) && !text.includes(REGISTRY)) return false;
  const reaches = (node: ts.Node): boolean =>
    importsRuntime(ts, node) ||
    requiresRuntime(ts, node) ||
    readsRegistry(ts, node) ||
    ts.forEachChild(node, (child) => reaches(child) || undefined) === true;
  return reaches(file);
}

const REGISTRY = `Symbol.for(${JSON.stringify(REGISTRY_SYMBOL)})`;

/** `import * as $r from "llmops-observability/instrument"` */
function importsRuntime(ts: Compiler, node: ts.Node): boolean {
  if (!ts.isImportDeclaration(node)) return false;
  const bindings = node.importClause?.namedBindings;
  return (
    bindings !== undefined &&
    ts.isNamespaceImport(bindings) &&
    isText(ts, node.moduleSpecifier, RUNTIME_MODULE)
  );
}

/** `require("llmops-observability/instrument")` */
function requiresRuntime(ts: Compiler, node: ts.Node): boolean {
  return (
    ts.isCallExpression(node) &&
    ts.isIdentifier(node.expression) &&
    node.expression.text === "require" &&
    isText(ts, node.arguments[0], RUNTIME_MODULE)
  );
}

/** `globalThis[Symbol.for("llmops-observability")]` */
function readsRegistry(ts: Compiler, node: ts.Node): boolean {
  if (!ts.isElementAccessExpression(node) || !ts.isIdentifier(node.expression)) return false;
  const key = node.argumentExpression;
  return (
    node.expression.text === "globalThis" &&
    ts.isCallExpression(key) &&
    ts.isPropertyAccessExpression(key.expression) &&
    key.expression.name.text === "for" &&
    isText(ts, key.arguments[0], REGISTRY_SYMBOL)
  );
}

function isText(ts: Compiler, node: ts.Node | undefined, text: string): boolean {
  return node !== undefined && ts.isStringLiteralLike(node) && node.text === text;
}
