// A list of nothing but numbers → its JSON text, written by the engine.
// Invariant: none of the program's code runs; what does not fit costs no more than what fits.
import { hasOwn, itemIn } from "../../platform/own-properties.ts";

const stringify = JSON.stringify;
const prototypeOf = Object.getPrototypeOf;
const arrayPrototype = Array.prototype;
const objectPrototype = Object.prototype;

/** Shorter lists are written item by item. */
const FEWEST = 8;
/** Bytes of a fraction: as it is counted, and those that it takes beyond. */
const LEAST_FRACTION = 2;
const FRACTION = 16;

/** @param most bytes. @returns bytes at least where the list does not fit */
export function numbersText(values: readonly unknown[], most: number): string | number | undefined {
  const { length } = values;
  if (length < FEWEST || typeof itemIn(values, 0) !== "number" || mayAnswer(values))
    return undefined;
  let bytes = length + 1;
  let fractions = 0;
  for (let i = 0; i < length; i++) {
    const value = itemIn(values, i);
    // Others are words.
    if (typeof value !== "number" || value - value !== 0) return undefined;
    if ((value | 0) !== value) {
      bytes += LEAST_FRACTION;
      fractions++;
    } else bytes += value < 0 ? 2 : value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4;
    if (bytes > most) return bytes;
  }
  if (bytes + fractions * FRACTION > most) {
    for (let i = 0; i < length && bytes <= most; i++) {
      const value = values[i] as number;
      if ((value | 0) !== value) bytes += `${value}`.length - LEAST_FRACTION;
    }
    if (bytes > most) return bytes;
  }
  return stringify(values);
}

/** Whether `JSON.stringify` would ask it for something else. */
function mayAnswer(values: readonly unknown[]): boolean {
  return (
    prototypeOf(values) !== arrayPrototype ||
    hasOwn(values, "toJSON") ||
    hasOwn(arrayPrototype, "toJSON") ||
    hasOwn(objectPrototype, "toJSON")
  );
}
