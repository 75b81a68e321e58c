// A store, its sources and a way to compare → what the tools ask.
import { coverageOf } from "../coverage/coverage.ts";
import type { Sources } from "../source/sources.ts";
import type { TraceReader } from "../store.ts";
import type { Answers } from "../mcp/answers.ts";

export function answersOf(
  reader: TraceReader,
  sources: Pick<Sources, "view" | "manifests">,
  compare: Answers["compare"],
): Answers {
  return {
    ...reader,
    async source(traceId, spanId) {
      const span = await reader.span(traceId, spanId);
      return span && sources.view(traceId, span);
    },
    compare,
    async coverage() {
      const [manifests, calls] = await Promise.all([sources.manifests(), reader.functionCalls()]);
      return coverageOf(manifests, calls);
    },
  };
}
