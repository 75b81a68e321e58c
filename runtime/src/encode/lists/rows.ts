// A list's records of one shape → their JSON text, as long as all of their members are leaves.
// Invariant: what is written is what the walk writes; it goes on where this ends.
import { types } from "../../platform/node.ts";
import { itemIn } from "../../platform/own-properties.ts";
import { isOf, type Shape } from "../known/shapes.ts";
import type { Texts } from "../known/texts.ts";
import { tellsBeside } from "../redact/beside.ts";
import type { Redactor } from "../redact/redactor.ts";

const isProxy = types.isProxy;
const keysOf = Object.keys;
const describe = Object.getOwnPropertyDescriptor;
const prototypeOf = Object.getPrototypeOf;
const plain = Object.prototype;

export class Rows {
  readonly #redactor: Redactor;
  readonly #texts: Texts;
  /** Of all rows, a comma before each. */
  text = "";
  /** Bytes that are left. */
  left = 0;
  /** Bytes of the largest row. */
  largest = 0;

  constructor(redactor: Redactor, texts: Texts) {
    this.#redactor = redactor;
    this.#texts = texts;
  }

  /** @returns the index of the first item that is not written */
  write(values: readonly unknown[], from: number, shape: Shape, most: number): number {
    const { length } = values;
    let text = "";
    this.left = most;
    this.largest = 0;
    let at = from;
    for (; at < length; at++) {
      const before = this.left;
      const row = this.#row(itemIn(values, at), shape);
      if (row === undefined) {
        this.left = before;
        break;
      }
      text += row;
      if (before - this.left > this.largest) this.largest = before - this.left;
    }
    this.text = text;
    return at;
  }

  #row(item: unknown, shape: Shape): string | undefined {
    if (typeof item !== "object" || item === null || isProxy(item)) return undefined;
    if (prototypeOf(item) !== plain) return undefined;
    const keys = keysOf(item);
    if (!isOf(shape, keys)) return undefined;
    const { labels, telling } = shape;
    const texts = this.#texts;
    let left = this.left - shape.bytes - 2; // a comma and a brace
    let text = ",";
    for (let i = 0; i < keys.length; i++) {
      const property = describe(item, keys[i] as string);
      // Only data has it.
      if (property?.writable === undefined) return undefined;
      const value: unknown = property.value;
      let json = texts.shortJsonOf(value);
      if (json === undefined) {
        // A text that may have to be cut is the walk's.
        if (typeof value !== "string" || value.length * 3 + 2 > left) return undefined;
        json = texts.jsonOf(value);
      }
      left -= json.length;
      text += (labels[i] as string) + json;
      const role = telling[i];
      if (role !== undefined && tellsBeside(this.#redactor, role, value)) return undefined;
    }
    if (left < 0) return undefined;
    this.left = left;
    return `${text}}`;
  }
}
