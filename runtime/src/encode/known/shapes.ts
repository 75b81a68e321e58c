// A record's names, in their order → how they are written, and what they say of each other.
// Invariant: shapes of many records are made once; names may be data: few shapes are kept.
import { ownDatum } from "../../platform/own-properties.ts";
import { isTold, type Role, tellsBeside } from "../redact/beside.ts";
import type { Redactor } from "../redact/redactor.ts";
import type { KnownNames } from "./names.ts";

/** Kept; names may be data. */
const MOST_SHAPES = 256;
/** Names of a record of which the shape is kept, and their characters. */
const MOST_NAMES = 64;
const MOST_CHARACTERS = 2048;

/** Of records with the same names in the same order. */
export interface Shape {
  readonly keys: readonly string[];
  /** `{"name":` of the first one, `,"name":` of the others. */
  readonly labels: readonly string[];
  /** Bytes of each label. */
  readonly sizes: readonly number[];
  /** Bytes of all labels. */
  readonly bytes: number;
  /** A member's value is a secret by its own name. */
  readonly secret: boolean;
  /** Of each member that may say that one behind it is a secret. */
  readonly early: readonly (Role | undefined)[];
  /** The same of each, whether that one stands behind it or before. */
  readonly telling: readonly (Role | undefined)[];
  /** The members that may say that one before them is a secret. */
  readonly late: readonly Telling[];
}

interface Telling {
  readonly key: string;
  readonly role: Role;
}

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
   * Undefined where it has too many names.
   * @param depth of the record among those around it
   */
  of(keys: readonly string[], depth: number): Shape | undefined {
    const last = this.#last[depth];
    if (last !== undefined && isOf(last, keys)) return last;
    const first = keys[0] ?? "";
    const known = this.#known.get(first);
    if (known !== undefined && isOf(known, keys)) return (this.#last[depth] = known);
    if (keys.length > MOST_NAMES || charactersOf(keys) > MOST_CHARACTERS) return undefined;
    const shape = this.#newShape(keys);
    if (this.#known.size >= MOST_SHAPES) this.#known.clear();
    this.#known.set(first, shape);
    return (this.#last[depth] = shape);
  }

  #newShape(keys: readonly string[]): Shape {
    const labels: string[] = [];
    const sizes: number[] = [];
    const early: (Role | undefined)[] = [];
    const telling: (Role | undefined)[] = [];
    const late: Telling[] = [];
    let all = 0;
    let secret = false;
    let told = false;
    for (let i = keys.length - 1; i >= 0; i--) {
      const name = this.#names.get(keys[i] ?? "");
      if (name.secret) secret = true;
      if (isTold(name.role)) told = true;
    }
    let toCome = told;
    for (let i = 0; i < keys.length; i++) {
      const key = keys[i] ?? "";
      const { json, bytes, role } = this.#names.get(key);
      labels[i] = (i === 0 ? "{" : ",") + json;
      sizes[i] = bytes + 1;
      all += bytes + 1;
      telling[i] = told && !isTold(role) ? role : undefined;
      early[i] = toCome ? telling[i] : undefined;
      if (isTold(role)) toCome = false;
      else if (told && !toCome && role !== undefined) late.push({ key, role });
    }
    return { keys, labels, sizes, bytes: all, secret, early, telling, late };
  }
}

function charactersOf(keys: readonly string[]): number {
  let sum = 0;
  for (let i = 0; i < keys.length; i++) sum += keys[i]?.length ?? 0;
  return sum;
}

/** Whether a member of a record may say that one before it is a secret. */
export function tellsLate(redactor: Redactor, record: object, { late }: Shape): boolean {
  for (let i = 0; i < late.length; i++) {
    const { key, role } = late[i] as Telling;
    if (tellsBeside(redactor, role, ownDatum(record, key))) return true;
  }
  return false;
}

export function isOf(shape: Shape, keys: readonly string[]): boolean {
  let i = keys.length;
  if (shape.keys.length !== i) return false;
  while (--i >= 0 && keys[i] === shape.keys[i]);
  return i < 0;
}
