// Any value and a byte budget → its JSON text in one walk; or it does not fit, and a lower bound.
// Invariant: none of the program's code runs (proxies untouched, collections by intrinsics taken at
// load). The walk stops at the first piece that does not fit.
import { types } from "../platform/node.ts";
import { held, ownDatum } from "../platform/own-properties.ts";
import { className, functionText, symbolName } from "./names.ts";
import { UNSET } from "../abi.ts";
import { Encoded } from "./encoded.ts";
import { FIRST, Fields, LEAST_ITEM, LEAST_MEMBER } from "./fields.ts";
import { bytesOf, isShortAndPlain, quote, quoteIn, SHORT, unitsWithin } from "./json-text.ts";
import { Beside, isHidden, isTold, Items, listOf, Siblings } from "./redact/beside.ts";
import { type Name, KnownNames } from "./known-names.ts";
import { MAX_DEPTH, Plain } from "./plain/plain.ts";
import { Previews } from "./truncate/previews.ts";
import type { Redactor } from "./redact/redactor.ts";
import { isWorthKeeping, type Seen } from "./plain/seen.ts";
import { isOrdinaryPrototype, unfold } from "./unfold.ts";

const isProxy = types.isProxy;
const isModule = types.isModuleNamespaceObject;
const isArray = Array.isArray;
const keysOf = Object.keys;
const describe = Object.getOwnPropertyDescriptor;
const prototypeOf = Object.getPrototypeOf;
const plain = Object.prototype;
const ourPrototype: object = Fields.prototype;

/** A BigInt beyond 2^4096 is not written out: its decimal text takes quadratic time. */
const LARGEST_BIGINT = 1n << 4096n;

