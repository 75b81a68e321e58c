// A stand-in for a function of the program's → it has that function's name, length and fields.
// Invariant: never throws. Where the original cannot be read, the stand-in has what could be.
import { count } from "../platform/report.ts";

export function likeness<F extends object>(standIn: F, original: object): F {
  try {
    const keys = Reflect.ownKeys(original);
    for (let at = 0; at < keys.length; at++) {
      const key = keys[at] as string | symbol;
      const property = Object.getOwnPropertyDescriptor(original, key);
      if (property !== undefined && key !== "arguments" && key !== "caller")
        Reflect.defineProperty(standIn, key, property);
    }
    Object.setPrototypeOf(standIn, Object.getPrototypeOf(original) as object | null);
  } catch {
    count("internal_error");
  }
  return standIn;
}
