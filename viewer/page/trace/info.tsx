// A span's facts → a list of them, with exact numbers.
import type { ComponentChildren, JSX } from "preact";
import type { SpanRow, TraceDetail } from "../../src/model.ts";
import type { StoredSpan } from "../../src/store.ts";
import * as format from "../parts/format.ts";
import { JsonTree } from "../parts/json-tree.tsx";
import { seenLine } from "../parts/text.ts";

export function Info({
  trace,
  row,
  span,
}: {
  readonly trace: TraceDetail;
  readonly row: SpanRow;
  readonly span: StoredSpan;
}): JSX.Element {
  const place = row.file === null ? null : `${row.file}${row.line === null ? "" : `:${row.line}`}`;
  return (
    <>
      <dl class="facts">
        <Fact name="Status" value={row.status} />
        <Fact name="Message" value={span.status_message} />
        <Fact name="Level" value={row.level} />
        <Fact name="Kind" value={row.kind} />
        <Fact name="Function" value={row.fn} />
        <Fact name="Place" value={place} />
        <Fact name="Started" value={format.exactTime(span.start_time)} />
        <Fact name="After the trace's start" value={`${row.start.toFixed(3)} ms`} />
        <Fact name="Duration" value={`${row.duration_ms} ms`} />
        <Fact name="Model" value={row.model} />
        <Fact
          name="Tokens"
          value={
            row.input_tokens + row.output_tokens === 0
              ? null
              : `${format.count(row.input_tokens)} in, ${format.count(row.output_tokens)} out`
          }
        />
        <Fact name="Tokens with all below" value={format.count(row.total_tokens)} />
        <Fact
          name="Cost with all below"
          value={row.total_cost === null ? null : `$${row.total_cost}`}
        />
        <Fact name="Tags" value={span.tags.length === 0 ? null : span.tags.join(", ")} />
        <Fact name="Span" value={row.span_id} />
        <Fact name="Parent" value={row.parent_span_id} />
        <Fact name="Trace" value={trace.trace_id} />
        <Fact name="Project" value={trace.project_id} />
        <Fact name="Environment" value={trace.environment} />
        <Fact name="User" value={trace.user_id} />
        <Fact name="Session" value={trace.session_id} />
        <Fact name="Came by" value={trace.source} />
        <Fact
          name="Recorded by"
          value={trace.sdk_name === null ? null : `${trace.sdk_name} ${trace.sdk_version ?? ""}`}
        />
      </dl>
      <More title="Trace input" value={trace.trace_input} />
      <More title="Trace output" value={trace.trace_output} />
      <More title="Usage" value={span.usage} />
      <More title="Cost" value={span.cost} />
      <More title="Metadata" value={span.metadata} />
      <More title="Trace metadata" value={trace.metadata} />
      <More title="Scores" value={trace.scores} />
      <More title="Links" value={trace.links} />
    </>
  );
}

function Fact({
  name,
  value,
}: {
  readonly name: string;
  readonly value: ComponentChildren;
}): JSX.Element | null {
  if (value === null || value === undefined || value === "") return null;
  return (
    <div>
      <dt>{name}</dt>
      <dd>{typeof value === "string" ? seenLine(value) : value}</dd>
    </div>
  );
}

function More({
  title,
  value,
}: {
  readonly title: string;
  readonly value: unknown;
}): JSX.Element | null {
  if (value === null || value === undefined || value === "") return null;
  if (typeof value === "object" && Object.keys(value).length === 0) return null;
  return (
    <section class="section">
      <h3>{title}</h3>
      <JsonTree value={value} label={title} />
    </section>
  );
}
