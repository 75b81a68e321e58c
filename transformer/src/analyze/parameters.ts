// A function's parameters, and `arguments` if it uses that → the values for `enter`, with names.
// Invariant: only variables are read; a function without `arguments` stays without.
import type { Value } from "../plan.ts";
import { argumentsIn, type Compiler, type FunctionNode, type ts } from "../syntax.ts";

export interface ParameterValues {
  /** Names of the positional values; `...name` for a rest parameter. */
  readonly args: readonly string[];
  /** Property names of destructured object parameters. */
  readonly kwargs: readonly string[];
  /** See `SiteFacts.undeclared`. */
  readonly undeclared: number | undefined;
  /** One for each of `args`, then one for each of `kwargs`. */
  readonly values: readonly Value[];
}

/** @param declares whether a name is declared inside of the function */
export function parameterValues(
  ts: Compiler,
  file: ts.SourceFile,
  node: FunctionNode,
  declares: (name: string) => boolean,
): ParameterValues {
  const args: string[] = [];
  const kwargs: string[] = [];
  const positional: Value[] = [];
  const named: Value[] = [];
  for (const { name, dotDotDotToken } of node.parameters) {
    if (ts.isIdentifier(name)) {
      if (name.text === "this") continue;
      args.push(dotDotDotToken === undefined ? name.text : `...${name.text}`);
      positional.push({ ref: name.text });
    } else if (ts.isArrayBindingPattern(name)) {
      args.push(dotDotDotToken === undefined ? "" : "...");
      positional.push(patternValue(ts, name));
    } else {
      for (const element of name.elements) {
        const key = propertyKey(ts, element);
        kwargs.push(kwargs.includes(key) ? `${key}#${kwargs.length}` : key);
        named.push(patternValue(ts, element.name));
      }
    }
  }
  const undeclared = firstUndeclared(ts, file, node, declares);
  if (undeclared !== undefined) {
    args.push("...arguments");
    positional.push({ ref: "arguments" });
  }
  return { args, kwargs, undeclared, values: [...positional, ...named] };
}

/** How many arguments have a parameter, of a function that uses its `arguments`. */
function firstUndeclared(
  ts: Compiler,
  file: ts.SourceFile,
  node: FunctionNode,
  declares: (name: string) => boolean,
): number | undefined {
  if (ts.isArrowFunction(node)) return undefined;
  // Few functions hold the word; the others are not walked.
  if (!file.text.slice(node.pos, node.end).includes("arguments")) return undefined;
  if (declares("arguments") || argumentsIn(ts, node) === undefined) return undefined;
  const parameters = node.parameters.filter(
    ({ name }) => !(ts.isIdentifier(name) && name.text === "this"),
  );
  return parameters.at(-1)?.dotDotDotToken === undefined ? parameters.length : undefined;
}

function propertyKey(ts: Compiler, element: ts.BindingElement): string {
  const { propertyName, name, dotDotDotToken } = element;
  if (propertyName !== undefined) {
    const key = ts.isComputedPropertyName(propertyName) ? propertyName.expression : propertyName;
    if (ts.isIdentifier(propertyName) || ts.isStringLiteralLike(key) || ts.isNumericLiteral(key))
      return (key as ts.Identifier).text;
  }
  if (!ts.isIdentifier(name)) return "[computed]";
  return dotDotDotToken === undefined ? name.text : `...${name.text}`;
}

function patternValue(ts: Compiler, name: ts.BindingName): Value {
  if (ts.isIdentifier(name)) return { ref: name.text };
  if (ts.isArrayBindingPattern(name)) {
    return {
      array: name.elements.map((element) =>
        ts.isBindingElement(element) ? patternValue(ts, element.name) : null,
      ),
    };
  }
  return {
    object: name.elements.map((element) => [
      propertyKey(ts, element).replace(/^\.{3}/, ""),
      patternValue(ts, element.name),
    ]),
  };
}
