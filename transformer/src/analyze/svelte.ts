// A file that Svelte compiles behind us → what its compiler takes otherwise than JavaScript does.
// Invariant: Svelte refuses no file for what we insert, and runs it as it would.
import { type Compiler, type ts, unwrapped } from "../syntax.ts";

/** `*.svelte`, `*.svelte.ts`: names of a module may not begin with `$` there. */
export function isOfSvelte({ fileName }: ts.SourceFile): boolean {
  return /\.svelte(?:\.[cm]?[jt]s)?$/i.test(fileName);
}

/**
 * `$state(1)`, `$derived.by(f)`: it has to be all of a variable's initializer, and to read the
 * variable is to depend on it.
 */
export function isRune(
  ts: Compiler,
  file: ts.SourceFile,
  value: ts.Expression | undefined,
): boolean {
  if (value === undefined || !isOfSvelte(file)) return false;
  const call = unwrapped(ts, value);
  if (!ts.isCallExpression(call)) return false;
  let callee = call.expression;
  while (ts.isPropertyAccessExpression(callee)) callee = callee.expression;
  return ts.isIdentifier(callee) && /^\$[a-z]/.test(callee.text);
}
