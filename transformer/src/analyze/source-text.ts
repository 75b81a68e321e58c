// A function where it is written → whether its source text becomes a value, in which our calls
// would show or fail.
// Invariant: told by the syntax around it, and by the names of what sends functions elsewhere.
import { type Compiler, isFunctionNode, isWrapper, type ts, unwrapped } from "../syntax.ts";

/**
 * Whether the source text of a function, or of one around it, becomes a value:
 * `{ [() => {}]: 1 }`, `o[() => {}]`, `${() => {}}`, `"" + (() => {})`, `String(() => {})`,
 * `page.evaluate(() => {})`.
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
  const isSentAs = (name: ts.PropertyName, call: ts.Node | undefined): boolean =>
    (ts.isIdentifier(name) && name.text === "$where") ||
    (call !== undefined && ts.isCallExpression(call) && takesText(ts, call));
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
      const call = parent as ts.CallExpression;
      return call.expression !== child && takesText(ts, call);
    }
    // `{ $where: () => {} }`, `executeScript({ func: () => {} })`
    case ts.SyntaxKind.PropertyAssignment:
      return isSentAs((parent as ts.PropertyAssignment).name, path[at - 3]);
    case ts.SyntaxKind.ObjectLiteralExpression:
      return ts.isMethodDeclaration(child) && isSentAs(child.name, path[at - 2]);
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

/** Methods that send a function's source text to a browser, a database or a worker. */
const SENDING: ReadonlySet<string> = new Set([
  // Puppeteer and Playwright
  "$eval",
  "$$eval",
  "addInitScript",
  "evaluateAll",
  "evaluateHandle",
  "evaluateOnNewDocument",
  "waitForFunction",
  // WebDriver, and browsers' extensions
  "executeAsyncScript",
  "executeScript",
  // MongoDB
  "mapReduce",
]);

/** Methods of common names that do so for objects of these names. */
const SENDING_FOR: Readonly<Record<string, RegExp>> = {
  evaluate: /(?:page|frame|locator|handle|element|worker|window)\d*$|^(?:getBy|first$|last$|nth$)/i,
  execute: /(?:browser|driver)$/i,
  executeAsync: /(?:browser|driver)$/i,
  exec: /pool$/i,
};

/** `String(fn)`, `page.evaluate(fn)`, `this.page.locator("a").evaluate(fn)`. */
function takesText(ts: Compiler, { expression }: ts.CallExpression): boolean {
  const callee = unwrapped(ts, expression);
  if (ts.isIdentifier(callee)) return callee.text === "String" || callee.text === "ClientFunction";
  if (!ts.isPropertyAccessExpression(callee)) return false;
  const name = callee.name.text;
  if (SENDING.has(name)) return true;
  const objects = Object.hasOwn(SENDING_FOR, name) ? SENDING_FOR[name] : undefined;
  return objects !== undefined && objects.test(lastName(ts, callee.expression));
}

/** `page` of `page`, `this.page`, `page()`, `(await page())`. */
function lastName(ts: Compiler, expression: ts.Expression): string {
  const bare = unwrapped(ts, expression);
  if (ts.isIdentifier(bare)) return bare.text;
  if (ts.isPropertyAccessExpression(bare)) return bare.name.text;
  if (ts.isCallExpression(bare) || ts.isAwaitExpression(bare)) return lastName(ts, bare.expression);
  return "";
}
