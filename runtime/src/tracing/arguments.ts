// The values that `enter` was handed → `args` and `kwargs` by their names, or as JSON texts.
// Invariant: positional values come first, then those of destructured parameters, a rest in its
// place. Values beyond the names are arguments that no parameter declares.
import type { Encoder } from "../encode/encoder.ts";
import { Fields } from "../encode/fields.ts";
import { hasOwn, isObject, ownValue } from "../platform/own-properties.ts";
import type { Site } from "../abi.ts";

/** JSON texts. */
export interface EncodedInput {
  readonly args: string;
  readonly kwargs: string | undefined;
}

/** Copies of all values (see snapshot.ts), or what was encoded at once. */
export type Input = readonly unknown[] | EncodedInput;

export function isEncoded(input: Input): input is EncodedInput {
  return !Array.isArray(input);
}

/** @param limit bytes of UTF-8, for each of the two */
export function encodedInput(
  site: Site,
  values: readonly unknown[],
  encoder: Encoder,
  limit: number,
  trace: object,
): EncodedInput {
  const { args, kwargs } = namedInput(site, values);
  return {
    args: encoder.list(args.values, args.names, limit, trace),
    kwargs:
      kwargs === undefined ? undefined : encoder.fields(kwargs.names, kwargs.values, limit, trace),
  };
}

/**
 * Puts a list of those that have no parameter in the place of a function's `arguments`. The program
 * can still write to that object, and may have given it accessors, in the default of a parameter.
 */
export function keepUndeclared({ args, undeclared = 0 }: Site, values: unknown[]): void {
  const last = args.length - 1;
  const all = values[last];
  const rest: unknown[] = [];
  if (isObject(all))
    for (let at = undeclared; hasOwn(all, at); at++) rest[rest.length] = ownValue(all, at);
  values[last] = rest;
}

interface Named {
  readonly names: readonly string[];
  readonly values: readonly unknown[];
}

export function namedInput(
  { args, kwargs }: Site,
  values: readonly unknown[],
): { readonly args: Named; readonly kwargs: Named | undefined } {
  if (kwargs.length === 0)
    return { args: { names: args, values: withRestItems(args, values) }, kwargs: undefined };
  const positional = withRestItems(args, sliced(values, 0, args.length));
  return {
    args: { names: args, values: positional },
    kwargs: withRestFields(kwargs, sliced(values, args.length)),
  };
}

/** Without `slice`, which asks for the program's `Symbol.species`. */
function sliced(values: readonly unknown[], from: number, to: number = values.length): unknown[] {
  const rest: unknown[] = [];
  for (let at = from; at < to; at++) rest[rest.length] = values[at];
  return rest;
}

function endsInRest(names: readonly string[]): boolean {
  return names[names.length - 1]?.startsWith("...") === true;
}

/** `(a, ...rest)`: the positional values with the rest parameter's own items in its place. */
function withRestItems(names: readonly string[], values: readonly unknown[]): readonly unknown[] {
  if (!endsInRest(names)) return values;
  const flat = sliced(values, 0, values.length - 1);
  const rest = values[values.length - 1];
  const items = rest instanceof Fields ? rest.values : rest;
  if (Array.isArray(items)) for (let at = 0; at < items.length; at++) flat[flat.length] = items[at];
  return flat;
}

/**
 * `{ a, ...rest }`: the fields of a rest object, which the engine has just made, stand beside the
 * others.
 */
function withRestFields(names: readonly string[], values: readonly unknown[]): Named {
  const rest = values[names.length - 1];
  if (!endsInRest(names) || typeof rest !== "object" || rest === null) return { names, values };
  const more = rest instanceof Fields ? rest : fieldsOf(rest);
  const all = { names: [] as string[], values: [] as unknown[] };
  for (let at = 0; at < names.length - 1; at++) {
    all.names[at] = names[at] ?? "";
    all.values[at] = values[at];
  }
  for (let at = 0; at < more.names.length; at++) {
    all.names[all.names.length] = more.names[at] ?? "";
    all.values[all.values.length] = more.values[at];
  }
  return all;
}

function fieldsOf(rest: object): Named {
  const names = Object.keys(rest);
  const values = names.map((name) => Object.getOwnPropertyDescriptor(rest, name)?.value as unknown);
  return { names, values };
}
