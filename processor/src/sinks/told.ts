// An entry → the trace as mappings take it: with which part or event of it the message is.
// Invariant: the trace's own span is told by one message of a trace, whatever form it came in.
import type { MappedTrace } from "llmops-observability/otlp";
import { tellsRoot } from "../from-runtime.ts";
import type { Entry } from "../sink.ts";

export type { MappedTrace };

export function toldBy({ trace, part, parts, event }: Entry): MappedTrace {
  return {
    ...trace,
    ...(part !== undefined && { part }),
    ...(parts !== undefined && { parts }),
    ...(event !== undefined && { event }),
  };
}

/** No span, and not the trace's own: `trace_start` of the older form, or a part of nothing. */
export function tellsNothing(trace: MappedTrace): boolean {
  return trace.spans.length === 0 && !tellsRoot(trace);
}

export { tellsRoot };
