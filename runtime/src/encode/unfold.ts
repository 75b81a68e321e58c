// An object that is neither proxy, plain object nor array → its contents, or one word for it.
// Invariant: own data properties and intrinsics taken at load tell all: no getter, no method and no
// iterator of the program's runs.
import { type Decoder, textDecoder, types } from "../platform/node.ts";
import { FIRST, Fields, LEAST_ITEM, LEAST_MEMBER } from "./fields.ts";
import {
  LONGEST_CHAIN,
  descendsFrom,
  getter,
  globalPrototype,
  hasOwn,
  ownDatum,
  uncurry,
} from "../platform/own-properties.ts";
import { className } from "./names.ts";
import { errorFields, errorParts, isError } from "./error.ts";

const describe = Object.getOwnPropertyDescriptor;
const prototypeOf = Object.getPrototypeOf;
const isProxy = types.isProxy;

const mapEntries = uncurry(Map.prototype.entries);
const mapNext = uncurry(prototypeOf(new Map().entries()).next);
const mapSize = getter(Map.prototype, "size");
const setValues = uncurry(Set.prototype.values);
const setNext = uncurry(prototypeOf(new Set().values()).next);
const setSize = getter(Set.prototype, "size");
const dateText = uncurry(Date.prototype.toISOString);
const regExpSource = getter(RegExp.prototype, "source");
const regExpFlags = (
  [
    ["d", "hasIndices"],
    ["g", "global"],
    ["i", "ignoreCase"],
    ["m", "multiline"],
    ["s", "dotAll"],
    ["u", "unicode"],
    ["v", "unicodeSets"],
    ["y", "sticky"],
  ] as const
)
  .filter(([, name]) => describe(RegExp.prototype, name) !== undefined)
  .map(([flag, name]) => ({ flag, isSet: getter(RegExp.prototype, name) }));
const urlText = getter(URL.prototype, "href");
const searchText = uncurry(URLSearchParams.prototype.toString);
const typedArray: object = prototypeOf(Uint8Array.prototype);
const typedName = getter(typedArray, Symbol.toStringTag);
const typedLength = getter(typedArray, "length");
const typedBytes = getter(typedArray, "byteLength");
const typedOffset = getter(typedArray, "byteOffset");
const typedBuffer = getter(typedArray, "buffer");
const bufferBytes = getter(ArrayBuffer.prototype, "byteLength");
const sharedBytes = getter(SharedArrayBuffer.prototype, "byteLength");
const viewBytes = getter(DataView.prototype, "byteLength");
const numberOf = uncurry(Number.prototype.valueOf);
const stringOf = uncurry(String.prototype.valueOf);
const booleanOf = uncurry(Boolean.prototype.valueOf);
const bigintOf = uncurry(BigInt.prototype.valueOf);
const symbolOf = uncurry(Symbol.prototype.valueOf);
let decoder: Decoder | undefined;
/** Bytes of a buffer that are looked at for a preview. */
const PREVIEW_BYTES = 1024;
/** Items of a typed array in its preview. */
const PREVIEW_ITEMS = 16;

/** Text that is written as it is, with secrets masked. */
export type Unfolded = Fields | string | number | boolean | bigint | symbol;

function fields(type: string, names: string[], values: unknown[]): Fields {
  return new Fields(["_type"].concat(names), [type as unknown].concat(values));
}

interface Step {
  done: boolean;
  value: unknown;
}

/**
 * Entries under string keys read as a record, so that secret names act; others as [key, value]
 * pairs.
 */
