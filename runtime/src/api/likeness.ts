// A function of ours that stands for one of the program's → with that one's name, length, prototype and fields.
// Invariant: never throws; of an original that cannot be read, what was read stays.
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
