// A trace's id → what is known of it, its spans in their order, each span, and the wire's trace.
// Invariant: the waterfall reads no JSON of values.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { WireSpan } from "llmops-observability/wire";
import type { TraceDetail } from "../../model.ts";
import type { StoredSpan } from "../../store.ts";
import { rowsOf } from "../database/statements.ts";
import { type SpanFacts, text } from "../facts.ts";
import { onceEach } from "../once.ts";
import { type Branch, branchesOf } from "../tree.ts";
import { type Fields, WireTotals } from "../write/merge.ts";
import { JsonText } from "../worker-calls.ts";
import { ROW_COLUMNS, type RowFacts, spanRowOf, type TraceColumns, traceRowOf } from "./rows.ts";

/** Spans of an answer, where the question names no number. */
const PAGE = 50_000;

export class TraceReads {
  readonly #database: DatabaseSync;
  readonly #oneSpan: StatementSync;
  /** Of the trace that was looked at last: clicks go from span to span of one. */
  #places: { readonly key: string; readonly of: ReadonlyMap<string, Place> } | undefined;

  constructor(database: DatabaseSync) {
    this.#database = database;
    this.#oneSpan = database.prepare(
      `SELECT spans.*, json FROM traces JOIN spans ON trace = traces.id
       LEFT JOIN span_json ON span = spans.id WHERE trace_id = ? AND span_id = ?`,
    );
  }

  trace(traceId: string): TraceDetail | undefined {
    const row = this.#find(traceId);
    if (row === undefined) return undefined;
    const fields = this.#fieldsOf(row.id);
    return {
      ...traceRowOf(row),
      trace_input: fields.trace_input ?? null,
      trace_output: fields.trace_output ?? null,
      metadata: fields.metadata ?? {},
      scores: fields.scores ?? [],
      links: fields.links ?? [],
      dropped: fields.dropped ?? null,
      sdk_name: text(fields.sdk_name),
      sdk_version: text(fields.sdk_version),
      parts: this.#partsOf(row),
    };
  }

  #partsOf({ id, parts_of: of }: TraceColumns): { have: number; of: number } {
    if (of === 1) return { have: 1, of };
    const statement = this.#database.prepare(
      "SELECT count(DISTINCT part) AS n FROM messages WHERE trace = ?",
    );
    return { have: Number(statement.get(id)?.["n"]), of };
  }

  spans(
    traceId: string,
    { limit = PAGE, offset = 0 }: { readonly limit?: number; readonly offset?: number },
  ): JsonText | undefined {
    const row = this.#find(traceId);
    if (row === undefined) return undefined;
    const all = this.#branchesOf(row);
    const end = offset + limit;
    return new JsonText(function* () {
      yield `{"total":${all.length},"spans":`;
      const shown = all.slice(offset, end);
      yield* listOf(shown, (one) => JSON.stringify(spanRowOf(one, row.started)));
      yield `,"next":${end < all.length ? end : null}}`;
    });
  }

  span(traceId: string, spanId: string): StoredSpan | undefined {
    const row = this.#find(traceId);
    const place = row === undefined ? undefined : this.#placesOf(row).get(spanId);
    if (row === undefined || place === undefined) return undefined;
    const span = this.wireSpan(traceId, spanId);
    return span && { ...span, ...place };
  }

  wireSpan(traceId: string, spanId: string): WireSpan | undefined {
    const [row] = rowsOf<Stored>(this.#oneSpan, traceId, spanId);
    return row && (JSON.parse(jsonOf(row)) as WireSpan);
  }

  sites(traceId: string): readonly (readonly [string, string])[] {
    const statement = this.#database.prepare(
      `SELECT span_id, site FROM traces JOIN spans ON trace = traces.id
       WHERE trace_id = ? AND site IS NOT NULL`,
    );
    const once = onceEach();
    const sites: [string, string][] = [];
    for (const { span_id: span, site } of statement.iterate(traceId))
      sites.push([String(span), once(String(site))]);
    return sites;
  }

  /** As JSON: of a trace with many spans none is read that is only handed on. */
  wireTrace(traceId: string): JsonText | undefined {
    const row = this.#find(traceId);
    if (row === undefined) return undefined;
    const fields = this.#fieldsOf(row.id);
    const isJoined = row.messages > 1 && fields.total_spans <= row.spans;
    const told = isJoined ? { ...fields, ...this.#totalsOf(row.id) } : fields;
    const spans = this.#wireSpans(row);
    return new JsonText(function* () {
      let comma = "";
      yield "{";
      for (const [key, value] of Object.entries(told)) {
        yield `${comma}${JSON.stringify(key)}:`;
        comma = ",";
        if (key === "spans") yield* listOf(spans, (json) => json);
        else yield JSON.stringify(value);
      }
      yield "}";
    });
  }

  *#wireSpans({ id, messages }: TraceColumns): Generator<string> {
    const statement = this.#database.prepare(
      `SELECT spans.id, json FROM spans LEFT JOIN span_json ON span = spans.id
       WHERE trace = ? ORDER BY ${messages < 2 ? "spans.id" : "start, span_id"}`,
    );
    const facts = this.#database.prepare("SELECT * FROM spans WHERE id = ?");
    for (const { id: span, json } of statement.iterate(id)) {
      if (typeof json === "string") yield json;
      else
        for (const bare of rowsOf<SpanFacts>(facts, Number(span)))
          yield JSON.stringify(bareSpan(bare));
    }
  }

  #totalsOf(trace: number): WireTotals["told"] {
    const statement = this.#database.prepare(
      "SELECT kind, input_tokens, output_tokens, tokens, cost FROM spans WHERE trace = ?",
    );
    const totals = new WireTotals();
    for (const span of statement.iterate(trace) as IterableIterator<SpanFacts>) totals.add(span);
    return totals.told;
  }

  #find(traceId: string): TraceColumns | undefined {
    return rowsOf<TraceColumns>(
      this.#database.prepare("SELECT * FROM traces WHERE trace_id = ?"),
      traceId,
    ).at(0);
  }

  #fieldsOf(trace: number): Fields {
    const row = rowsOf<{ json: string }>(
      this.#database.prepare("SELECT json FROM trace_json WHERE trace = ?"),
      trace,
    ).at(0);
    return JSON.parse(row?.json ?? "{}") as Fields;
  }

  #branchesOf({ id }: TraceColumns): readonly Branch<RowFacts>[] {
    const statement = this.#database.prepare(
      `SELECT ${ROW_COLUMNS.join(", ")} FROM spans WHERE trace = ? ORDER BY id`,
    );
    const once = onceEach();
    const spans: RowFacts[] = [];
    for (const row of statement.iterate(id) as IterableIterator<RowFacts>)
      spans.push({
        ...row,
        parent_span_id: once(row.parent_span_id),
        name: once(row.name),
        kind: once(row.kind),
        status: once(row.status),
        level: once(row.level),
        model: once(row.model),
        fn: once(row.fn),
        file: once(row.file),
      });
    return branchesOf(spans);
  }

  #placesOf(row: TraceColumns): ReadonlyMap<string, Place> {
    const key = `${row.id} ${row.updated} ${row.spans}`;
    if (this.#places?.key === key) return this.#places.of;
    const of = new Map(
      this.#branchesOf(row).map(({ span, depth, children, totals }) => [
        span.span_id,
        {
          depth,
          child_count: children.length,
          total_tokens: totals.tokens,
          total_cost: totals.cost,
        },
      ]),
    );
    this.#places = { key, of };
    return of;
  }
}