function mapFields(map: object, budget: number): Fields {
  const size = mapSize(map) as number;
  const most = size * LEAST_MEMBER > budget ? FIRST : size;
  const iterator = mapEntries(map);
  const keys: unknown[] = [];
  const values: unknown[] = [];
  let named = true;
  for (let i = 0; i < most; i++) {
    const step = mapNext(iterator) as Step;
    if (step.done) break;
    const entry = step.value as [unknown, unknown];
    keys[i] = entry[0];
    values[i] = entry[1];
    if (typeof entry[0] !== "string") named = false;
  }
  const pair = (key: unknown, i: number): Fields =>
    new Fields([undefined, typeof key === "string" ? key : undefined], [key, values[i]], true);
  const entries = named
    ? new Fields(keys as string[], values, false, size)
    : new Fields([], keys.map(pair), true, size);
  return fields("Map", ["entries"], [entries]);
}

function setFields(set: object, budget: number): Fields {
  const size = setSize(set) as number;
  const most = size * LEAST_ITEM > budget ? FIRST : size;
  const iterator = setValues(set);
  const values: unknown[] = [];
  for (let i = 0; i < most; i++) {
    const step = setNext(iterator) as Step;
    if (step.done) break;
    values[i] = step.value;
  }
  return fields("Set", ["values"], [new Fields([], values, true, size)]);
}

/**
 * Text where the first bytes are printable text, else the few bytes that tell a file format: raw
 * bytes may be a key.
 */
function bytesPreview(buffer: ArrayBufferLike, offset: number, length: number): string | undefined {
  try {
    decoder ??= textDecoder({ fatal: true, ignoreBOM: true });
    const head = new Uint8Array(new Uint8Array(buffer, offset, Math.min(length, PREVIEW_BYTES)));
    for (let cut = 0; cut < 4 && cut <= head.length; cut++) {
      try {
        const text = decoder.decode(head.subarray(0, head.length - cut));
        // oxlint-disable-next-line no-control-regex -- these tell bytes from text
        if (/^[^\u0000-\u0008\u000e-\u001f]*$/.test(text)) return text;
      } catch {
        // Cut inside a character, perhaps: try without its first bytes.
      }
      if (length <= PREVIEW_BYTES) break;
    }
    return `0x${Buffer.from(head.buffer, 0, Math.min(8, head.length)).toString("hex")}`;
  } catch {
    return undefined; // detached
  }
}

function viewFields(view: object): Fields {
  const name = typedName(view) as string;
  const length = typedLength(view) as number;
  if (name === "Uint8Array" || name === "Uint8ClampedArray" || name === "Int8Array") {
    const type = descendsFrom(view, Buffer.prototype) ? "Buffer" : name;
    const bytes = typedBytes(view) as number;
    const preview = bytesPreview(
      typedBuffer(view) as ArrayBufferLike,
      typedOffset(view) as number,
      bytes,
    );
    return fields(type, ["length", "preview"], [length, preview]);
  }
  const preview: unknown[] = [];
  // Integer indices of a typed array are its own slots: no code of the program answers.
  for (let i = 0; i < length && i < PREVIEW_ITEMS; i++)
    preview[i] = (view as ArrayLike<unknown>)[i];
  return fields(name, ["length", "preview"], [length, preview]);
}

/** What a stream says about itself without being read. */
const STREAM_FIELDS = [
  "method",
  "url",
  "path",
  "statusCode",
  "statusMessage",
  "bytesRead",
  "bytesWritten",
  "fd",
];

function streamFields(stream: object): Fields {
  const names: string[] = [];
  const values: unknown[] = [];
  for (let i = 0; i < STREAM_FIELDS.length; i++) {
    const name = STREAM_FIELDS[i] ?? "";
    const value = ownDatum(stream, name);
    if (typeof value !== "string" && typeof value !== "number") continue;
    names.push(name);
    values.push(value);
  }
  return fields(className(stream) || "Stream", names, values);
}

function regExpText(value: object): string {
  let flags = "";
  for (let i = 0; i < regExpFlags.length; i++) {
    const entry = regExpFlags[i];
    if (entry?.isSet(value) === true) flags += entry.flag;
  }
  return `/${regExpSource(value) as string}/${flags}`;
}

