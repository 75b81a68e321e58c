// Names and values of one object → what the walk writes as a JSON object or array.
import { ownValue } from "../platform/own-properties.ts";

const keysOf = Object.keys;
const prototypeOf = Object.getPrototypeOf;

/** Entries listed of a collection that cannot fit: enough for a preview. */
export const FIRST = 256;

/** Bytes of the shortest item, with its comma: `0,`. */
export const LEAST_ITEM = 2;
/** Bytes of the shortest member: `"":0,`. */
export const LEAST_MEMBER = 5;

/**
 * Written as a JSON object, or as an array whose names only say what is secret. The runtime makes
 * it and hands it to nobody: none of its members is an accessor.
 */
export class Fields {
  readonly names: readonly (string | undefined)[];
  readonly values: ArrayLike<unknown>;
  readonly listed: boolean;
  /** How many there are in all; where it is more than are listed here, these are the first. */
  readonly total: number;
  constructor(
    names: readonly (string | undefined)[],
    values: ArrayLike<unknown>,
    listed = false,
    total: number = values.length,
  ) {
    this.names = names;
    this.values = values;
    this.listed = listed;
    this.total = total;
  }
  /**
   * How many items of a list have names of their own, as arguments do; those of a rest have none.
   */
  get declared(): number {
    const { names } = this;
    const { length } = names;
    return names[length - 1]?.startsWith("...") === true ? length - 1 : length;
  }
  static is(value: object): value is Fields {
    return prototypeOf(value) === Fields.prototype;
  }
}

/** All enumerable own properties; only the first ones of an object that has more than `most`. */
export function ownFields(object: object, most: number): Fields {
  const all = keysOf(object);
  const names = all.length > most ? all.slice(0, FIRST) : all;
  const values: unknown[] = [];
  for (let i = 0; i < names.length; i++) values[i] = ownValue(object, names[i] ?? "");
  return new Fields(names, values, false, all.length);
}
