// What one encoding costs, counted and not timed → characters searched, quoted and compared, and
// properties read. Imported before the encoder, which takes some of these functions at its load.
let units = 0;

/** The work of `run`; the same at each run, on any machine. */
export function workOf(run: () => unknown): number {
  units = 0;
  run();
  return units;
}

/** A property costs about as much as twenty characters of a search. */
const PROPERTY = 20;

function replace<T extends object, K extends keyof T>(holder: T, name: K, by: T[K]): void {
  Object.defineProperty(holder, name, { value: by, configurable: true, writable: true });
}

const { getOwnPropertyDescriptor, keys } = Object;
replace(Object, "getOwnPropertyDescriptor", (object: unknown, key: PropertyKey) => {
  units += PROPERTY;
  return getOwnPropertyDescriptor(object, key);
});
replace(Object, "keys", (object: object) => {
  const names = keys(object);
  units += names.length;
  return names;
});

const { stringify } = JSON;
replace(JSON, "stringify", ((value: unknown) => {
  if (typeof value === "string") units += value.length;
  return stringify(value);
}) as typeof stringify);

const { byteLength } = Buffer;
replace(Buffer, "byteLength", (text: string) => {
  units += text.length >> 3;
  return byteLength(text);
});

const { exec } = RegExp.prototype;
replace(RegExp.prototype, "exec", function counted(this: RegExp, text: string) {
  const from = this.global || this.sticky ? this.lastIndex : 0;
  const match = exec.call(this, text);
  const end = match === null ? (this.sticky ? from : text.length) : match.index + match[0].length;
  units += Math.max(1, end - from);
  return match;
});

const { indexOf, charCodeAt, codePointAt } = String.prototype;
replace(String.prototype, "indexOf", function counted(this: string, part: string, from = 0) {
  const found = indexOf.call(this, part, from);
  units += ((found < 0 ? this.length : found) - from) >> 3;
  return found;
});
replace(String.prototype, "charCodeAt", function counted(this: string, at: number) {
  units++;
  return charCodeAt.call(this, at);
});
replace(String.prototype, "codePointAt", function counted(this: string, at: number) {
  units++;
  return codePointAt.call(this, at);
});
