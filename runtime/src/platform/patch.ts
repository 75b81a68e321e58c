// An object's method → a stand-in on the instance that calls it, and can be taken away again.
// Invariant: runs none of the program's code; the object's own enumerable keys stay as they were.
import { types } from "./node.ts";

export type Method = (this: unknown, ...args: unknown[]) => unknown;

/** The method, if it is a plain value: a getter or a proxy's trap would run the program's code. */
export function methodOf(value: object, name: string | symbol): Method | undefined {
  for (let holder: object | null = value; holder !== null;) {
    if (types.isProxy(holder)) return undefined;
    const own = Object.getOwnPropertyDescriptor(holder, name);
    if (own !== undefined) {
      const method: unknown = own.value;
      return typeof method === "function" ? (method as Method) : undefined;
    }
    holder = Object.getPrototypeOf(holder) as object | null;
  }
  return undefined;
}

/** @returns what takes the stand-in away again; undefined where none can be placed */
export function patchMethod(
  target: object,
  name: string | symbol,
  method: Method,
  called: (args: readonly unknown[]) => unknown,
): (() => void) | undefined {
  const own = Object.getOwnPropertyDescriptor(target, name);
  const replaceable =
    own === undefined ? Object.isExtensible(target) : own.configurable && own.writable;
  if (replaceable !== true) return undefined;
  // In method syntax: like most methods it has no `prototype`, and constructs nothing.
  let removed = false;
  const { standIn } = {
    standIn(this: unknown, ...args: unknown[]): unknown {
      return this === target && !removed ? called(args) : Reflect.apply(method, this, args);
    },
  };
  for (const key of ["name", "length"]) {
    const fact = Object.getOwnPropertyDescriptor(method, key);
    if (fact !== undefined) Object.defineProperty(standIn, key, fact);
  }
  const placed = { value: standIn, writable: true, configurable: true };
  Object.defineProperty(target, name, { ...placed, enumerable: own?.enumerable === true });
  return () => {
    removed = true;
    covered.set(standIn, own);
    // Something else may stand there by now, put by the program or by us. That stays.
    if (Object.getOwnPropertyDescriptor(target, name)?.value !== standIn) return;
    const before = firstUncovered(own);
    if (before === undefined) Reflect.deleteProperty(target, name);
    else Object.defineProperty(target, name, before);
  };
}

/** A removed stand-in → what it was put over: a later one may have been put over the stand-in. */
const covered = new WeakMap<Method, PropertyDescriptor | undefined>();

function firstUncovered(own: PropertyDescriptor | undefined): PropertyDescriptor | undefined {
  let found = own;
  while (found !== undefined && covered.has(found.value as Method))
    found = covered.get(found.value as Method);
  return found;
}
