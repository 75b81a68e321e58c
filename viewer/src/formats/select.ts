// A query, or ids → the wire's traces, one after another, the oldest first.
import type { WireTrace } from "llmops-observability/wire";
import type { TraceReader } from "../store.ts";

export interface Selection {
  readonly q?: string | undefined;
  /** These, in this order; `q` is not used then. */
  readonly ids?: readonly string[] | undefined;
}

const PAGE = 500;

/** Traces that go while we read are left out. */
export async function* tracesOf(
  reader: Pick<TraceReader, "traces" | "wireTrace">,
  { q = "", ids }: Selection,
): AsyncGenerator<WireTrace> {
  for await (const id of idsIn(reader, { q, ids })) {
    const trace = await reader.wireTrace(id);
    if (trace !== undefined) yield trace;
  }
}

export async function* idsIn(
  reader: Pick<TraceReader, "traces">,
  { q = "", ids }: Selection,
): AsyncGenerator<string> {
  if (ids !== undefined) {
    yield* ids;
    return;
  }
  let cursor: string | undefined;
  do {
    const page = await reader.traces({
      q,
      order: "asc",
      limit: PAGE,
      ...(cursor !== undefined && { cursor }),
    });
    for (const { trace_id: id } of page.traces) yield id;
    cursor = page.next ?? undefined;
  } while (cursor !== undefined);
}
