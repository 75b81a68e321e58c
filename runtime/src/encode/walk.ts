// Any value and a byte budget → its JSON text in one walk; or it does not fit, and a lower bound.
// Invariant: none of the program's code runs (proxies untouched, collections by intrinsics taken at
// load). The walk stops at the first piece that does not fit.
import { types } from "../platform/node.ts";
import { hasOwn, held, itemIn, ownDatum } from "../platform/own-properties.ts";
import { bigintJson, className, functionText, symbolName } from "./names.ts";
import { UNSET } from "../abi.ts";
import { Crowd } from "./lists/crowd.ts";
import { Draft } from "./draft.ts";
import { Encoded } from "./encoded.ts";
import { FIRST, Fields, LEAST_ITEM, LEAST_MEMBER } from "./fields.ts";
import { bytesOf, hasRareControl, quote, unitsWithin } from "./json-text.ts";
import { type Name, KnownNames } from "./known/names.ts";
import type { Seen } from "./known/seen.ts";
import { type Shape, Shapes, tellsLate } from "./known/shapes.ts";
import { Texts } from "./known/texts.ts";
import { numbersText } from "./lists/numbers.ts";
import { Beside, isHidden, isTold, Siblings, tellsBeside } from "./redact/beside.ts";
import { Previews } from "./truncate/previews.ts";
import type { Redactor } from "./redact/redactor.ts";
import { Rows } from "./lists/rows.ts";
import { isOrdinaryPrototype, unfold } from "./unfold.ts";

const isProxy = types.isProxy;
const isModule = types.isModuleNamespaceObject;
const isArray = Array.isArray;
const keysOf = Object.keys;
const describe = Object.getOwnPropertyDescriptor;
const prototypeOf = Object.getPrototypeOf;
const plain = Object.prototype;
const ourPrototype: object = Fields.prototype;

/**
 * Deeper containers show as a word: readers' JSON parsers recurse, Python's to about 1,000 levels.
 */
export const MAX_DEPTH = 100;
const LONGEST_NUMBER = 25;
/** Its value is written no more. */
const TOO_LONG: Name = { json: "", bytes: 0, secret: true, role: undefined };
const NO_NAMES: readonly string[] = [];

export class Walk {
  readonly redactor: Redactor;
  readonly mask: string;
  readonly #maskBytes: number;
  readonly #texts: Texts;
  readonly #rows: Rows;
  readonly names: KnownNames;
  readonly previews: Previews;
  readonly beside: Beside;
  readonly #shapes: Shapes;
  /** Containers being written, outermost first. */
  readonly path: object[] = [];
  readonly #draft = new Draft();
  readonly #crowd = new Crowd();
  /** Someone has given all objects, and so descriptors of accessors, a `writable`. */
  #polluted = false;
  /** The shape of the record that was written last, if all its members are leaves. */
  #flat: Shape | undefined;
  /**
   * Reading one character flattens V8's rope: its pieces, and the long strings they were sliced
   * from, can then be freed. Kept only so that V8 does not optimise the read away.
   */
  firstUnit = 0;
  /** At least so many bytes, of containers that were found not to fit. */
  floors: Map<object, number> | undefined;
  /** Objects with more names than fit: to list those again would cost as much as the first time. */
  wide: Map<object, { count: number; first: readonly string[] }> | undefined;

  constructor(redactor: Redactor) {
    this.redactor = redactor;
    this.mask = quote(redactor.mask);
    this.#maskBytes = bytesOf(this.mask);
    this.#texts = new Texts(redactor);
    this.#rows = new Rows(redactor, this.#texts);
    this.names = new KnownNames(redactor);
    this.previews = new Previews(redactor);
    this.beside = new Beside(redactor, (name) => this.names.get(name).role);
    this.#shapes = new Shapes(this.names);
  }

  /**
   * Characters of JSON text that may still be made in search of what fits; below 0 nothing more is
   * tried.
   */
  credit = 0;