function dateOf(value: object): string {
  try {
    return dateText(value) as string;
  } catch {
    return "Invalid Date";
  }
}

function headerFields(value: object): Fields | undefined {
  const prototype = globalPrototype(value, "Headers");
  if (prototype === undefined) return undefined;
  const names: string[] = [];
  const values: unknown[] = [];
  uncurry(ownDatum(prototype, "forEach"))(value, (text: unknown, name: string) => {
    names.push(name);
    values.push(text);
  });
  return fields("Headers", names, values);
}

const KNOWN = new Set<object>([
  Map.prototype,
  Set.prototype,
  Error.prototype,
  Date.prototype,
  RegExp.prototype,
  URL.prototype,
  URLSearchParams.prototype,
  Promise.prototype,
  typedArray,
]);
const setHas = uncurry(Set.prototype.has);
const weakHas = uncurry(WeakSet.prototype.has);
const weakAdd = uncurry(WeakSet.prototype.add);
/** Prototypes of the program's classes: their instances have nothing but own fields. */
const ordinary = new WeakSet<object>();

/** Whether instances were seen to have nothing but own fields. */
export function isOrdinaryPrototype(prototype: object): boolean {
  return weakHas(ordinary, prototype) === true;
}

/** A class of the program's that extends none of the kinds above. */
function isOrdinary(prototype: object): boolean {
  let holder: object | null = prototype;
  for (let i = 0; holder !== null; i++) {
    if (i === LONGEST_CHAIN || isProxy(holder) || setHas(KNOWN, holder) === true) return false;
    holder = prototypeOf(holder);
  }
  return true;
}

/**
 * The contents of an object, of a collection the first entries where all cannot fit; undefined for
 * an instance with nothing but own fields.
 */
export function unfold(value: object, budget: number): Unfolded | undefined {
  const prototype = prototypeOf(value) as object | null;
  if (prototype === null || weakHas(ordinary, prototype) === true) return undefined;
  const content = unfoldKnown(value, budget);
  if (content === undefined && isOrdinary(prototype)) weakAdd(ordinary, prototype);
  return content;
}

function unfoldKnown(value: object, budget: number): Unfolded | undefined {
  if (types.isMap(value)) return mapFields(value, budget);
  if (types.isSet(value)) return setFields(value, budget);
  if (isError(value)) return errorFields(errorParts(value));
  if (types.isDate(value)) return dateOf(value);
  if (types.isRegExp(value)) return regExpText(value);
  if (types.isTypedArray(value)) return viewFields(value);
  if (types.isDataView(value)) return fields("DataView", ["length"], [viewBytes(value)]);
  if (types.isArrayBuffer(value)) {
    const bytes = bufferBytes(value) as number;
    return fields("ArrayBuffer", ["length", "preview"], [bytes, bytesPreview(value, 0, bytes)]);
  }
  if (types.isSharedArrayBuffer(value))
    return fields("SharedArrayBuffer", ["length"], [sharedBytes(value)]);
  if (types.isPromise(value)) return "[Promise]";
  if (types.isWeakMap(value)) return "[WeakMap]";
  if (types.isWeakSet(value)) return "[WeakSet]";
  if (types.isGeneratorObject(value)) return "[Generator]";
  if (types.isExternal(value)) return "[External]";
  if (types.isNumberObject(value)) return numberOf(value) as number;
  if (types.isStringObject(value)) return stringOf(value) as string;
  if (types.isBooleanObject(value)) return booleanOf(value) as boolean;
  if (types.isBigIntObject(value)) return bigintOf(value) as bigint;
  if (types.isSymbolObject(value)) return symbolOf(value) as symbol;
  if (descendsFrom(value, URL.prototype)) return urlText(value) as string;
  if (descendsFrom(value, URLSearchParams.prototype)) return searchText(value) as string;
  if (hasOwn(value, "_readableState") || hasOwn(value, "_writableState")) {
    return streamFields(value);
  }
  return headerFields(value);
}
