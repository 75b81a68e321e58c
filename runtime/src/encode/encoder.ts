// In: any value and a budget in bytes of UTF-8. Out: valid JSON text within it, secrets masked, what does not fit replaced by markers.
// Never throws, never runs the app's code, never changes a value; the cost is bounded by the budget.
// One optimistic walk (encode-walk.ts) is all that values of usual size take; encode-fit.ts serves those that do not fit.
import { types } from "../platform/node.ts";
import { errorParts, isError } from "./unfold.ts";
import { Fields, ownFields } from "./fields.ts";
import { className, ownValue } from "../platform/own-properties.ts";
import { fit } from "./truncate.ts";
import { bytesOf, detached, quote, unitsWithin } from "./json-text.ts";
import { MAX_DEPTH, Walk } from "./walk.ts";
import { type Redaction, createRedactor } from "./redact/redactor.ts";
import { stackOf } from "./stack.ts";

export type { Redaction };

export interface Encoder {
  /** JSON text of one value, at most `budget` bytes of UTF-8 (≥ 64). `key` takes part in redaction. */
  value(value: unknown, budget: number, key?: string): string;
  /** JSON text of a name and the colon behind it. */
  name(name: string): string;
  /** JSON array text; `names` (of positional parameters) take part in redaction. */
  list(values: ArrayLike<unknown>, names: readonly (string | undefined)[], budget: number): string;
  /** JSON object text; every name is kept but those whose value is UNSET. */
  fields(names: readonly string[], values: ArrayLike<unknown>, budget: number): string;
  /** The own fields of `this`: all enumerable ones, or those named in `only`. */
  own(self: unknown, only: readonly string[] | undefined, budget: number): string;
  /** `{ type, message, stack, cause?, fields? }` of anything thrown; `message` and `stack` stay strings when they are cut. */
  error(thrown: unknown, budget: number): string;
  /** Plain text (no JSON) of at most `budget` bytes, secrets masked; a cut text ends in `…[truncated]`. */
  text(text: string, budget: number): string;
}

const CUT = "…[truncated]";
const CUT_BYTES = bytesOf(CUT);
const ERROR_FRAME = '{"type":,"message":,"stack":}'.length;
/** Stands for what could not be encoded at all, which no known value brings about. */
const FAILED = '{"_truncated":true}';

function cut(walk: Walk, text: string, budget: number): string {
  const masked = walk.masked(text, budget);
  if (text.length <= budget && bytesOf(masked) <= budget) return masked;
  return detached(masked.slice(0, unitsWithin(masked, budget - CUT_BYTES))) + CUT;
}

/** A JSON string of at most `budget` bytes. */
function cutQuoted(walk: Walk, text: string, budget: number): string {
  const masked = walk.masked(text, budget);
  const json = quote(masked);
  if (text.length <= budget && bytesOf(json) <= budget) return json;
  const units = unitsWithin(masked, budget, budget - 2 - CUT_BYTES);
  return budget < CUT_BYTES + 2 ? '""' : quote(masked.slice(0, units) + CUT);
}

function encode(walk: Walk, value: unknown, budget: number, keep: boolean): string {
  const whole = walk.whole(value, budget);
  if (whole !== undefined) return whole;
  walk.credit = budget;
  return fit(walk, value, budget, keep);
}

/** What was thrown may be no error at all. */
function thrownParts(walk: Walk, thrown: unknown): Fields {
  const object = typeof thrown === "object" && thrown !== null && !types.isProxy(thrown);
  const own = object ? ownValue(thrown, "message") : undefined;
  const stack = object ? stackOf(thrown) : undefined;
  const type = object ? className(thrown) || "Object" : thrown === null ? "null" : typeof thrown;
  const message =
    typeof thrown === "string"
      ? thrown
      : thrown === undefined
        ? "undefined"
        : typeof own === "string"
          ? own
          : walk.beginning(thrown, 1024);
  return new Fields(
    ["type", "message", "stack"],
    [type, message, typeof stack === "string" ? stack : null],
  );
}