  /** The JSON text of `value` where it fits `budget` bytes, else undefined. */
  whole(value: unknown, budget: number): string | undefined {
    const draft = this.#draft;
    const texts = this.#texts;
    texts.joined = false;
    let text = this.#written(value, budget, false);
    if (!draft.over && texts.joined && hasRareControl(text)) {
      texts.careful = true;
      text = this.#written(value, budget, false);
      texts.careful = false;
    }
    return !draft.over && draft.fits(text) ? text : undefined;
  }

  /** Bytes that the last walk left. */
  get left(): number {
    return this.#draft.bytesLeft;
  }

  /** The beginning of the JSON text of `value`, secrets masked; about `budget` bytes. */
  beginning(value: unknown, budget: number): string {
    this.#texts.careful = true;
    const text = this.#written(value, budget, true);
    this.#texts.careful = false;
    return text;
  }

  #written(value: unknown, budget: number, cut: boolean): string {
    this.#polluted = hasOwn(plain, "writable");
    this.#draft.begin(budget, cut);
    this.#value(value);
    const text = this.#draft.taken();
    if (!cut) this.credit -= text.length;
    return text;
  }

  /**
   * Whether a list is known to have too many small items for `room` bytes. The path ends in it.
   * @param largest bytes of an item, at most
   */
  isCrowd(list: readonly unknown[], room: number, largest: number): boolean {
    if (this.beside.knowsTables) return false;
    const crowd = this.#crowd;
    if (!crowd.knows(list, room)) {
      this.#draft.begin(room + list.length + 2, false);
      this.#array(list);
    }
    return crowd.knows(list, room) && crowd.largest <= largest;
  }

  /** What its trace has written before may be written again. */
  begin(seen: Seen | undefined): void {
    this.#texts.seen = seen;
  }

  /** Forgets what the encoding of one value left behind. */
  reset(): void {
    this.path.length = 0;
    this.previews.reset();
    this.floors = undefined;
    this.wide = undefined;
    this.#draft.begin(0, false);
    this.beside.reset();
    this.#crowd.reset();
    this.#texts.seen = undefined;
  }

  #value(value: unknown): void {
    const draft = this.#draft;
    const short = this.#texts.shortJsonOf(value);
    if (short !== undefined && (!draft.cut || typeof value !== "string")) {
      draft.ascii(short);
      return;
    }
    switch (typeof value) {
      case "string":
        this.#string(value);
        return;
      case "object":
        this.#object(value as object);
        return;
      case "bigint":
        draft.ascii(bigintJson(value));
        return;
      case "symbol":
        if (value === UNSET) draft.ascii("null");
        else this.#string(symbolName(value));
        return;
      case "function":
        this.#string(functionText(value));
        return;
      default:
        draft.ascii(value === undefined ? "null" : `"${value as number}"`);
    }
  }

  #string(value: string): void {
    const draft = this.#draft;
    const { length } = value;
    const room = draft.left - 2;
    // Before it is searched: a character may take three bytes.
    if (length > room || (length * 3 > room && bytesOf(value) > room)) {
      this.#cut(value);
      return;
    }
    const json = this.#texts.jsonOf(value);
    draft.json(json);
    if (draft.over) this.credit -= json.length;
  }

  /** A string that does not fit whole; a text's beginning still shows its first part. */
  #cut(value: string): void {
    if (this.#draft.cut && this.#draft.left > 0) {
      const shown = this.previews.of(value, this.#draft.left);
      this.#draft.text += quote(shown.slice(0, unitsWithin(shown, this.#draft.left))).slice(0, -1);
    }
    this.#draft.over = true;
    this.#draft.left -= value.length + 2;
  }

  #object(value: object): void {
    if (isProxy(value)) {
      this.#draft.ascii('"[Proxy]"');
      return;
    }
    const path = this.path;
    for (let i = path.length - 1; i >= 0; i--) {
      if (path[i] === value) {
        this.#draft.ascii('"[Circular]"');
        return;
      }
    }
    if (path.length >= MAX_DEPTH) {
      this.#draft.ascii(isArray(value) ? '"[Array]"' : '"[Object]"');
      return;
    }
    const left = this.#draft.left;
    path.push(value);
    if (isArray(value)) this.#array(value);
    else {
      const prototype = prototypeOf(value) as object | null;
      if (prototype === plain) this.#record(value);
      else if (prototype === ourPrototype) this.#fields(value as Fields);
      // Reading a module's bindings may throw: it may still be loading.
      else if (prototype === null && isModule(value)) this.#draft.ascii('"[Module]"');
      else if (prototype === null || isOrdinaryPrototype(prototype))
        this.#record(value, prototype !== null);
      else this.#instance(value);
    }
    path.pop();
    if (this.#draft.over) (this.floors ??= new Map()).set(value, left - this.#draft.left);
  }

  #array(values: readonly unknown[]): void {
    // Brackets, commas, and one byte an item at least.
    if (this.#draft.short(values.length * LEAST_ITEM + 1)) return;
    if (values.length === 0) {
      this.#draft.ascii("[]");
      return;
    }
    let items = this.beside.itemsOfTable(this.path, values);
    if (items === undefined && !this.#draft.cut && this.#numbers(values)) return;
    const { length } = values;
    const room = this.#draft.left;
    let largest = 0;
    for (let i = 0; i < length; i++) {
      this.#draft.ascii(i === 0 ? "[" : ",");
      const before = this.#draft.left;
      const value = itemIn(values, i);
      items ??= this.beside.itemsFrom(this.path, values, i, value);
      if (items !== undefined && items.isSecret(i, value) && isHidden(value, "", NO_NAMES))
        this.#masked();
      else this.#value(value);
      largest = Math.max(largest, before - this.#draft.left);
      if (this.#draft.over) {
        this.#crowd.note(values, room - this.#draft.left - i - 1, largest);
        return;
      }
      // Perhaps the first of many rows.
      const shape = this.#flat;
      this.#flat = undefined;
      if (shape === undefined || items !== undefined || this.#draft.cut) continue;
      const rows = this.#rows;
      i = rows.write(values, i + 1, shape, this.#draft.left) - 1;
      this.#draft.text += rows.text;
      this.#draft.left = rows.left;
      largest = Math.max(largest, rows.largest);
    }
    this.#draft.ascii("]");
  }

  /** Leaves to the engine what it writes at a third of the time. */
  #numbers(values: readonly unknown[]): boolean {
    const text = numbersText(values, this.#draft.left);
    if (typeof text === "string") this.#draft.ascii(text);
    else if (text !== undefined) {
      this.#crowd.note(values, text - values.length - 1, LONGEST_NUMBER);
      this.#draft.short(text);
    }
    return text !== undefined;
  }

  #record(record: object, named = false): void {
    const wide = this.wide?.get(record);
    if (wide !== undefined && this.#draft.short(wide.count * LEAST_MEMBER + 1)) return;
    const keys = wide !== undefined && this.#draft.cut ? wide.first : keysOf(record);
    const length = keys.length;
    // Brackets, commas, quotes, colons, and one byte a value at least.
    if (this.#draft.short(length * LEAST_MEMBER + 1)) {
      if (length > FIRST)
        (this.wide ??= new Map()).set(record, { count: length, first: keys.slice(0, FIRST) });
      return;
    }
    if (length === 0) {
      const type = named ? className(record) : "";
      this.#draft.ascii("{");
      if (type !== "") {
        this.#draft.ascii('"_type":');
        this.#string(type);
      }
      this.#draft.ascii("}");
      return;
    }
    const shape = this.#shapes.of(keys, this.path.length);
    if (
      this.#draft.cut ||
      shape === undefined ||
      shape.secret ||
      tellsLate(this.redactor, record, shape)
    )
      this.#members(record, keys, 0);
    else this.#shaped(record, shape);
    if (!this.#draft.over) this.#draft.ascii("}");
  }

  /** Members of whom none is a secret by its own name. */
  #shaped(record: object, shape: Shape): void {
    const { keys, labels, sizes, early } = shape;
    const { length } = keys;
    const texts = this.#texts;
    let flat = !this.#polluted;
    let text = "";
    for (let i = 0; i < length; i++) {
      const property = describe(record, keys[i] as string);
      if (property === undefined) continue;
      // Only data has it.
      const value: unknown =
        property.writable === undefined || this.#polluted ? held(property) : property.value;
      const json = texts.shortJsonOf(value);
      this.#draft.left -= (sizes[i] as number) + (json === undefined ? 0 : json.length);
      if (this.#draft.left < 0) {
        this.#draft.text += text;
        this.#draft.over = true;
        return;
      }
      text += labels[i] as string;
      if (json !== undefined) text += json;
      else {
        this.#draft.text += text;
        text = "";
        if (typeof value === "object") flat = false;
        this.#value(value);
        if (this.#draft.over) return;
      }
      const role = early[i];
      if (role !== undefined && tellsBeside(this.redactor, role, value)) {
        this.#draft.text += text;
        this.#members(record, keys, i + 1);
        return;
      }
    }
    this.#draft.text += text;
    this.#flat = flat ? shape : undefined;
  }

  /** @param from of these on */
  #members(record: object, keys: readonly string[], from: number): void {
    let siblings: Siblings | undefined;
    for (let i = from; i < keys.length; i++) {
      const key = keys[i] as string;
      const property = describe(record, key);
      if (property === undefined) continue;
      const name = this.#key(i === 0, key);
      const value = held(property);
      let secret = name.secret;
      if (!secret && isTold(name.role)) {
        siblings ??= new Siblings(this.beside, keys, (at) => ownDatum(record, keys[at] as string));
        secret = siblings.hide(name.role, value);
      }
      if (secret && isHidden(value, key, keys)) this.#masked();
      else this.#value(value);
      if (this.#draft.over) return;
    }
  }

  #instance(value: object): void {
    if (Encoded.is(value)) {
      this.#draft.json(value.text);
      return;
    }
    let content: unknown;
    try {
      content = unfold(value, this.#draft.left);
    } catch {
      content = undefined; // it only looked like one of its kind
    }
    if (content === undefined) this.#record(value, true);
    else if (typeof content === "object") this.#fields(content as Fields);
    else this.#value(content);
  }

  #fields(fields: Fields): void {
    const { names, values, listed, total } = fields;
    const length = values.length;
    const least = total * (listed ? LEAST_ITEM : LEAST_MEMBER) + 1;
    // Those that are not listed here are known not to fit.
    if (this.#draft.short(total > length ? Math.max(least, this.#draft.left + 1) : least)) return;
    let first = true;
    let siblings: Siblings | undefined;
    let items = listed ? this.beside.itemsOfTable(this.path, fields) : undefined;
    for (let i = 0; i < length; i++) {
      const value = values[i];
      if (value === UNSET && !listed) continue;
      const key = names[i];
      let name: Name | undefined;
      if (!listed) name = this.#key(first, key ?? "");
      else {
        this.#draft.ascii(first ? "[" : ",");
        if (key !== undefined) name = this.names.get(key);
        items ??= this.beside.itemsFrom(this.path, fields, i, value);
      }
      first = false;
      let secret = name?.secret === true;
      if (isTold(name?.role)) {
        siblings ??= new Siblings(this.beside, names, (at) => values[at]);
        if (siblings.hide(name?.role, value)) secret = true;
      }
      if (items?.isSecret(i, value) === true) secret = true;
      if (secret && isHidden(value, key ?? "", names)) this.#masked();
      else this.#value(value);
      if (this.#draft.over) return;
    }
    this.#draft.ascii(listed ? (first ? "[]" : "]") : first ? "{}" : "}");
  }

  /** Writes `{"key":` or `,"key":`. */
  #key(first: boolean, key: string): Name {
    if (key.length > this.#draft.left) {
      this.#draft.over = true;
      this.#draft.left -= key.length;
      return TOO_LONG;
    }
    const name = this.names.get(key);
    if ((this.#draft.left -= name.bytes + 1) < 0) this.#draft.over = true;
    else this.#draft.text += (first ? "{" : ",") + name.json;
    return name;
  }

  #masked(): void {
    if ((this.#draft.left -= this.#maskBytes) < 0) this.#draft.over = true;
    else this.#draft.text += this.mask;
  }
}
