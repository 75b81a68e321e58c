// What the tools ask: of the store, and of what the viewer makes of spans and manifests.
import type { TraceReader } from "../store.ts";
import type { Comparison, Coverage, SourceView } from "../views.ts";

export interface Answers extends Pick<
  TraceReader,
  "traces" | "trace" | "spans" | "span" | "searchValues" | "errors" | "stats"
> {
  /** Undefined, here and below: there is none. */
  source(traceId: string, spanId: string): Promise<SourceView | undefined>;
  compare(a: string, b: string): Promise<Comparison | undefined>;
  coverage(): Promise<Coverage>;
}

/** What was asked for is not there, or cannot be asked so. The AI reads the sentence. */
export class Refusal extends Error {
  override readonly name = "Refusal";
}
