// What tests of the store share: traces as the wire has them, and stores in scratch directories.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { readTrace, type WireSpan, type WireTrace } from "llmops-observability/wire";
import { onTestFinished } from "vitest";
import type { TraceSource } from "../../src/model.ts";
import type { Incoming, Store } from "../../src/store.ts";
import { openStore } from "../../src/store/open.ts";

export function scratch(): string {
  const directory = mkdtempSync(join(tmpdir(), "llmops-viewer-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  return directory;
}

export async function storeIn(directory: string = scratch(), maxBytes?: number): Promise<Store> {
  const store = await openStore({
    path: join(directory, "dev.db"),
    ...(maxBytes !== undefined && { maxBytes }),
  });
  onTestFinished(() => store.close());
  return store;
}

export const T0 = 1_795_000_000;

export type SpanParts = Partial<WireSpan> & { readonly span_id: string };

/** As `decode` gives it, of what the test is about. */
export function trace(id: string, spans: readonly SpanParts[], fields: object = {}): WireTrace {
  const all = spans.map((span, at) => ({
    span_name: span.span_id,
    span_type: "span",
    start_time: T0 + at / 1000,
    end_time: T0 + at / 1000 + 0.01,
    duration_ms: 10,
    status: "success",
    ...span,
  }));
  return readTrace(
    JSON.stringify({
      trace_id: id,
      trace_name: `trace ${id}`,
      start_time: T0,
      end_time: T0 + 1,
      duration_ms: 1000,
      project_id: "shop",
      environment: "test",
      ...fields,
      spans: all,
    }),
  );
}

export function generation(id: string, parent: string | null, tokens: number): SpanParts {
  return {
    span_id: id,
    parent_span_id: parent,
    span_type: "generation",
    model_id: "gpt-4o",
    usage: { input_tokens: tokens - 1, output_tokens: 1, total_tokens: tokens },
    cost: { input_cost: 0, output_cost: 0.5, total_cost: 0.5 },
    prompt: `prompt of ${id}`,
    response: `response of ${id}`,
  };
}

export const coming = (...traces: readonly WireTrace[]): Incoming[] =>
  traces.map((one) => ({ trace: one, source: "sqs" satisfies TraceSource }));

/** Ids of the traces that a query finds, sorted. */
export async function found(store: Store, q: string): Promise<string[]> {
  const { traces } = await store.traces({ q, limit: 500 });
  return traces.map((row) => row.trace_id).toSorted();
}
