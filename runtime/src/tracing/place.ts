// Where the program is → the span or the trace that it is in.
import { livePlace } from "../context/context.ts";
import type { Span } from "./span.ts";
import type { Trace } from "./trace.ts";

/** The innermost one that still takes spans. */
export function currentPlace(): Span | Trace<Span> | undefined {
  return livePlace() as Span | Trace<Span> | undefined;
}
