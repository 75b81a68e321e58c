// A value → whether `JSON.stringify` writes it as the walk would: plain data without secrets.
// Invariant: none of the program's code runs, here or in the `JSON.stringify` that follows. What is
// found not to fit costs no more than its budget.
import { types } from "../../platform/node.ts";
import { hasOwn, LONGEST_CHAIN, uncurry } from "../../platform/own-properties.ts";
import { LEAST_ITEM, LEAST_MEMBER } from "../fields.ts";
import { isShortAndPlain, quoteAll, quoteIn } from "../json-text.ts";
import type { KnownNames } from "../known-names.ts";
import { tellsBeside } from "../redact/beside.ts";
import type { Redactor } from "../redact/redactor.ts";
import { isWorthKeeping, type Seen } from "./seen.ts";
import { type Shape, Shapes, type Telling } from "./shapes.ts";
import { isOrdinaryPrototype } from "../unfold.ts";

const isProxy = types.isProxy;
const isModule = types.isModuleNamespaceObject;
const isBoxed = types.isBoxedPrimitive;
const isArray = Array.isArray;
const keysOf = Object.keys;
const describe = Object.getOwnPropertyDescriptor;
const prototypeOf = Object.getPrototypeOf;
/**
 * A list's item by its descriptor takes 45 ns; asking for a getter, and then reading, 13 (Node 24).
 */
const getterOf = uncurry(
  (Object.prototype as unknown as { __lookupGetter__: unknown }).__lookupGetter__,
);
const objectPrototype = Object.prototype;
const arrayPrototype = Array.prototype;

/**
 * Deeper containers show as a word: readers' JSON parsers recurse, Python's to about 1,000 levels.
 */
export const MAX_DEPTH = 100;
/** Longer items of lists do not name the next one; as the head of a table they may. */
const LONGEST_ITEM_NAME = 64;
/**
 * Characters a leaf of texts that are kept, from which on the text is put together here: a leaf
 * takes 20 ns, a character takes `JSON.stringify` 0.7 (Node 24).
 */
const KEPT_A_LEAF = 32;
/** Bytes of a fraction, as they are counted; those that it takes beyond; those of any number. */
const LEAST_FRACTION = 2;
const FRACTION = 16;
const NUMBER = 25;
/** Values looked at in vain, after which the walk goes on without looks ahead. */
const MOST_WASTED = 512;

const LIST = Symbol("list");
/** A list of which so many items do not fit. */
interface Crowd {
  readonly list: object;
  /** Bytes that its first items take at least, without commas, and the largest of them. */
  readonly bytes: number;
  readonly largest: number;
}

export class Plain {
  readonly #redactor: Redactor;
  /** Strings with fewer characters are looked through here. */
  readonly #plainBelow: number;
  readonly #shapes: Shapes;
  readonly #path: object[] = [];
  #within: readonly object[] = [];
  /** Of the innermost container. */
  #depth = 0;
  #left = 0;
  #unread = 0;
  /** Of the trace that the value belongs to. */
  seen: Seen | undefined;
  /** What is read: the shapes and lengths of its containers, its leaves, in their order. */
  #leaves: unknown[] | undefined;
  /** The leaves up to here are those that it had when it was written last. */
  #same = false;
  #at = 0;
  /** Characters of texts that are kept. */
  #kept = 0;
  #looks = 0;
  #wasted = 0;
  #crowd: Crowd | undefined;

  constructor(redactor: Redactor, names: KnownNames, plainBelow: number) {
    this.#redactor = redactor;
    this.#shapes = new Shapes(names);
    this.#plainBelow = plainBelow;
  }

