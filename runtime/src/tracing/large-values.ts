// A span's values that are no small copies → their texts at once, or what they are where there is
// no time to encode them.
// Invariant: what they take of memory is counted in their trace.
import { brief } from "../encode/brief.ts";
import { encoding } from "../encode/current.ts";
import { Encoded } from "../encode/encoded.ts";
import { BARE_MARKER } from "../encode/truncate/truncate.ts";
import type { Site } from "../abi.ts";
import { type EncodedInput, encodedInput, type Input } from "./arguments.ts";
import { timeBegins, timeEnds, timeForValues } from "./value-time.ts";

/** What is asked of a span. */
interface Owner {
  readonly site: Site;
  readonly trace: { bytes: number };
  /** Of LLM calls: what a model was asked and has answered is always encoded. */
  readonly generation: object | undefined;
}

/** Of a copy that names a value. */
const BRIEF_BYTES = 200;

/** @param values a list of the runtime's own; some may be copies by now */
export function largeInput(owner: Owner, values: unknown[]): Input {
  const { encoder, limits } = encoding;
  if (!hasTime(owner)) return briefly(owner, values);
  const began = timeBegins();
  const input = encodedInput(owner.site, values, encoder, limits.spanIo, owner.trace);
  taken(owner, lengthOf(input), began);
  return input;
}

export function largeLocals(owner: Owner, locals: unknown[]): readonly unknown[] | Encoded {
  const { encoder, limits } = encoding;
  if (!hasTime(owner)) return briefly(owner, locals);
  const began = timeBegins();
  const { site, trace } = owner;
  return encoded(owner, encoder.fields(site.locals, locals, limits.spanIo, trace), began);
}

export function largeOutput(owner: Owner, value: unknown): unknown {
  const { encoder, limits } = encoding;
  if (!hasTime(owner)) return briefly(owner, [value])[0];
  const began = timeBegins();
  return encoded(owner, encoder.value(value, limits.spanIo, undefined, owner.trace), began);
}

/** JSON text of the own fields of `this`: of all, or of those that are named. */
export function largeSelf(owner: Owner, self: unknown, names: true | readonly string[]): string {
  const { encoder, limits } = encoding;
  if (!hasTime(owner)) return BARE_MARKER;
  const began = timeBegins();
  const only = names === true ? undefined : names;
  const text = encoder.own(self, only, limits.spanIo, owner.trace);
  taken(owner, text.length, began);
  return text;
}

function hasTime({ generation }: Owner): boolean {
  return generation !== undefined || timeForValues();
}

function briefly(owner: Owner, values: unknown[]): unknown[] {
  for (let at = 0; at < values.length; at++) values[at] = brief(values[at]);
  owner.trace.bytes += values.length * BRIEF_BYTES;
  return values;
}

function encoded(owner: Owner, text: string, began: number): Encoded {
  taken(owner, text.length, began);
  return new Encoded(text);
}

function taken(owner: Owner, length: number, began: number): void {
  timeEnds(began, length);
  owner.trace.bytes += length;
}

function lengthOf({ args, kwargs }: EncodedInput): number {
  return args.length + (kwargs?.length ?? 0);
}
