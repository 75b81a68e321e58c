// Anything thrown → its JSON text within a budget, and its message as it stands there.
// Invariant: type, message and stack are there under every budget, as strings; a missing stack is
// null.
import { types } from "../platform/node.ts";
import { isObject, ownValue } from "../platform/own-properties.ts";
import { className, functionText, symbolName } from "./names.ts";
import { cutForJson } from "./truncate/cut-text.ts";
import { errorFields, type ErrorParts, errorParts, isError } from "./error.ts";
import { Fields } from "./fields.ts";
import { bytesOf, quote } from "./json-text.ts";
import { stackOf } from "./stack.ts";
import { truncated } from "./truncate/truncate.ts";
import { unfold } from "./unfold.ts";
import { MAX_DEPTH } from "./walk.ts";
import type { Walk } from "./walk.ts";

export interface ErrorText {
  /** JSON text of `{ type, message, stack, cause?, fields? }`. */
  readonly text: string;
  /** The message in it. Undefined where nothing could be encoded. */
  readonly message: string | undefined;
}

const FRAME = '{"type":,"message":,"stack":}'.length;
/** Bytes of UTF-8. */
const LONGEST_TYPE = 256;
const LONGEST_PREVIEW = 1024;
const SMALLEST_MEMBER = 64;
const NO_FIELDS = new Fields([], []);

export function errorText(walk: Walk, thrown: unknown, budget: number): ErrorText {
  if (!isError(thrown)) return partsText(walk, thrownParts(walk, thrown), budget);
  // Its cause may be itself.
  walk.path.push(thrown);
  const shown = partsText(walk, errorParts(thrown), budget);
  walk.path.pop();
  return shown;
}

/** What was thrown may be no error at all. */
function thrownParts(walk: Walk, thrown: unknown): ErrorParts {
  const object = isObject(thrown);
  const stack = object ? stackOf(thrown) : undefined;
  return {
    type: object ? className(thrown) || "Object" : thrown === null ? "null" : typeof thrown,
    message: thrownMessage(walk, thrown),
    stack: typeof stack === "string" ? stack : null,
    cause: undefined,
    fields: NO_FIELDS,
  };
}

function thrownMessage(walk: Walk, thrown: unknown): string {
  if (thrown === undefined) return "undefined";
  const told = isObject(thrown) ? ownValue(thrown, "message") : thrown;
  if (typeof told === "string") return told;
  return wordFor(thrown) ?? walk.beginning(thrown, LONGEST_PREVIEW);
}

/** A word for a value whose JSON is a string: as a message it would be quoted twice. */
function wordFor(thrown: unknown): string | undefined {
  if (types.isProxy(thrown)) return "[Proxy]";
  switch (typeof thrown) {
    case "bigint":
      return `${thrown}n`;
    case "symbol":
      return symbolName(thrown);
    case "function":
      return functionText(thrown);
    case "object": {
      if (thrown === null || Array.isArray(thrown)) return undefined;
      const content = unfold(thrown, 0);
      return typeof content === "string" ? content : undefined;
    }
    default:
      return undefined;
  }
}

function partsText(walk: Walk, parts: ErrorParts, budget: number): ErrorText {
  const text = walk.whole(errorFields(parts), budget);
  if (text !== undefined) return { text, message: part(walk, "message", parts.message, Infinity) };
  walk.credit = budget;
  return shortened(walk, parts, budget);
}

/** Message and stack keep three tenths of the budget each; causes and own fields share the rest. */
function shortened(walk: Walk, parts: ErrorParts, budget: number): ErrorText {
  const share = Math.floor(Math.min(budget * 0.3, (budget - FRAME) / 3));
  const type = part(walk, "type", parts.type, Math.min(share, LONGEST_TYPE));
  const message = part(walk, "message", parts.message, share);
  const stack = parts.stack === null ? "null" : quote(part(walk, "stack", parts.stack, share));
  let text = `{"type":${quote(type)},"message":${quote(message)},"stack":${stack}`;
  const { cause, fields } = parts;
  if (cause !== undefined) text += member(walk, "cause", cause, budget - bytesOf(text));
  if (fields.names.length > 0) text += member(walk, "fields", fields, budget - bytesOf(text));
  return { text: `${text}}`, message };
}

/** One of the texts, which takes at most so many bytes as a JSON string. */
function part(walk: Walk, name: string, text: string, bytes: number): string {
  const hidden = text !== "" && walk.redactor.secret(name);
  return cutForJson(walk, hidden ? walk.redactor.mask : text, bytes);
}

/** `,"name":value`, or nothing where not even a marker fits. */
function member(walk: Walk, name: string, value: unknown, room: number): string {
  const bytes = room - name.length - 5;
  if (bytes < SMALLEST_MEMBER) return "";
  const hidden = walk.redactor.secret(name);
  const text = hidden ? walk.mask : (walk.whole(value, bytes) ?? cutMember(walk, value, bytes));
  return `,"${name}":${text}`;
}

function cutMember(walk: Walk, value: unknown, bytes: number): string {
  const nested = isError(value) && walk.path.length < MAX_DEPTH && !walk.path.includes(value);
  if (!nested) return truncated(walk, value, bytes, 0);
  walk.path.push(value);
  const { text } = shortened(walk, errorParts(value), bytes >> 1);
  walk.path.pop();
  return text;
}
