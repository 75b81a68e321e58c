// Nothing is recorded → spans that hand on every value as it is, no trace id, no numbers.
// Invariant: needs nothing of Node; browsers load it alone.
import { type Handle, type SpanAbi, UNSET } from "../abi.ts";

/** Stands for a span where nothing is recorded. */
export const inert: SpanAbi = {
  unset: UNSET,
  enterAfterSuper: () => inert,
  first: (value) => value,
  returned: (value) => value,
  returnedLiteral: (literal) => literal,
  threw: (error) => error,
  exit: () => {},
  suspend: (value) => value,
  resumed: (value) => value,
  resume: () => {},
  iterate: (iterable) => iterable,
  yielding: (value) => value,
  yielded: (value) => value,
  delegate: (iterable) => iterable,
};

export const passThrough: Handle = {
  enter: () => inert,
  enterLeaf: () => inert,
  beforeSuper: () => inert,
};

/** The id of a trace that is not recorded. */
export const NO_TRACE = "00000000-0000-0000-0000-000000000000";