function* listOf<T>(items: Iterable<T>, toJson: (item: T) => string): Generator<string> {
  let comma = "";
  yield "[";
  for (const item of items) {
    yield comma + toJson(item);
    comma = ",";
  }
  yield "]";
}

type Place = Pick<StoredSpan, "depth" | "child_count" | "total_tokens" | "total_cost">;
type Stored = SpanFacts & { readonly json: string | null };

function jsonOf({ json, ...facts }: Stored): string {
  return json ?? JSON.stringify(bareSpan(facts));
}

/** Of a span whose values were dropped for the cap. */
function bareSpan(facts: SpanFacts): WireSpan {
  const failed = facts.status === "error";
  return {
    span_id: facts.span_id,
    span_name: facts.name,
    span_type: facts.kind,
    parent_span_id: facts.parent_span_id,
    start_time: facts.start,
    end_time: facts.start + facts.duration_ms / 1000,
    duration_ms: facts.duration_ms,
    input_data: { args: [], kwargs: {}, locals: {} },
    output_data: { output: { _truncated: true } },
    error: failed
      ? { type: facts.error_type ?? "Error", message: facts.error_message ?? "", stack: null }
      : null,
    model_id: facts.model,
    metadata: {},
    tags: [],
    usage:
      facts.tokens === 0
        ? null
        : {
            input_tokens: facts.input_tokens,
            output_tokens: facts.output_tokens,
            total_tokens: facts.tokens,
          },
    cost: null,
    prompt: null,
    response: null,
    status: failed ? "error" : "success",
    status_message: null,
    level: "DEFAULT",
    ...(facts.status === "running" && { unfinished: true as const }),
    ...(facts.fn !== null && {
      code: {
        function: facts.fn,
        file: facts.file ?? "",
        line: facts.line ?? 0,
        column: 0,
        ...(facts.site !== null && { site: facts.site }),
        ...(facts.hash !== null && { hash: facts.hash }),
      },
    }),
  };
}
