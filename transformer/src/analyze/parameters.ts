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

/** A parameter, or a property of a destructured one, by the name that spans give it. */
export interface Parameter {
  readonly name: string;
  readonly kind: "positional" | "named";
  /** What it binds. */
  readonly at: ts.BindingName;
}

/** In the order of the text; `this: Type` is none. */
export function parametersOf(ts: Compiler, node: FunctionNode): Parameter[] {
  const parameters: Parameter[] = [];
  const keys = new Set<string>();
  for (const { name, dotDotDotToken } of node.parameters) {
    if (ts.isIdentifier(name)) {
      if (name.text === "this") continue;
      const written = dotDotDotToken === undefined ? name.text : `...${name.text}`;
      parameters.push({ name: written, kind: "positional", at: name });
    } else if (ts.isArrayBindingPattern(name)) {
      const written = dotDotDotToken === undefined ? "" : "...";
      parameters.push({ name: written, kind: "positional", at: name });
    } else {
      for (const element of name.elements) {
        const key = propertyKey(ts, element);
        const unique = keys.has(key) ? `${key}#${keys.size}` : key;
        keys.add(unique);
        parameters.push({ name: unique, kind: "named", at: element.name });
      }
    }
  }
  return parameters;
}

/** @param declares whether a name is declared inside of the function */
export function parameterValues(
  ts: Compiler,
  file: ts.SourceFile,
  node: FunctionNode,
  declares: (name: string) => boolean,
): ParameterValues {
  const parameters = parametersOf(ts, node);
  const ofKind = (kind: Parameter["kind"]): Parameter[] =>
    parameters.filter((parameter) => parameter.kind === kind);
  const [positional, named] = [ofKind("positional"), ofKind("named")];
  const args = positional.map(({ name }) => name);
  const valuesOf = (list: readonly Parameter[]): Value[] =>
    list.map(({ at }) => patternValue(ts, at));
  const undeclared = firstUndeclared(ts, file, node, declares);
  if (undeclared !== undefined) args.push("...arguments");
  return {
    args,
    kwargs: named.map(({ name }) => name),
    undeclared,
    values: [
      ...valuesOf(positional),
      ...(undeclared === undefined ? [] : [{ ref: "arguments" }]),
      ...valuesOf(named),
    ],
  };
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
