// A record's names, in their order → whether `JSON.stringify` writes them as the walk would, what
// they take, and what they tell.
// Invariant: shapes of many records are made once; names may be data: few shapes are kept.
import type { KnownNames } from "../known-names.ts";
import { isTold, type Role } from "../redact/beside.ts";

/** Kept; names may be data. */
const MOST_SHAPES = 256;
/** Names of a record of which the shape is kept. */
const LONGEST_SHAPE = 64;
/** Of records with the same names in the same order. */
export interface Shape {
  readonly keys: readonly string[];
  /** `JSON.stringify` writes the names as they are, and none is a secret's. */
  readonly plain: boolean;
  /** Names, colons, commas and braces. */
  readonly bytes: number;
  /** `"name":` of each. */
  readonly labels: readonly string[];
  /** Members that say whether another one is a secret, where there is such another one. */
  readonly telling: readonly Telling[];
}

export interface Telling {
  readonly key: string;
  readonly role: Role;
}

const NOTHING: readonly Telling[] = [];
const NO_NAMES: readonly string[] = [];
const NO_SHAPE: Shape = {
  keys: NO_NAMES,
  plain: false,
  bytes: 0,
  labels: NO_NAMES,
  telling: NOTHING,
};

export class Shapes {
  readonly #names: KnownNames;
  /** The last one at each depth: lists hold records of one shape. */
  readonly #last: (Shape | undefined)[] = [];
  /** The last one that begins with a name. */
  readonly #known = new Map<string, Shape>();

  constructor(names: KnownNames) {
    this.#names = names;
  }

  /**
   * @param depth of the record among those around it
   * @param most bytes; names that take more are not all looked at
   */
  of(keys: readonly string[], depth: number, most: number): Shape {
    const last = this.#last[depth];
    if (last !== undefined && isOf(last, keys)) return last;
    const first = keys[0] ?? "";
    const known = this.#known.get(first);
    if (known !== undefined && isOf(known, keys)) return (this.#last[depth] = known);
    const shape = this.#newShape(keys, most);
    if (keys.length <= LONGEST_SHAPE) {
      if (this.#known.size >= MOST_SHAPES) this.#known.clear();
      this.#known.set(first, shape);
    }
    return (this.#last[depth] = shape);
  }

  #newShape(keys: readonly string[], most: number): Shape {
    const { length } = keys;
    let bytes = length === 0 ? 2 : 1;
    let told = false;
    let telling: Telling[] | undefined;
    const labels: string[] = [];
    for (let i = 0; i < length; i++) {
      const key = keys[i] ?? "";
      if (bytes + key.length > most) return { ...NO_SHAPE, plain: true, bytes: bytes + key.length };
      const name = this.#names.get(key);
      if (name.secret || name.masked || isUnlike(key)) return { ...NO_SHAPE, keys };
      labels[i] = name.json;
      bytes += name.bytes + 1;
      const { role } = name;
      if (isTold(role)) told = true;
      else if (role !== undefined) (telling ??= []).push({ key, role });
    }
    return { keys, plain: true, bytes, labels, telling: told ? (telling ?? NOTHING) : NOTHING };
  }
}

/** `JSON.stringify` writes what has such a member in another way. */
function isUnlike(key: string): boolean {
  return key === "toJSON" || key === "rawJSON";
}

function isOf(shape: Shape, keys: readonly string[]): boolean {
  let i = keys.length;
  if (shape.keys.length !== i) return false;
  while (--i >= 0 && keys[i] === shape.keys[i]);
  return i < 0;
}
