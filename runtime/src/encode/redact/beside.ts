// An object's members or a list's items → which are secrets by what stands beside them:
// `{ name: "DB_PASSWORD", value: "…" }`, `["x-api-key", "…"]`, columns and their rows.
// Invariant: none of the program's code runs; what stands beside the name of no secret stays.
import { type Decoder, textDecoder, types } from "../../platform/node.ts";
import { getter, isObject, ownDatum } from "../../platform/own-properties.ts";
import { Fields } from "../fields.ts";
import { isName, isToken, LONGEST_NAME, wordsOf } from "./names.ts";
import type { Redactor } from "./redactor.ts";

const isArray = Array.isArray;
const { isUint8Array } = types;
const bytesIn = getter(Object.getPrototypeOf(Uint8Array.prototype) as object, "byteLength");
let decoder: Decoder | undefined;

/** What a member is to the others of its object. */
export type Role = "name" | "kind" | "mark" | "value" | "values" | "columns" | "rows";

/** By the whole name of a member in lower case, or by its last word. */
const ROLES: ReadonlyMap<string, Role> = new Map(
  (
    [
      ["name", "name key header field param parameter variable var property prop attribute attr"],
      ["name", "option setting flag env label title id identifier column path slot entity k h $"],
      ["kind", "type kind format"],
      ["mark", "sensitive secret masked httponly"],
      ["value", "value val v #text _"],
      ["values", "values vals"],
      ["columns", "names keys columns cols headers fields metadata head"],
      ["rows", "rows row records data cells tuples body"],
    ] as const
  ).flatMap(([role, words]) => words.split(" ").map((word) => [word, role] as const)),
);

/** Of a form's inputs, of a store's parameters: `{ type: "SecureString", value: "…" }`. */
const SECRET_KIND = /^(?:password|secret|secure|sensitive|encrypted|credential)/i;
/** Where a text has an object of its own: DynamoDB, Firestore, RDS, syntax trees, XML. */
const WRAPPED = ["S", "stringValue", "name", "Name", "value", "columnName"];

