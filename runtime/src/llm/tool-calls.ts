// Tool calls, whole or piece by piece, of one answer after the other → a list of them.
// Invariant: pieces of one call become one call, different calls never do; an empty id or name
// takes the place of nothing; bounded in number, and in characters of each call's arguments.
import { field, parsedJson, textField } from "../platform/own-properties.ts";
import { valueAt } from "./json-path.ts";
import type { ToolCall } from "./reply.ts";

export interface CallPart {
  readonly id?: unknown;
  readonly name?: unknown;
  /** JSON text, or a piece of it. */
  readonly arguments?: unknown;
  /** Arguments as a value. */
  readonly input?: unknown;
  /** A text, or a piece of one, or another value, each at its JSON path: Gemini's `partialArgs`. */
  readonly pieces?: readonly unknown[];
}

interface Call {
  id: string | undefined;
  name: string | undefined;
  /** JSON text so far; `input` where the arguments came as a value. */
  arguments: string;
  input: unknown;
  readonly paths: Map<string, unknown>;
}

/** A model that calls more tools than this is told in part. */
const MAX_CALLS = 128;
/** Members of one call's input, where they are streamed one by one. */
const MAX_PATHS = 1024;

export class ToolCalls {
  readonly #limit: number;
  readonly #all: Call[] = [];
  /** Of the current answer, by key: the last is the one that a piece without an id belongs to. */
  readonly #open = new Map<unknown, Call[]>();
  #lastKey: unknown;

  /** @param limit characters kept of each call's arguments */
  constructor(limit: number) {
    this.#limit = limit;
  }

  /** Another answer begins: the same keys stand for other calls. */
  next(): void {
    this.#open.clear();
    this.#lastKey = undefined;
  }

  /** Whether the current answer calls a tool. */
  get some(): boolean {
    return this.#open.size > 0;
  }

  /**
   * A call, or a piece of one. Where servers give several calls one key, ids and names tell them
   * apart.
   * @param key undefined: that of the piece before
   */
  add(key: unknown, part: CallPart): void {
    this.#lastKey = key ??= this.#lastKey ?? 0;
    const open = this.#open.get(key) ?? [];
    const id = idOf(part.id);
    const name = nonEmpty(part.name);
    const call = continued(open, id, name, part) ?? this.#begin();
    if (call === undefined) return;
    this.#open.set(key, [...open.filter((other) => other !== call), call]);
    call.id ??= id;
    call.name = name ?? call.name;
    if (typeof part.arguments === "string")
      call.arguments = this.#joined(call.arguments, part.arguments);
    else if (part.input !== undefined) call.input = part.input;
    for (const piece of part.pieces ?? []) this.#addPiece(call.paths, piece);
  }

  #addPiece(paths: Map<string, unknown>, piece: unknown): void {
    const path = textField(piece, "jsonPath") ?? "";
    const earlier = paths.get(path);
    const text = textField(piece, "stringValue");
    const value = field(piece, "numberValue") ?? field(piece, "boolValue") ?? null;
    if (earlier === undefined && paths.size >= MAX_PATHS) return;
    paths.set(
      path,
      text === undefined ? value : this.#joined(typeof earlier === "string" ? earlier : "", text),
    );
  }

  /** The call's whole arguments, in place of its pieces. */
  setArguments(key: unknown, text: string | undefined): void {
    const call = this.#open.get(key ?? this.#lastKey)?.at(-1);
    if (call !== undefined && nonEmpty(text) !== undefined)
      call.arguments = this.#joined("", text ?? "");
  }

  list(): readonly ToolCall[] {
    return this.#all.map((call) => ({ id: call.id, name: call.name, arguments: inputOf(call) }));
  }

  #begin(): Call | undefined {
    if (this.#all.length >= MAX_CALLS) return undefined;
    const call: Call = {
      id: undefined,
      name: undefined,
      arguments: "",
      input: undefined,
      paths: new Map(),
    };
    this.#all.push(call);
    return call;
  }

  #joined(text: string, piece: string): string {
    return text + piece.slice(0, Math.max(0, this.#limit - text.length));
  }
}

/** A call without any: `{}`, an empty text, null or nothing, by provider. */
function inputOf({ arguments: text, input, paths }: Call): unknown {
  if (paths.size > 0) return valueAt(paths);
  if (text === "") return input ?? {};
  const parsed = parsedJson(text);
  return parsed === undefined ? text : (parsed ?? {});
}

/** The call under a key that a piece continues; undefined: it begins another one. */
function continued(
  open: readonly Call[],
  id: string | undefined,
  name: string | undefined,
  part: CallPart,
): Call | undefined {
  if (id !== undefined) {
    const same = open.find((call) => call.id === id);
    if (same !== undefined) return same;
  }
  const last = open.at(-1);
  if (last === undefined || (id !== undefined && last.id !== undefined)) return undefined;
  return beginsByName(last, name, part) ? undefined : last;
}

/** Gemini behind OpenAI's form sends whole calls, all with one index and without ids. */
function beginsByName(call: Call, name: string | undefined, part: CallPart): boolean {
  if (name === undefined || call.name === undefined) return false;
  if (name !== call.name) return true;
  const more = nonEmpty(part.arguments) !== undefined;
  return more && call.arguments.endsWith("}") && parsedJson(call.arguments) !== undefined;
}

function nonEmpty(value: unknown): string | undefined {
  return typeof value === "string" && value !== "" ? value : undefined;
}

/** `@mistralai/mistralai` fills in "null" where the server sends none. */
function idOf(value: unknown): string | undefined {
  return value === "null" ? undefined : nonEmpty(value);
}
