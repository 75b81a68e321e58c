// In: any object that is no proxy. Out: its own properties, names of functions and classes, as data.
// Reads own property descriptors and walks prototype chains only; accessors show as a word, proxies on the way end the search.
import { types } from "./node.ts";

export type Uncurried = (self: unknown, ...rest: unknown[]) => unknown;
const bind = Function.prototype.bind;
const call = Function.prototype.call;
/** A method taken at load, to be called on any object whatever its prototype says by then. */
export const uncurry = (method: unknown): Uncurried =>
  bind.call(call, method as never) as Uncurried;

const describe = Object.getOwnPropertyDescriptor;
const keysOf = Object.keys;
const prototypeOf = Object.getPrototypeOf;
const isProxy = types.isProxy;
const symbolText = uncurry(describe(Symbol.prototype, "description")?.get);

/** Entries listed of a collection that cannot fit: enough for a preview. */
export const FIRST = 256;
/** How far up a prototype chain we look. */
export const LONGEST_CHAIN = 12;

/** Names and values to be written as a JSON object, or as an array whose names only say what is secret. The app never gets hold of one. */
export class Fields {
  readonly names: readonly (string | undefined)[];
  readonly values: ArrayLike<unknown>;
  readonly listed: boolean;
  /** How many there are in all; where it is more than are listed here, these are the first. */
  readonly total: number;
  constructor(
    names: readonly (string | undefined)[],
    values: ArrayLike<unknown>,
    listed = false,
    total: number = values.length,
  ) {
    this.names = names;
    this.values = values;
    this.listed = listed;
    this.total = total;
  }
  static is(value: object): value is Fields {
    return prototypeOf(value) === Fields.prototype;
  }
}

export const hasOwn: typeof Object.hasOwn = Object.hasOwn;

/** What a property descriptor holds; accessors show as a word. Nothing inherited is read, should Object.prototype be polluted. */
export function held(property: PropertyDescriptor): unknown {
  if (hasOwn(property, "value")) return property.value;
  return property.get === undefined ? "[Setter]" : "[Getter]";
}

/** The value of an own property. The object must not be a proxy. */
export function ownValue(object: object, key: PropertyKey): unknown {
  const property = describe(object, key);
  return property === undefined ? undefined : held(property);
}

/** The value of an own data property, undefined for an accessor. */
export function ownDatum(object: object, key: PropertyKey): unknown {
  const property = describe(object, key);
  return property !== undefined && hasOwn(property, "value") ? property.value : undefined;
}

/** Stands for what only the app's code could tell: behind an accessor, or behind a proxy. */
const OPAQUE: unique symbol = Symbol("opaque");

/** The nearest property of that name, own or inherited, where it is plain data. */
export function lookUp(object: object, key: PropertyKey): unknown {
  let holder: object | null = object;
  for (let i = 0; holder !== null; i++) {
    if (i === LONGEST_CHAIN || isProxy(holder)) return OPAQUE;
    const property = describe(holder, key);
    if (property !== undefined) return hasOwn(property, "value") ? property.value : OPAQUE;
    holder = prototypeOf(holder);
  }
  return undefined;
}

function functionName(value: unknown): string {
  if (typeof value !== "function" || isProxy(value)) return "";
  const name = ownDatum(value, "name");
  return typeof name === "string" ? name : "";
}

export function functionText(value: unknown): string {
  const name = functionName(value).slice(0, 200);
  return isProxy(value) ? "[Proxy]" : name === "" ? "[Function]" : `[Function: ${name}]`;
}

export function symbolName(value: symbol): string {
  const description = symbolText(value);
  return `Symbol(${typeof description === "string" ? description : ""})`;
}

/** The name of the class: the constructor that the prototype names as own data. */
export function className(value: object): string {
  const prototype = prototypeOf(value);
  if (prototype === null || isProxy(prototype)) return "";
  return functionName(lookUp(prototype, "constructor")).slice(0, 200);
}

export function descendsFrom(value: object, prototype: object): boolean {
  let holder: object | null = prototypeOf(value);
  for (let i = 0; holder !== null && i < LONGEST_CHAIN; i++) {
    if (holder === prototype) return true;
    if (isProxy(holder)) return false;
    holder = prototypeOf(holder);
  }
  return false;
}

/** All enumerable own properties; only the first ones of an object that has more than `most`. */
export function ownFields(object: object, most: number): Fields {
  const all = keysOf(object);
  const names = all.length > most ? all.slice(0, FIRST) : all;
  const values: unknown[] = [];
  for (let i = 0; i < names.length; i++) values[i] = ownValue(object, names[i] ?? "");
  return new Fields(names, values, false, all.length);
}

/** The prototype of a class that Node loads lazily, if `value` descends from it. */
export function globalPrototype(value: object, name: string): object | undefined {
  const holder = ownDatum(globalThis, name);
  if (typeof holder !== "function" || isProxy(holder)) return undefined;
  const prototype = ownDatum(holder, "prototype");
  if (typeof prototype !== "object" || prototype === null) return undefined;
  return descendsFrom(value, prototype) ? prototype : undefined;
}
