// A value that does not fit its budget → its children, one after another, secrets masked.
// Invariant: only those that are asked for are read.
import { UNSET } from "../../abi.ts";
import { isObject, ownValue } from "../../platform/own-properties.ts";
import { Encoded, membersOf } from "../encoded.ts";
import { Fields, LEAST_ITEM, LEAST_MEMBER } from "../fields.ts";
import { isHidden, isTold, Siblings } from "../redact/beside.ts";
import { unfold } from "../unfold.ts";
import type { Walk } from "../walk.ts";

const isArray = Array.isArray;
const keysOf = Object.keys;
const NO_NAMES: readonly string[] = [];

export interface Child {
  readonly value: unknown;
  /** `"name":`, or "" in an array. */
  readonly label: string;
  /** Its JSON text, once it is known to fit. */
  text: string | undefined;
  /** Of its JSON text; at least so many while that is not known. */
  bytes: number;
}

/**
 * An object or array whose children share its budget. They are made when they are asked for: of
 * thousands too large for it a few hundred tell that it gives way as a whole.
 */
export class Container {
  /** Those made so far. */
  readonly children: Child[] = [];
  readonly count: number;
  readonly listed: boolean;
  /** Down to so many levels every child stays, if only as a marker. */
  readonly keep: number;
  readonly #make: (at: number) => Child | undefined;
  #made = 0;

  constructor({ count, listed, make }: Contents, keep: number) {
    this.count = count;
    this.listed = listed;
    this.keep = keep;
    this.#make = make;
  }

  /** The next child; undefined behind the last. */
  next(): Child | undefined {
    while (this.#made < this.count) {
      const child = this.#make(this.#made++);
      if (child === undefined) continue;
      this.children.push(child);
      return child;
    }
    return undefined;
  }
}

export interface Contents {
  readonly count: number;
  readonly listed: boolean;
  /** Undefined for a value that was never set. */
  readonly make: (at: number) => Child | undefined;
}

export function childOf(value: unknown, label: string): Child {
  return { value, label, text: undefined, bytes: 0 };
}

/**
 * What a value that does not fit consists of: a text, or children; undefined for another leaf, and
 * where the shortest children would not fit. The path ends in the value.
 */
export function contentsOf(
  walk: Walk,
  value: unknown,
  budget: number,
): Contents | string | undefined {
  if (typeof value === "string") return value;
  if (!isObject(value)) return undefined;
  if (isArray(value)) {
    if (value.length * LEAST_ITEM + 1 > budget) return undefined;
    return listContents(walk, value, value.length, NO_NAMES, (at) => ownValue(value, at));
  }
  if (Fields.is(value)) return fieldsContents(walk, value, budget);
  if (Encoded.is(value)) return encodedContents(value);
  const content = unfolded(value, budget);
  if (typeof content === "string") return content;
  if (typeof content === "object") return fieldsContents(walk, content, budget);
  const wide = walk.wide?.get(value);
  if (wide !== undefined && wide.count * LEAST_MEMBER + 1 > budget) return undefined;
  const names = keysOf(value);
  if (names.length * LEAST_MEMBER + 1 > budget) return undefined;
  return recordContents(walk, names, (at) => ownValue(value, names[at] ?? ""));
}

function unfolded(value: object, budget: number): ReturnType<typeof unfold> {
  try {
    return unfold(value, budget);
  } catch {
    return undefined; // it only looked like one of its kind
  }
}

function fieldsContents(walk: Walk, fields: Fields, budget: number): Contents | undefined {
  const { names, values, listed, total } = fields;
  const least = listed ? LEAST_ITEM : LEAST_MEMBER;
  if (total > values.length || total * least + 1 > budget) return undefined;
  const read = (at: number): unknown => values[at];
  return listed
    ? listContents(walk, fields, values.length, names, read)
    : recordContents(walk, names, read);
}

function encodedContents({ text }: Encoded): Contents | string | undefined {
  if (text.startsWith('"')) return JSON.parse(text) as string;
  const listed = text.startsWith("[");
  if (!listed && !text.startsWith("{")) return undefined;
  const { labels, texts } = membersOf(text);
  const make = (at: number): Child => childOf(new Encoded(texts[at] ?? "null"), labels[at] ?? "");
  return { count: texts.length, listed, make };
}

type Reader = (at: number) => unknown;

/** @param names of some of the items, which only say what is secret */
function listContents(
  walk: Walk,
  list: readonly unknown[] | Fields,
  count: number,
  names: Fields["names"],
  read: Reader,
): Contents {
  walk.beside.noteHead(walk.path.at(-1), read(0));
  const items = walk.beside.itemsOf(walk.path, list);
  const siblings = new Siblings(walk.beside, names, read);
  const make = (at: number): Child => {
    const value = read(at);
    const key = names[at];
    let secret = key !== undefined && isSecretMember(walk, siblings, key, value);
    if (items?.isSecret(at, value) === true) secret = true;
    return childOf(shownValue(walk, value, secret && isHidden(value, key ?? "", names)), "");
  };
  return { count, listed: true, make };
}

function recordContents(walk: Walk, names: Fields["names"], read: Reader): Contents {
  const siblings = new Siblings(walk.beside, names, read);
  const make = (at: number): Child | undefined => {
    const value = read(at);
    if (value === UNSET) return undefined;
    const key = names[at] ?? "";
    const secret = isSecretMember(walk, siblings, key, value);
    const shown = shownValue(walk, value, secret && isHidden(value, key, names));
    return childOf(shown, walk.names.get(key).json);
  };
  return { count: names.length, listed: false, make };
}

function isSecretMember(walk: Walk, siblings: Siblings, key: string, value: unknown): boolean {
  const { role, secret } = walk.names.get(key);
  return (isTold(role) && siblings.hide(role, value)) || secret;
}

function shownValue(walk: Walk, value: unknown, hidden: boolean): unknown {
  return hidden ? walk.redactor.mask : value;
}
