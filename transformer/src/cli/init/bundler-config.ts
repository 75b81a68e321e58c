// A bundler's config or build file → the same with our plugin imported and in its plugins.
// Invariant: shapes that are not known for certain stay untouched; the answer is undefined then.
import { MagicString } from "magic-string";
import type { Compiler, ts } from "../../syntax.ts";
import { unwrapped } from "../../syntax.ts";

export interface PluginPlace {
  /** Our subpath for the bundler. */
  readonly door: string;
  /** The property that takes plugins. @default "plugins" */
  readonly property?: string;
}

export function withPlugin(
  ts: Compiler,
  path: string,
  text: string,
  { door, property = "plugins" }: PluginPlace,
): string | undefined {
  if (/(?<![\w$"'/-])llmops(?![\w$-])/.test(text)) return undefined;
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest, true);
  const objects = configObjects(ts, file);
  if (objects.length === 0 || !isWhole(file)) return undefined;
  const edited = new MagicString(text);
  for (const object of objects) {
    if (!addToList(ts, file, edited, object, property)) return undefined;
  }
  addImport(ts, file, edited, door);
  return edited.toString();
}

/** An edit of what does not parse would break it further. */
export function isWhole(file: ts.SourceFile & { parseDiagnostics?: readonly unknown[] }): boolean {
  return (file.parseDiagnostics ?? []).length === 0;
}

/** The objects that configure a build: those exported, or those given to a build function. */
export function configObjects(ts: Compiler, file: ts.SourceFile): ts.ObjectLiteralExpression[] {
  for (const statement of file.statements) {
    if (ts.isExportAssignment(statement) && statement.isExportEquals !== true)
      return objectsOf(ts, file, statement.expression);
    const assigned = moduleExports(ts, statement);
    if (assigned !== undefined) return objectsOf(ts, file, assigned);
  }
  return buildCalls(ts, file).flatMap((call) => {
    const [first] = call.arguments;
    return first === undefined ? [] : objectsOf(ts, file, first);
  });
}

/** `module.exports = …` */
function moduleExports(ts: Compiler, statement: ts.Statement): ts.Expression | undefined {
  if (!ts.isExpressionStatement(statement)) return undefined;
  const { expression } = statement;
  if (!ts.isBinaryExpression(expression)) return undefined;
  if (expression.operatorToken.kind !== ts.SyntaxKind.EqualsToken) return undefined;
  return expression.left.getText() === "module.exports" ? expression.right : undefined;
}

const BUILDING: ReadonlySet<string> = new Set(["build", "context", "rollup", "webpack", "rspack"]);

/** `build({ … })`, `esbuild.context({ … })` */
function buildCalls(ts: Compiler, file: ts.SourceFile): ts.CallExpression[] {
  const found: ts.CallExpression[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node)) {
      const callee = node.expression;
      const name = ts.isPropertyAccessExpression(callee) ? callee.name : callee;
      if (ts.isIdentifier(name) && BUILDING.has(name.text)) found.push(node);
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}

/** `{ … }`, `defineConfig({ … })`, `() => ({ … })`, `[{ … }]`, or a variable that holds one. */
function objectsOf(
  ts: Compiler,
  file: ts.SourceFile,
  given: ts.Expression,
): ts.ObjectLiteralExpression[] {
  const expression = unwrapped(ts, given);
  if (ts.isObjectLiteralExpression(expression)) return [expression];
  if (ts.isArrayLiteralExpression(expression))
    return expression.elements.flatMap((element) => objectsOf(ts, file, element));
  if (ts.isCallExpression(expression)) {
    const last = expression.arguments.at(-1);
    return last === undefined ? [] : objectsOf(ts, file, last);
  }
  if (ts.isArrowFunction(expression) || ts.isFunctionExpression(expression)) {
    const { body } = expression;
    if (!ts.isBlock(body)) return objectsOf(ts, file, body);
    const returned = body.statements.filter((statement) => ts.isReturnStatement(statement));
    return returned.flatMap(({ expression: value }) =>
      value === undefined ? [] : objectsOf(ts, file, value),
    );
  }
  if (!ts.isIdentifier(expression)) return [];
  for (const statement of file.statements) {
    if (!ts.isVariableStatement(statement)) continue;
    for (const { name, initializer } of statement.declarationList.declarations) {
      const named = ts.isIdentifier(name) && name.text === expression.text;
      if (named && initializer !== undefined) return objectsOf(ts, file, initializer);
    }
  }
  return [];
}

function addToList(
  ts: Compiler,
  file: ts.SourceFile,
  edited: MagicString,
  object: ts.ObjectLiteralExpression,
  property: string,
): boolean {
  const found = propertyNamed(ts, object, property);
  if (found === undefined) {
    addProperty(file, edited, object, `${property}: [llmops()]`);
    return true;
  }
  if (!ts.isPropertyAssignment(found)) return false;
  let list = unwrapped(ts, found.initializer);
  // `[a, b && c].filter(Boolean)`
  if (ts.isCallExpression(list) && ts.isPropertyAccessExpression(list.expression))
    list = unwrapped(ts, list.expression.expression);
  if (!ts.isArrayLiteralExpression(list)) return false;
  const [first] = list.elements;
  if (first === undefined) edited.appendLeft(list.getStart(file) + 1, "llmops()");
  else {
    const start = first.getStart(file);
    const lead = file.text.slice(list.getStart(file) + 1, start);
    edited.appendLeft(start, `llmops(),${/^\s*\n\s*$/.test(lead) ? lead : " "}`);
  }
  return true;
}

export function propertyNamed(
  ts: Compiler,
  object: ts.ObjectLiteralExpression,
  name: string,
): ts.ObjectLiteralElementLike | undefined {
  return object.properties.find(
    (property) =>
      property.name !== undefined &&
      (ts.isIdentifier(property.name) || ts.isStringLiteral(property.name)) &&
      property.name.text === name,
  );
}

/** Puts a property before the others, in their layout. */
export function addProperty(
  file: ts.SourceFile,
  edited: MagicString,
  object: ts.ObjectLiteralExpression,
  property: string,
): void {
  const open = object.getStart(file) + 1;
  const [first] = object.properties;
  if (first === undefined) {
    edited.appendLeft(open, `\n  ${property},\n`);
    return;
  }
  const lead = file.text.slice(open, first.getStart(file));
  const layout = /^\s*?(\r?\n[ \t]*)/.exec(lead)?.[1] ?? " ";
  edited.appendLeft(open, `${layout}${property},`);
}

function addImport(ts: Compiler, file: ts.SourceFile, edited: MagicString, door: string): void {
  const { text, statements } = file;
  const imports = statements.filter((statement) => ts.isImportDeclaration(statement));
  const quote = (text.match(/'/g)?.length ?? 0) > (text.match(/"/g)?.length ?? 0) ? "'" : '"';
  const end = /;\s*(?:\n|$)/.test(text) ? ";" : "";
  const eol = text.includes("\r\n") ? "\r\n" : "\n";
  const from = `${quote}llmops-transformer/${door}${quote}`;
  const isCommonJs =
    imports.length === 0 && (/\.c[jt]s$/.test(file.fileName) || /\bmodule\.exports\b/.test(text));
  const line = isCommonJs
    ? `const { llmops } = require(${from})${end}`
    : `import llmops from ${from}${end}`;
  const last = imports.at(-1);
  if (last === undefined) edited.appendLeft(statements[0]?.getStart(file) ?? 0, `${line}${eol}`);
  else edited.appendLeft(last.end, `${eol}${line}`);
}