/** An error whose JSON text is too long: message and stack keep three tenths of the budget each, causes and own fields share the rest. */
function shortened(walk: Walk, error: object, budget: number): string {
  const parts = errorParts(error);
  const third = Math.floor(Math.min(budget * 0.3, (budget - ERROR_FRAME) / 3));
  let text = `{"type":${cutQuoted(walk, parts.type, Math.min(third, 256))}`;
  text += `,"message":${cutQuoted(walk, parts.message, third)}`;
  text += `,"stack":${parts.stack === null ? "null" : cutQuoted(walk, parts.stack, third)}`;
  walk.path.push(error);
  for (let i = 0; i < 2; i++) {
    const name = i === 0 ? "cause" : "fields";
    const value = parts[name];
    if (value === parts.fields && parts.fields.names.length === 0) break;
    const rest = budget - bytesOf(text) - name.length - 5;
    if (value === undefined || rest < 64) continue;
    const whole = walk.whole(value, rest);
    const nested = isError(value) && walk.path.length < MAX_DEPTH && !walk.path.includes(value);
    text += `,"${name}":${whole ?? (nested ? shortened(walk, value, rest >> 1) : fit(walk, value, rest, false))}`;
  }
  walk.path.pop();
  return `${text}}`;
}

function errorText(walk: Walk, thrown: unknown, budget: number): string {
  if (!isError(thrown)) {
    const parts = thrownParts(walk, thrown);
    const whole = walk.whole(parts, budget);
    if (whole !== undefined) return whole;
    walk.credit = budget;
    const { 0: name, 1: message, 2: stack } = parts.values;
    return shortened(walk, { name, message, stack }, budget);
  }
  const whole = walk.whole(thrown, budget);
  walk.credit = budget;
  return whole ?? shortened(walk, thrown, budget);
}

function ownText(
  walk: Walk,
  self: unknown,
  only: readonly string[] | undefined,
  budget: number,
): string {
  if ((typeof self !== "object" || self === null) && typeof self !== "function") {
    return encode(walk, self, budget, true);
  }
  if (types.isProxy(self)) return '"[Proxy]"';
  let fields: Fields;
  if (only === undefined) fields = ownFields(self, budget / 5);
  else {
    const names = only.filter((name) => Object.getOwnPropertyDescriptor(self, name) !== undefined);
    fields = new Fields(
      names,
      names.map((name) => ownValue(self, name)),
    );
  }
  walk.path.push(self);
  return encode(walk, fields, budget, true);
}

export function createEncoder(redaction?: Redaction): Encoder {
  const redactor = createRedactor(redaction);
  const first = new Walk(redactor);
  let busy = false;

  /** One walk serves one call after the other; a call within a call (an app's stack formatter that is itself tracked) gets its own. */
  function guarded(run: (walk: Walk) => string): string {
    const outer = busy;
    const walk = outer ? new Walk(redactor) : first;
    busy = true;
    try {
      const text = run(walk);
      walk.firstUnit = text.charCodeAt(0);
      return text;
    } catch {
      return FAILED;
    } finally {
      walk.reset();
      busy = outer;
    }
  }

  return {
    value: (value, budget, key) =>
      guarded((walk) =>
        key !== undefined && redactor.secret(key) && value !== undefined && value !== null
          ? walk.mask
          : encode(walk, value, budget, false),
      ),
    name: (name) => first.name(name).json,
    list: (values, names, budget) =>
      guarded((walk) => encode(walk, new Fields(names, values, true), budget, true)),
    fields: (names, values, budget) =>
      guarded((walk) => encode(walk, new Fields(names, values), budget, true)),
    own: (self, only, budget) => guarded((walk) => ownText(walk, self, only, budget)),
    error: (thrown, budget) => guarded((walk) => errorText(walk, thrown, budget)),
    text: (text, budget) => guarded((walk) => cut(walk, text, budget)),
  };
}
