// An expression → whether it makes a new object or array that is plain data: to copy that, the runtime need look at nothing twice.
// Invariant: says so only where nothing but the literal's text decides what the object is: no spread, accessor, prototype or `then`.
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
