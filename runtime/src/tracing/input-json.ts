// What a span was called with, its locals and its `this` → the JSON text of its `input_data`, within one limit for all of them.
// Invariant: every argument's and local's name is there; the largest part gives way first.
import type { Encoder } from "../encode/encoder.ts";
import { bytesOf } from "../encode/json-text.ts";
import { encodedInput, isEncoded } from "./arguments.ts";
import { Encoded } from "../encode/snapshot.ts";
import type { Site } from "../abi.ts";
import type { Span } from "./span.ts";

/** JSON texts by the name under which they stand. */
type Parts = Record<"args" | "kwargs" | "locals", string> & { self?: string };
type PartName = keyof Parts;

const FRAME = '{"args":,"kwargs":,"locals":,"self":}'.length;
/** Less than this holds nothing. */
const LEAST = 64;

/** @param limit bytes of UTF-8 */
export function inputData(span: Span, encoder: Encoder, limit: number): string {
  const parts: Parts = { ...inputOf(span, encoder, limit), locals: localsOf(span, encoder, limit) };
  if (span.self !== undefined) parts.self = span.self;
  const { args, kwargs, locals, self } = fits(parts, limit)
    ? parts
    : within(parts, span.site, encoder, limit - FRAME);
  return `{"args":${args},"kwargs":${kwargs},"locals":${locals}${self === undefined ? "" : `,"self":${self}`}}`;
}

function inputOf({ input, site }: Span, encoder: Encoder, limit: number): Omit<Parts, "locals"> {
  if (input === undefined) return { args: "[]", kwargs: "{}" };
  const { args, kwargs = "{}" } = isEncoded(input)
    ? input
    : encodedInput(site, input, encoder, limit);
  return { args, kwargs };
}

function localsOf({ locals, site }: Span, encoder: Encoder, limit: number): string {
  if (locals === undefined) return "{}";
  return locals instanceof Encoded ? locals.text : encoder.fields(site.locals, locals, limit);
}

/** Nearly all do, which their lengths tell: no character takes more than three bytes for each of its units. */
function fits({ args, kwargs, locals, self = "" }: Parts, limit: number): boolean {
  const units = args.length + kwargs.length + locals.length + self.length;
  if (units * 3 + FRAME <= limit) return true;
  return bytesOf(args) + bytesOf(kwargs) + bytesOf(locals) + bytesOf(self) + FRAME <= limit;
}

/** Each was encoded in a moment of its own, when nobody knew of the others: those above their share are cut to it. */
function within(parts: Parts, site: Site, encoder: Encoder, limit: number): Parts {
  const names = (Object.keys(parts) as PartName[]).toSorted(
    (one, other) => bytesOf(parts[one] ?? "") - bytesOf(parts[other] ?? ""),
  );
  const cut = { ...parts };
  let room = limit;
  for (let at = 0; at < names.length; at++) {
    const name = names[at] as PartName;
    const text = parts[name] ?? "";
    const share = Math.max(LEAST, Math.floor(room / (names.length - at)));
    if (bytesOf(text) > share) cut[name] = shortened(name, text, site, encoder, share);
    room -= bytesOf(cut[name] ?? "");
  }
  return cut;
}

function shortened(
  name: PartName,
  text: string,
  site: Site,
  encoder: Encoder,
  share: number,
): string {
  const value = JSON.parse(text) as unknown;
  if (Array.isArray(value)) return encoder.list(value, name === "args" ? site.args : [], share);
  if (typeof value !== "object" || value === null) return encoder.value(value, share);
  return encoder.fields(Object.keys(value), Object.values(value), share);
}
