// A function, a class, a symbol, an instance → its name, and the word that stands for it.
// Invariant: none of the program's code runs: names are own data or stand in the source.
import { types } from "../platform/node.ts";
import { getter, lookUp, ownDatum, uncurry } from "../platform/own-properties.ts";

const describe = Object.getOwnPropertyDescriptor;
const prototypeOf = Object.getPrototypeOf;
const { isAsyncFunction, isGeneratorFunction, isProxy } = types;
const sourceOf = uncurry(Function.prototype.toString) as (fn: unknown) => string;
const symbolText = getter(Symbol.prototype, "description");

const LONGEST = 200;
/** A method may be called `class`, too. */
const CLASS = /^class(?![\w$(])/;
const NAMED =
  /^(?:class|(?:async\s+)?function\s*\*?)\s+(?!extends\b)([\p{ID_Start}$_][\p{ID_Continue}$]*)/u;

/**
 * `[Function: f]`, `[AsyncFunction: f]`, `[class A extends B]`, `[Proxy]`: as Node's `inspect` has
 * them.
 */
export function functionText(fn: unknown): string {
  if (isProxy(fn)) return "[Proxy]";
  const name = functionName(fn);
  if (isClass(fn)) return `[class${name === "" ? "" : ` ${name}`}${heritage(fn)}]`;
  return `[${kindOf(fn)}${name === "" ? "" : `: ${name}`}]`;
}

function kindOf(fn: unknown): string {
  const generator = isGeneratorFunction(fn) ? "Generator" : "";
  return `${isAsyncFunction(fn) ? "Async" : ""}${generator}Function`;
}

/** Only classes, frozen functions and built-in ones have a `prototype` that cannot be replaced. */
function isClass(fn: unknown): fn is object {
  return describe(fn, "prototype")?.writable === false && CLASS.test(sourceOf(fn));
}

function heritage(fn: object): string {
  const parent = prototypeOf(fn) as unknown;
  if (isProxy(parent)) return " extends [Proxy]";
  const name = functionName(parent);
  if (name !== "") return ` extends ${name}`;
  // `Function.prototype` is the parent of those that extend nothing, or null.
  return prototypeOf(ownDatum(fn, "prototype")) === null ? " extends null" : "";
}

function functionName(fn: unknown): string {
  if (typeof fn !== "function" || isProxy(fn)) return "";
  const own = ownDatum(fn, "name");
  // A static member called `name` hides it.
  const name = typeof own === "string" ? own : (NAMED.exec(sourceOf(fn))?.[1] ?? "");
  return name.slice(0, LONGEST);
}

/** The name of the class: the constructor that the prototype names as own data. */
export function className(value: object): string {
  const prototype = prototypeOf(value) as object | null;
  if (prototype === null || isProxy(prototype)) return "";
  return functionName(lookUp(prototype, "constructor"));
}

export function symbolName(value: symbol): string {
  const description = symbolText(value);
  return `Symbol(${typeof description === "string" ? description : ""})`;
}

/** A BigInt beyond 2^4096 is not written out: its decimal text takes quadratic time. */
const LARGEST_BIGINT = 1n << 4096n;

export function bigintJson(value: bigint): string {
  return value < LARGEST_BIGINT && value > -LARGEST_BIGINT ? `"${value}n"` : '"[BigInt]"';
}
