// Reading of foreign objects: own data properties only → no getter, no proxy trap, no user code runs.
import { types } from "node:util";

/** The value of an own data property, else undefined. */
export function field(value: unknown, key: string | number): unknown {
  if (typeof value !== "object" || value === null || types.isProxy(value)) return undefined;
  return Object.getOwnPropertyDescriptor(value, key)?.value as unknown;
}

export function textField(value: unknown, key: string): string | undefined {
  const text = field(value, key);
  return typeof text === "string" ? text : undefined;
}

/** A count of tokens: a whole number that is not negative; anything else is no count. */
export function countField(value: unknown, key: string): number | undefined {
  const number = field(value, key);
  return typeof number === "number" && Number.isSafeInteger(number) && number >= 0
    ? number
    : undefined;
}

/** The items of a true array. */
export function items(value: unknown): readonly unknown[] {
  if (types.isProxy(value) || !Array.isArray(value)) return [];
  const list: unknown[] = [];
  for (let at = 0; at < value.length; at++) list[list.length] = field(value, at);
  return list;
}
