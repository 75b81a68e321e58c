// An expression → whether it makes new plain data, which the runtime copies without a second look.
// Invariant: true only for literals without spread, accessor, `__proto__`, `then` or holes.
import { type Compiler, type ts, unwrapped } from "../syntax.ts";

export function isPlainLiteral(ts: Compiler, expression: ts.Node): boolean {
  const bare = unwrapped(ts, expression as ts.Expression);
  if (ts.isObjectLiteralExpression(bare)) return bare.properties.every(isPlainProperty);
  return (
    ts.isArrayLiteralExpression(bare) &&
    bare.elements.every((item) => !ts.isSpreadElement(item) && !ts.isOmittedExpression(item))
  );

  function isPlainProperty(property: ts.ObjectLiteralElementLike): boolean {
    const { name } = property;
    if (ts.isSpreadAssignment(property) || ts.isAccessor(property) || name === undefined)
      return false;
    if (!ts.isIdentifier(name) && !ts.isStringLiteralLike(name)) return ts.isNumericLiteral(name);
    // With a `then` it is one that settles later.
    return name.text !== "__proto__" && name.text !== "then";
  }
}