/** Its value is written no more. */
const TOO_LONG: Name = { json: "", bytes: 0, secret: true, role: undefined, masked: false };
const NO_NAMES: readonly string[] = [];
export class Walk {
  readonly redactor: Redactor;
  readonly mask: string;
  readonly #maskBytes: number;
  /** Strings with fewer characters take the short way: no search for secrets, no JSON.stringify. */
  readonly #plainBelow: number;
  readonly names: KnownNames;
  readonly previews: Previews;
  readonly beside: Beside;
  readonly #plain: Plain;
  /** Containers being written, outermost first. */
  readonly path: object[] = [];
  #text = "";
  #left = 0;
  #over = false;
  #start = false;
  #seen: Seen | undefined;
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
    this.#plainBelow = Math.min(SHORT, redactor.shortest);
    this.names = new KnownNames(redactor);
    this.previews = new Previews(redactor);
    this.beside = new Beside(redactor, (name) => this.names.get(name).role);
    this.#plain = new Plain(redactor, this.names, this.#plainBelow);
  }

  /**
   * Characters of JSON text that may still be made in search of what fits; below 0 nothing more is
   * tried.
   */
  credit = 0;

  /** The JSON text of `value` where it fits `budget` bytes, else undefined. */
  whole(value: unknown, budget: number): string | undefined {
    this.#begin(budget, false);
    this.#value(value);
    const text = this.#text;
    this.#text = "";
    this.credit -= text.length;
    return this.#over ? undefined : text;
  }

  /** Bytes that the last walk left. */
  get left(): number {
    return this.#left;
  }

  /** The beginning of the JSON text of `value`, secrets masked; about `budget` bytes. */
  beginning(value: unknown, budget: number): string {
    this.#begin(budget, true);
    this.#value(value);
    const text = this.#text;
    this.#text = "";
    return text;
  }

  /** Whether a list is known to have too many small items for `room` bytes. */
  isCrowd(list: object, room: number, largest: number): boolean {
    if (this.beside.knowsTables) return false;
    return this.#plain.isCrowd(list, this.path, room, largest);
  }

  /** What its trace has written before may be written again. */
  begin(seen: Seen | undefined): void {
    this.#seen = seen;
    this.#plain.seen = seen;
  }

  /** Forgets what the encoding of one value left behind. */
  reset(): void {
    this.path.length = 0;
    this.previews.reset();
    this.floors = undefined;
    this.wide = undefined;
    this.beside.reset();
    this.#plain.reset();
    this.#seen = undefined;
  }

  #begin(budget: number, start: boolean): void {
    this.#text = "";
    this.#left = budget;
    this.#over = false;
    this.#start = start;
  }

  #value(value: unknown): void {
    switch (typeof value) {
      case "string":
        this.#string(value);
        return;
      case "number":
        this.#ascii(value - value === 0 ? `${value}` : `"${value}"`);
        return;
      case "boolean":
        this.#ascii(value ? "true" : "false");
        return;
      case "undefined":
        this.#ascii("null");
        return;
      case "object":
        if (value === null) this.#ascii("null");
        else this.#object(value);
        return;
      case "bigint":
        this.#ascii(
          value < LARGEST_BIGINT && value > -LARGEST_BIGINT ? `"${value}n"` : '"[BigInt]"',
        );
        return;
      case "symbol":
        if (value === UNSET) this.#ascii("null");
        else this.#string(symbolName(value));
        return;
      case "function":
        this.#string(functionText(value));
        return;
    }
  }

  /** JSON text of printable ASCII. */
  #ascii(json: string): void {
    if ((this.#left -= json.length) < 0) this.#over = true;
    else this.#text += json;
  }

  #string(value: string): void {
    const length = value.length;
    if (length + 2 > this.#left || (length * 3 + 2 > this.#left && !this.#mayFit(value))) {
      this.#cut(value);
      return;
    }
    if (length < this.#plainBelow && isShortAndPlain(value)) {
      this.#left -= length + 2;
      this.#text += `"${value}"`;
      return;
    }
    const seen = this.#seen;
    if (seen !== undefined && isWorthKeeping(value)) this.#json(seen.jsonOf(value));
    else this.#json(quoteIn(this.redactor.text(value)));
  }

  /** Before it is searched: a character may take three bytes. */
  #mayFit(value: string): boolean {
    return bytesOf(value) + 2 <= this.#left;
  }

  /** JSON text of any characters. */
  #json(json: string): void {
    if ((this.#left -= bytesOf(json)) >= 0) {
      this.#text += json;
      return;
    }
    this.#over = true;
    this.credit -= json.length;
    if (this.#start) this.#text += json.slice(0, this.#left + json.length);
  }

  /** A string that does not fit whole; a text's beginning still shows its first part. */
  #cut(value: string): void {
    if (this.#start && this.#left > 0) {
      const shown = this.previews.of(value, this.#left);
      this.#text += quote(shown.slice(0, unitsWithin(shown, this.#left))).slice(0, -1);
    }
    this.#over = true;
    this.#left -= value.length + 2;
  }

  #object(value: object): void {
    if (isProxy(value)) {
      this.#ascii('"[Proxy]"');
      return;
    }
    const path = this.path;
    for (let i = path.length - 1; i >= 0; i--) {
      if (path[i] === value) {
        this.#ascii('"[Circular]"');
        return;
      }
    }
    if (path.length >= MAX_DEPTH) {
      this.#ascii(isArray(value) ? '"[Array]"' : '"[Object]"');
      return;
    }
    const left = this.#left;
    path.push(value);
    if (isArray(value)) {
      if (!this.#asJson(value)) this.#array(value);
    } else {
      const prototype = prototypeOf(value) as object | null;
      // Reading a module's bindings may throw: it may still be loading.
      if (prototype === null && isModule(value)) this.#ascii('"[Module]"');
      else if (prototype === plain || prototype === null) {
        if (!this.#asJson(value)) this.#record(value);
      } else if (prototype === ourPrototype) this.#fields(value as Fields);
      else if (!isOrdinaryPrototype(prototype) || !this.#asJson(value)) this.#instance(value);
    }
    path.pop();
    if (this.#over) (this.floors ??= new Map()).set(value, left - this.#left);
  }

  /** Leaves to the engine what it writes as we would, at a third of the time. */
  #asJson(value: object): boolean {
    const ahead = this.#plain;
    if (this.#start || this.beside.knowsTables) return false;
    const text = ahead.textOf(value, this.path, this.#left);
    if (text !== undefined) this.#json(text);
    else if (ahead.left < 0) {
      this.credit -= ahead.readOf(this.#left);
      this.#left = ahead.left;
      this.#over = true;
    } else return false;
    return true;
  }

  #array(values: readonly unknown[]): void {
    const length = values.length;
    // Brackets, commas, and one byte an item at least.
    if (!this.#start && this.#short(length * LEAST_ITEM + 1)) return;
    if (length === 0) {
      this.#ascii("[]");
      return;
    }
    let items = this.#itemsOfTable(values);
    for (let i = 0; i < length; i++) {
      this.#ascii(i === 0 ? "[" : ",");
      const property = describe(values, i);
      const value = property === undefined ? undefined : held(property);
      items ??= this.#itemsFrom(values, i, value);
      if (items !== undefined && items.isSecret(i, value) && isHidden(value, "", NO_NAMES))
        this.#masked();
      else this.#value(value);
      if (this.#over) return;
    }
    this.#ascii("]");
  }

  #record(record: object, named = false): void {
    const wide = this.wide?.get(record);
    if (wide !== undefined && !this.#start && this.#short(wide.count * LEAST_MEMBER + 1)) return;
    const keys = wide !== undefined && this.#start ? wide.first : keysOf(record);
    const length = keys.length;
    // Brackets, commas, quotes, colons, and one byte a value at least.
    if (!this.#start && this.#short(length * LEAST_MEMBER + 1)) {
      if (length > FIRST)
        (this.wide ??= new Map()).set(record, { count: length, first: keys.slice(0, FIRST) });
      return;
    }
    if (length === 0) {
      const type = named ? className(record) : "";
      this.#ascii("{");
      if (type !== "") {
        this.#ascii('"_type":');
        this.#string(type);
      }
      this.#ascii("}");
      return;
    }
    let siblings: Siblings | undefined;
    for (let i = 0; i < length; i++) {
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
      if (this.#over) return;
    }
    this.#ascii("}");
  }

  #instance(value: object): void {
    if (Encoded.is(value)) {
      this.#json(value.text);
      return;
    }
    let content: unknown;
    try {
      content = unfold(value, this.#left);
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
    if (!this.#start && this.#short(total > length ? Math.max(least, this.#left + 1) : least))
      return;
    let first = true;
    let siblings: Siblings | undefined;
    let items = listed ? this.#itemsOfTable(fields) : undefined;
    for (let i = 0; i < length; i++) {
      const value = values[i];
      if (value === UNSET && !listed) continue;
      const key = names[i];
      let name: Name | undefined;
      if (!listed) name = this.#key(first, key ?? "");
      else {
        this.#ascii(first ? "[" : ",");
        if (key !== undefined) name = this.names.get(key);
        items ??= this.#itemsFrom(fields, i, value);
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
      if (this.#over) return;
    }
    this.#ascii(listed ? (first ? "[]" : "]") : first ? "{}" : "}");
  }

  /** The items of the innermost list, where they are a row or rows of a table. */
  #itemsOfTable(list: readonly unknown[] | Fields): Items | undefined {
    const { path, beside } = this;
    const table = beside.tableOf(path.at(-1), path.at(-2));
    return table === undefined ? undefined : this.itemsOf(list);
  }

  /** The items of the innermost list, from the first one on that says something of others. */
  #itemsFrom(list: readonly unknown[] | Fields, index: number, item: unknown): Items | undefined {
    if (typeof item === "object" && index === 0) this.beside.noteHead(this.path.at(-1), item);
    return this.beside.namesSecret(item) ? this.itemsOf(list) : undefined;
  }

  /** The items of the innermost list. */
  itemsOf(list: readonly unknown[] | Fields): Items | undefined {
    const { path, beside } = this;
    const read = listOf(list);
    if (read === undefined) return undefined;
    return new Items(beside, read, path.at(-1), path.at(-2), Fields.is(list) ? list.declared : 0);
  }

  /** Writes `{"key":` or `,"key":`. */
  #key(first: boolean, key: string): Name {
    if (key.length > this.#left) {
      this.#over = true;
      this.#left -= key.length;
      return TOO_LONG;
    }
    const name = this.names.get(key);
    if ((this.#left -= name.bytes + 1) < 0) this.#over = true;
    else this.#text += (first ? "{" : ",") + name.json;
    return name;
  }

  #masked(): void {
    if ((this.#left -= this.#maskBytes) < 0) this.#over = true;
    else this.#text += this.mask;
  }

  /** Whether what is to come cannot fit, known by its number alone. */
  #short(bytes: number): boolean {
    if (bytes <= this.#left) return false;
    this.#left -= bytes;
    this.#over = true;
    return true;
  }
}
