// What programs get where nothing is recorded: spans whose members pass everything through as it is, no id, no numbers.
// Invariant: needs nothing of Node; browsers load it alone.
import type { SpanAbi } from "../tracing/span.ts";
import { UNSET } from "./unset.ts";

/** A module's handle. */
export interface Handle {
  enter(site: number, values?: unknown[], self?: unknown): SpanAbi;
  /** For a function that cannot start asynchronous work. */
  leaf(site: number, values?: unknown[], self?: unknown): SpanAbi;
  /** For a derived class's constructor, which has no `this` yet. */
  begin(): Beginning;
}

/** Stands for the span of a constructor until its `super(…)` has returned. */
export interface Beginning extends SpanAbi {
  constructed(site: number, values?: unknown[], self?: unknown): SpanAbi;
}

/** Stands for a span where nothing is recorded. */
export const inert: Beginning = {
  unset: UNSET,
  constructed: () => inert,
  kept: (value) => value,
  returned: (value) => value,
  made: (literal) => literal,
  threw: (error) => error,
  exit: () => {},
  suspend: (value) => value,
  resumed: (value) => value,
  resume: () => {},
  iterate: (iterable) => iterable,
  leave: (value) => value,
  entered: (value) => value,
  delegate: (iterable) => iterable,
};

export const passThrough: Handle = { enter: () => inert, leaf: () => inert, begin: () => inert };

/** The id of a trace that is not recorded. */
export const NO_TRACE = "00000000-0000-0000-0000-000000000000";