  reset(): void {
    this.#wasted = 0;
    this.#crowd = undefined;
    if (this.#path.length > 0) this.#path.length = 0;
    this.seen = undefined;
    this.#leaves = undefined;
  }

  /** Bytes that are left at most; below 0 where the value does not fit. */
  get left(): number {
    return this.#left;
  }

  /** Bytes at least of what was read of a value that does not fit `most` bytes. */
  readOf(most: number): number {
    return most - this.#left - this.#unread;
  }

  /**
   * Its JSON text; undefined also where it is known not to fit: then `left` is negative.
   * @param value no proxy
   * @param within the containers around it, and itself
   * @param most bytes
   */
  textOf(value: object, within: readonly object[], most: number): string | undefined {
    const one = this.seen?.valueOf(value);
    if (one === undefined)
      return this.#is(value, within, most, undefined, false) ? quoteAll(value) : undefined;
    const again = one.value === value;
    const { leaves } = one;
    // It holds another one's leaves until this one is written.
    one.value = undefined;
    if (!this.#is(value, within, most, leaves, again)) {
      one.bound();
      return undefined;
    }
    if (again && this.#same && this.#at === leaves.length) {
      one.value = value;
      return one.text;
    }
    if (this.#at < leaves.length) leaves.length = this.#at;
    const text = this.#written(value, leaves);
    one.keep(value, text);
    return text;
  }

  #written(value: object, leaves: readonly unknown[]): string {
    if (this.#kept < this.#at * KEPT_A_LEAF) return quoteAll(value);
    this.#at = 0;
    return this.#joined(leaves);
  }

  /** The text of what is next among the leaves. */
  #joined(leaves: readonly unknown[]): string {
    const leaf = leaves[this.#at++];
    if (typeof leaf === "string") return this.#quoted(leaf);
    if (leaf === LIST) {
      const length = leaves[this.#at++] as number;
      let text = "[";
      for (let i = 0; i < length; i++)
        text += i === 0 ? this.#joined(leaves) : `,${this.#joined(leaves)}`;
      return `${text}]`;
    }
    if (typeof leaf !== "object" || leaf === null) return `${leaf as number | boolean | null}`;
    const { labels } = leaf as Shape;
    let text = "{";
    for (let i = 0; i < labels.length; i++)
      text += (i === 0 ? "" : ",") + (labels[i] ?? "") + this.#joined(leaves);
    return `${text}}`;
  }

  #quoted(text: string): string {
    const { seen } = this;
    if (isShortAndPlain(text)) return `"${text}"`;
    return seen !== undefined && isWorthKeeping(text) ? seen.jsonOf(text) : quoteIn(text);
  }

  #is(
    value: object,
    within: readonly object[],
    most: number,
    leaves: unknown[] | undefined,
    again: boolean,
  ): boolean {
    this.#left = most;
    this.#looks = 0;
    this.#unread = 0;
    this.#depth = 0;
    this.#within = within;
    this.#leaves = leaves;
    this.#same = again;
    this.#at = 0;
    this.#kept = 0;
    if (this.#wasted > MOST_WASTED || isPolluted()) {
      this.#left = 0;
      return false;
    }
    if (this.#object(value, false)) return true;
    if (this.#left >= 0) this.#wasted += this.#looks;
    return false;
  }

  /** Whether it is the leaf that the value had here. */
  #isKnown(leaf: unknown): boolean {
    const leaves = this.#leaves;
    if (leaves === undefined) return false;
    const at = this.#at++;
    if (this.#same) {
      if (leaves[at] === leaf) return true;
      this.#same = false;
    }
    leaves[at] = leaf;
    return false;
  }

  /**
   * Whether a list is known to have too many small items for `room` bytes.
   * @param largest bytes of an item, at most
   */
  isCrowd(list: object, within: readonly object[], room: number, largest: number): boolean {
    if (this.#crowd?.list !== list || this.#crowd.bytes <= room) {
      const most = room + (list as { readonly length: number }).length + 2;
      this.#is(list, within, most, undefined, false);
    }
    const crowd = this.#crowd;
    return crowd?.list === list && crowd.bytes > room && crowd.largest <= largest;
  }

  #object(value: object, inList: boolean): boolean {
    const path = this.#path;
    const depth = this.#depth;
    this.#looks++;
    if (isProxy(value)) return false;
    if (depth > 0) {
      const within = this.#within;
      if (depth + within.length > MAX_DEPTH) return false;
      for (let i = within.length - 1; i >= 0; i--) if (within[i] === value) return false;
      for (let i = depth - 1; i > 0; i--) if (path[i] === value) return false;
    }
    path[depth] = value;
    this.#depth = depth + 1;
    const is = isArray(value) ? this.#list(value, inList) : this.#record(value);
    this.#depth = depth;
    return is;
  }

  #list(values: readonly unknown[], inList: boolean): boolean {
    if (prototypeOf(values) !== arrayPrototype) return false;
    const { length } = values;
    if (this.#isShort(length * LEAST_ITEM + 1)) return false;
    // Brackets and commas.
    this.#left -= length === 0 ? 2 : length + 1;
    this.#isKnown(LIST);
    this.#isKnown(length);
    const room = this.#left;
    let largest = 0;
    let fractions = 0;
    for (let i = 0; i < length; i++) {
      const before = this.#left;
      // Where there is an item, neither question goes on to a prototype.
      if (!hasOwn(values, i) || getterOf(values, i) !== undefined) return false;
      const value = values[i];
      if (typeof value === "number") {
        if (!this.#number(value)) return false;
        if ((value | 0) !== value) fractions++;
      } else if (typeof value === "string") {
        if (!this.#item(value, inList) && this.#left >= 0) return false;
      } else if (typeof value === "object" && value !== null) {
        if (!this.#object(value, true) && this.#left >= 0) return false;
      } else if (value === null || typeof value === "boolean") {
        this.#left -= 4;
        this.#isKnown(value);
      } else return false;
      const bytes = before - this.#left;
      if (bytes > largest) largest = bytes;
      if (this.#left < 0) {
        if (this.#depth === 1) this.#crowd = { list: values, bytes: room - this.#left, largest };
        return false;
      }
    }
    if (fractions * FRACTION <= this.#left || this.#fits(values)) return true;
    if (this.#depth === 1)
      this.#crowd = { list: values, bytes: room - this.#left, largest: Math.max(largest, NUMBER) };
    return false;
  }

  /** Whether all numbers of a list fit: some may take more than was counted. */
  #fits(values: readonly unknown[]): boolean {
    for (let i = 0; i < values.length && this.#left >= 0; i++) {
      const value = values[i];
      if (typeof value === "number" && (value | 0) !== value)
        this.#left -= `${value}`.length - LEAST_FRACTION;
    }
    return this.#left >= 0;
  }

  /** One that may name the next item, or a column. */
  #item(text: string, inList: boolean): boolean {
    if (text.length <= LONGEST_ITEM_NAME || inList) {
      if (this.#redactor.namesSecret(text)) return false;
    }
    return this.#string(text);
  }

  #record(record: object): boolean {
    const prototype = prototypeOf(record) as object | null;
    if (prototype !== objectPrototype) {
      if (prototype === null ? isModule(record) : !isPlainInstance(prototype)) return false;
    }
    const keys = keysOf(record);
    const { length } = keys;
    const least = length * LEAST_MEMBER + 1;
    if (least > this.#left) {
      // The walk remembers how many names an object has.
      if (this.#depth > 1) this.#isShort(least);
      return false;
    }
    const shape = this.#shapes.of(keys, this.#depth, this.#left);
    if (!shape.plain) return false;
    this.#isKnown(shape);
    // An instance without fields shows its class; a number in another's clothes would be asked for
    // its value.
    if (
      length === 0
        ? prototype !== objectPrototype || isBoxed(record)
        : prototype !== objectPrototype && isBoxed(record)
    )
      return false;
    if ((this.#left -= shape.bytes) < 0) return false;
    for (let i = 0; i < length; i++) {
      const property = describe(record, keys[i] as string);
      // Only data has it.
      if (property?.writable === undefined) return false;
      const value: unknown = property.value;
      if (typeof value === "string") {
        if (!this.#string(value)) return false;
      } else if (typeof value === "number") {
        if (!this.#number(value)) return false;
      } else if (typeof value === "object" && value !== null) {
        if (!this.#object(value, false)) return false;
      } else if (value === null || typeof value === "boolean") {
        this.#left -= 4;
        this.#isKnown(value);
      } else return false;
      if (this.#left < 0) return false;
    }
    const { telling } = shape;
    return telling.length === 0 || !this.#tells(record, telling);
  }

  /** Whether one of these members may say that another one is a secret. */
  #tells(record: object, telling: readonly Telling[]): boolean {
    for (let i = 0; i < telling.length; i++) {
      const { key, role } = telling[i] as Telling;
      // It was seen to be data.
      const value = (record as Record<string, unknown>)[key];
      if (tellsBeside(this.#redactor, role, value)) return true;
    }
    return false;
  }

  /** Whether what is to come cannot fit, known without reading it. */
  #isShort(bytes: number): boolean {
    if (bytes <= this.#left) return false;
    this.#left -= bytes;
    this.#unread = bytes;
    return true;
  }

  #number(value: number): boolean {
    // Others are words.
    if (value - value !== 0) return false;
    this.#isKnown(value);
    if ((value | 0) !== value || value < 0) this.#left -= LEAST_FRACTION;
    else this.#left -= value < 10 ? 1 : value < 100 ? 2 : value < 1000 ? 3 : 4;
    return true;
  }

  #string(text: string): boolean {
    const { length } = text;
    if (this.#isShort(length + 2)) return false;
    this.#left -= length + 2;
    // Looked through a moment ago.
    if (this.#isKnown(text)) {
      if (isWorthKeeping(text)) this.#kept += length;
      return true;
    }
    if (length < this.#plainBelow) {
      if (isShortAndPlain(text)) return true;
    } else if (this.seen !== undefined && isWorthKeeping(text))
      return this.#isClean(this.seen, text);
    return this.#redactor.text(text) === text;
  }

  #isClean(seen: Seen, text: string): boolean {
    const verdict = seen.verdict(text);
    if (verdict === "kept") this.#kept += text.length;
    return verdict !== "secret";
  }
}

/** Whether methods would be asked for, or a descriptor would look as another one. */
function isPolluted(): boolean {
  return (
    hasOwn(objectPrototype, "toJSON") ||
    hasOwn(arrayPrototype, "toJSON") ||
    hasOwn(objectPrototype, "writable")
  );
}

/** An instance of a class that `JSON.stringify` asks for nothing. */
function isPlainInstance(prototype: object): boolean {
  if (!isOrdinaryPrototype(prototype)) return false;
  let holder: object | null = prototype;
  for (let i = 0; holder !== null && holder !== objectPrototype; i++) {
    if (i === LONGEST_CHAIN || isProxy(holder) || hasOwn(holder, "toJSON")) return false;
    holder = prototypeOf(holder) as object | null;
  }
  return true;
}
