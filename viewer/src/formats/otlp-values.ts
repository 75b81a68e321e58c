// OTLP's JSON values → plain ones.
// Invariant: whatever stands in place of a value, nothing throws; what is too deep is cut.
import { isDeeper } from "./depth.ts";

export type Attributes = Readonly<Record<string, unknown>>;

/** Deeper ones are cut there. */
const LEVELS = 64;

export function attributesOf(list: unknown): Attributes {
  return Object.fromEntries(
    itemsOf(list).flatMap(({ key, value }) =>
      typeof key === "string" ? [[key, valueOf(value, LEVELS)]] : [],
    ),
  );
}

function valueOf(value: unknown, levels: number): unknown {
  if (!isObject(value)) return value ?? null;
  if (levels === 0) return { _truncated: true };
  const { stringValue, boolValue, intValue, doubleValue, arrayValue, kvlistValue } = value;
  if (stringValue !== undefined) return typeof stringValue === "string" ? stringValue : null;
  if (boolValue !== undefined) return boolValue === true || boolValue === "true";
  if (intValue !== undefined) return numberOf(intValue);
  if (doubleValue !== undefined) return numberOf(doubleValue);
  if (isObject(arrayValue))
    return listOf(arrayValue["values"]).map((one) => valueOf(one, levels - 1));
  if (isObject(kvlistValue))
    return Object.fromEntries(
      itemsOf(kvlistValue["values"]).map(({ key, value: inner }) => [
        String(key),
        valueOf(inner, levels - 1),
      ]),
    );
  return value["bytesValue"] ?? null;
}

/** Integers of 64 bits are decimal texts; JSON has no NaN and no infinities. */
function numberOf(value: unknown): number | string {
  const number = typeof value === "string" && value !== "" ? Number(value) : value;
  return typeof number === "number" && Number.isFinite(number) ? number : String(value);
}

/** Nanoseconds since 1970, as a decimal text or a number → Unix seconds. */
export function secondsOf(nanos: unknown): number | undefined {
  if (typeof nanos !== "string" && typeof nanos !== "number") return undefined;
  if (!/^\d+$/.test(String(nanos)) && typeof nanos === "string") return undefined;
  // Microseconds are what a float of seconds can tell.
  const seconds = Math.round(Number(nanos) / 1000) / 1e6;
  return Number.isFinite(seconds) && seconds > 0 ? seconds : undefined;
}

/** A value that may be JSON in a text. */
export function parsed(value: unknown): unknown {
  if (typeof value !== "string" || !/^\s*[[{"]/.test(value) || isDeeper(value, LEVELS))
    return value;
  try {
    return JSON.parse(value) as unknown;
  } catch {
    return value;
  }
}

export function textIn(attributes: Attributes, ...names: readonly string[]): string | null {
  for (const name of names) {
    const value = attributes[name];
    if (typeof value === "string" && value !== "") return value;
  }
  return null;
}

export function countIn(attributes: Attributes, ...names: readonly string[]): number | undefined {
  for (const name of names) {
    const value = attributes[name];
    const number = typeof value === "string" && value !== "" ? Number(value) : value;
    if (typeof number === "number" && Number.isSafeInteger(number) && number >= 0) return number;
  }
  return undefined;
}

function listOf(value: unknown): readonly unknown[] {
  return Array.isArray(value) ? value : [];
}

export function itemsOf(value: unknown): readonly Readonly<Record<string, unknown>>[] {
  return listOf(value).filter(isObject);
}

export function isObject(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
