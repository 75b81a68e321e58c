// A span's arguments, locals and `this` → the JSON text of its `input_data`, within one limit.
// Invariant: every argument's and local's name is there; the largest part gives way first.
import type { Encoder } from "../encode/encoder.ts";
import { Encoded } from "../encode/encoded.ts";
import { Fields } from "../encode/fields.ts";
import { isEncoded, namedInput } from "./arguments.ts";
import type { Span } from "./span.ts";

const NAMES: readonly string[] = ["args", "kwargs", "locals"];
const NAMES_WITH_SELF: readonly string[] = ["args", "kwargs", "locals", "self"];
const NO_ITEMS = new Fields([], [], true);
const NO_FIELDS = new Fields([], []);

/** @param limit bytes of UTF-8 */
export function inputData(span: Span, encoder: Encoder, limit: number): string {
  const { self } = span;
  const values = [NO_ITEMS, NO_FIELDS, localsOf(span)];
  putInput(span, values);
  if (self === undefined) return encoder.sections(NAMES, values, limit);
  values[3] = new Encoded(self);
  return encoder.sections(NAMES_WITH_SELF, values, limit);
}

/** In the first two places. */
function putInput({ input, site }: Span, values: (Fields | Encoded)[]): void {
  if (input === undefined) return;
  if (isEncoded(input)) {
    values[0] = new Encoded(input.args);
    if (input.kwargs !== undefined) values[1] = new Encoded(input.kwargs);
    return;
  }
  const { args, kwargs } = namedInput(site, input);
  values[0] = new Fields(args.names, args.values, true);
  if (kwargs !== undefined) values[1] = new Fields(kwargs.names, kwargs.values);
}

function localsOf({ locals, site }: Span): Fields | Encoded {
  if (locals === undefined) return NO_FIELDS;
  return Encoded.is(locals) ? locals : new Fields(site.locals, locals);
}