/** Longer texts, in characters or bytes, name nothing in a list. */
const LONGEST_ITEM_NAME = 64;
/** What names a list's next item, perhaps in three words; a sentence does not. */
const ITEM_NAME = /^-{0,2}[\w$@#:./[\]-]+(?: [\w-]+){0,2}$/;
/** Items that are looked at to learn what a list is. */
const SAMPLE = 32;
/** An object with more members is data. */
const MOST_MEMBERS = 256;
/** A head of two may be a name and its value. */
const FEWEST_COLUMNS = 3;
const MOST_COLUMNS = 256;
const DIGIT = /\d/;

export function roleOf(name: string): Role | undefined {
  if (name.length > LONGEST_NAME) return undefined;
  return ROLES.get(name.toLowerCase()) ?? ROLES.get(wordsOf(name).at(-1) ?? "");
}

/** Whether what stands under such a name may be a secret by the names beside it. */
export function isTold(role: Role | undefined): boolean {
  return role === "value" || role === "values" || role === "rows";
}

/** Whether a member in this role may say that another one is a secret; where in doubt, it may. */
export function tellsBeside(redactor: Redactor, role: Role | undefined, value: unknown): boolean {
  if (typeof value === "object") return value !== null;
  if (role === "mark") return value === true;
  if (typeof value !== "string") return false;
  return role === "kind" ? SECRET_KIND.test(value) : redactor.namesSecret(value);
}

/** An array, or a copy of one. */
export interface List {
  readonly length: number;
  at(index: number): unknown;
}

function listOf(value: unknown): List | undefined {
  if (!isObject(value)) return undefined;
  if (isArray(value)) return { length: value.length, at: (index) => ownDatum(value, index) };
  if (!Fields.is(value) || !value.listed) return undefined;
  const { values } = value;
  return { length: values.length, at: (index) => values[index] };
}

/** A short text, or one in a buffer. */
function textOf(value: unknown): string | undefined {
  if (typeof value === "string") return value;
  if (typeof value !== "object" || !isUint8Array(value)) return undefined;
  if ((bytesIn(value) as number) > LONGEST_ITEM_NAME) return undefined;
  return (decoder ??= textDecoder()).decode(value);
}

/** The text of a member that may be in a list or an object of its own. */
function wrappedText(value: unknown): string | undefined {
  if (typeof value === "string" || !isObject(value)) return textOf(value);
  const list = listOf(value);
  if (list !== undefined) return list.length === 1 ? textOf(list.at(0)) : undefined;
  for (let i = 0; i < WRAPPED.length; i++) {
    const name = WRAPPED[i] ?? "";
    const text = Fields.is(value) ? value.values[value.names.indexOf(name)] : ownDatum(value, name);
    if (typeof text === "string") return text;
  }
  return textOf(value);
}

/** Which columns of a table hold secrets. */
interface Table {
  readonly secret: readonly boolean[];
  /** The row with their names, where it is one of the rows. */
  readonly head: unknown;
}

/** What one walk knows of the containers that it is in. */
export class Beside {
  readonly redactor: Redactor;
  readonly roleOf: (name: string) => Role | undefined;
  /** By the list that holds the rows. */
  #tables: Map<unknown, Table> | undefined;

  /** @param roles as `roleOf`, from a cache */
  constructor(redactor: Redactor, roles: (name: string) => Role | undefined) {
    this.redactor = redactor;
    this.roleOf = roles;
  }

  reset(): void {
    this.#tables = undefined;
  }

  /** Whether what a list holds may be secret by what stood elsewhere. */
  get knowsTables(): boolean {
    return this.#tables !== undefined;
  }

  /** Whether the item that follows this one may be a secret. */
  namesSecret(item: unknown): boolean {
    const text = textOf(item);
    return (
      text !== undefined &&
      text.length <= LONGEST_ITEM_NAME &&
      this.redactor.namesSecret(text) &&
      ITEM_NAME.test(text)
    );
  }

  /** The items of the innermost list. @param path the containers around them, outermost first */
  itemsOf(path: readonly object[], list: readonly unknown[] | Fields): Items | undefined {
    const read = listOf(list);
    if (read === undefined) return undefined;
    return new Items(this, read, path.at(-1), path.at(-2), Fields.is(list) ? list.declared : 0);
  }

  /** The same, where they are a row or rows of a table. */
  itemsOfTable(path: readonly object[], list: readonly unknown[] | Fields): Items | undefined {
    if (this.#tables === undefined) return undefined;
    return this.tableOf(path.at(-1), path.at(-2)) === undefined
      ? undefined
      : this.itemsOf(path, list);
  }

  /** The same, from the first item on that says something of others. */
  itemsFrom(
    path: readonly object[],
    list: readonly unknown[] | Fields,
    index: number,
    item: unknown,
  ): Items | undefined {
    if (typeof item !== "string" && (typeof item !== "object" || item === null)) return undefined;
    if (index === 0 && typeof item === "object") this.noteHead(path.at(-1), item);
    return this.namesSecret(item) ? this.itemsOf(path, list) : undefined;
  }

  /** The table that `self` is a row of, or the only row, or holds the columns one by one. */
  tableOf(self: unknown, parent: unknown): Table | undefined {
    const own = this.#tables?.get(self);
    if (own !== undefined) return own.head === undefined ? own : undefined;
    const table = this.#tables?.get(parent);
    return table?.head === self ? undefined : table;
  }

  /** `first`, the first item of `rows`, may hold the names of the columns. */
  noteHead(rows: unknown, first: unknown): void {
    const head = listOf(first);
    if (head === undefined || head.length < FEWEST_COLUMNS || head.length > MOST_COLUMNS) return;
    for (let i = 0; i < head.length; i++) if (typeof head.at(i) !== "string") return;
    this.noteTable(rows, head, first);
  }

  noteTable(rows: unknown, names: List, head?: unknown): void {
    const secret: boolean[] = [];
    for (let i = 0; i < names.length && i < MOST_COLUMNS; i++) {
      const name = wrappedText(names.at(i));
      secret[i] = name !== undefined && this.redactor.namesSecret(name);
    }
    if (secret.includes(true)) (this.#tables ??= new Map()).set(rows, { secret, head });
  }
}

/** The members of one object. */
export class Siblings {
  readonly #beside: Beside;
  readonly #names: readonly (string | undefined)[];
  readonly #at: (index: number) => unknown;
  #tellSecret: boolean | undefined;
  #columns: List | undefined;

  constructor(
    beside: Beside,
    names: readonly (string | undefined)[],
    at: (index: number) => unknown,
  ) {
    this.#beside = beside;
    this.#names = names;
    this.#at = at;
  }

  /** Whether the member in this role is a secret. */
  hide(role: Role | undefined, value: unknown): boolean {
    this.#tellSecret ??= this.#look();
    if (role !== "rows" && this.#tellSecret) return true;
    if (role !== "value" && this.#columns !== undefined && listOf(value) !== undefined)
      this.#beside.noteTable(value, this.#columns);
    return false;
  }

  #look(): boolean {
    let tell = false;
    for (let i = 0; i < this.#names.length && i < MOST_MEMBERS; i++) {
      const name = this.#names[i];
      const role = name === undefined ? undefined : this.#beside.roleOf(name);
      if (role === undefined || isTold(role)) continue;
      const value = this.#at(i);
      if (role === "columns" || role === "name") this.#columns ??= listOf(value);
      if (this.#tells(role, value)) tell = true;
    }
    return tell;
  }

  #tells(role: Role, value: unknown): boolean {
    if (role === "mark") return value === true;
    const text = role === "columns" ? undefined : wrappedText(value);
    if (text === undefined) return false;
    return role === "kind" ? SECRET_KIND.test(text) : this.#beside.redactor.namesSecret(text);
  }
}

/** The items of one list, asked for in their order. */
export class Items {
  readonly #beside: Beside;
  readonly #list: List;
  readonly #parent: unknown;
  readonly #declared: number;
  readonly #table: Table | undefined;
  #afterName = false;
  /** Where names and values begin to alternate; the list's end where they do not. */
  #alternateFrom: number | undefined;

  /** @param declared how many arguments of a call have names of their own */
  constructor(beside: Beside, list: List, self: unknown, parent: unknown, declared: number) {
    this.#beside = beside;
    this.#list = list;
    this.#parent = parent;
    this.#declared = declared;
    this.#table = beside.tableOf(self, parent);
  }

  isSecret(index: number, item: unknown): boolean {
    const secret = this.#isInColumn(index, item) || (this.#afterName && this.#follows(index, item));
    this.#afterName = !secret && index + 1 < this.#list.length && this.#beside.namesSecret(item);
    return secret;
  }

  #isInColumn(index: number, item: unknown): boolean {
    const secret = this.#table?.secret;
    if (secret?.length !== this.#list.length || secret[index] !== true) return false;
    // A row among rows: its own items are asked for.
    return listOf(item)?.length !== secret.length;
  }

  /** Whether the item is what the one before it names. */
  #follows(index: number, item: unknown): boolean {
    const name = textOf(this.#list.at(index - 1)) ?? "";
    const text = textOf(item);
    if (name.startsWith("-")) return text?.startsWith("-") === false && !name.startsWith("--no-");
    if (this.#list.length === 2 && isListOfPairs(this.#parent)) return true;
    this.#alternateFrom ??= alternateFrom(this.#list, this.#declared);
    const at = index - 1 - this.#alternateFrom;
    // It could be one word of many, or one argument.
    if (at < 0) return text !== undefined && isToken(text);
    return at % 2 === 0;
  }
}

/** `[["x-api-key", "…"], …]` */
function isListOfPairs(value: unknown): boolean {
  const list = listOf(value);
  if (list === undefined) return false;
  for (let i = 0; i < list.length && i < SAMPLE; i++) {
    const pair = listOf(list.at(i));
    if (pair?.length !== 2 || textOf(pair.at(0)) === undefined) return false;
  }
  return true;
}

/** `["Host", "x.io", "X-Api-Key", "…"]`, perhaps behind a word: `["HSET", "name", "…"]` */
function alternateFrom(list: List, declared: number): number {
  const from = declared + ((list.length - declared) % 2);
  let evidence = false;
  for (let i = from; i < list.length && i < from + SAMPLE; i += 2) {
    const name = textOf(list.at(i));
    if (name === undefined || !ITEM_NAME.test(name)) return list.length;
    const value = list.at(i + 1);
    const text = textOf(value);
    evidence ||= text === undefined ? typeof value === "number" : !isName(text) || DIGIT.test(text);
  }
  // Names alone: `["password", "email"]`
  return evidence ? from : list.length;
}

/**
 * What says nothing stays readable under a secret name, and so do the tokens of a model's log
 * probabilities.
 */
export function isHidden(value: unknown, key: string, siblings: readonly unknown[]): boolean {
  if (value === undefined || value === null || typeof value === "boolean" || value === "")
    return false;
  if (key === "pass") return typeof value === "string"; // a stream, a count of test runs
  return !(key === "token" && siblings.includes("logprob"));
}
