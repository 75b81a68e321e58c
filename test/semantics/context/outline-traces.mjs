// Decoded traces → one line each, sorted, for tests: `name: root(child child(grandchild!)) root`, spans in the order of their starts.
// `!` failed, `?` unfinished, `^name` begun inside of that span (or, `^:name`, in that trace), `~` never ended. Late parts are joined.

/** @param {readonly any[]} messages traces and parts of traces */
export function drawTraces(messages) {
  const traces = new Map();
  for (const message of messages) {
    const trace = traces.get(message.trace_id) ?? { ...message, spans: [], parts: 0 };
    traces.set(message.trace_id, trace);
    trace.parts++;
    for (const span of message.spans) {
      const at = trace.spans.findIndex(({ span_id }) => span_id === span.span_id);
      if (at === -1) trace.spans.push(span);
      else trace.spans[at] = span;
    }
  }
  const all = [...traces.values()];
  const spans = new Map(all.flatMap((trace) => trace.spans.map((span) => [span.span_id, span])));
  return all.map((trace) => draw(trace, spans, traces)).toSorted();
}

function draw(trace, spans, traces) {
  const below = (parent) =>
    trace.spans
      .filter((span) => span.parent_span_id === parent)
      // Ids are counted on in the order of the starts.
      .toSorted((a, b) => (a.span_id < b.span_id ? -1 : 1))
      .map((span) => {
        const children = below(span.span_id);
        return `${span.span_name}${mark(span)}${children === "" ? "" : `(${children})`}`;
      })
      .join(" ");
  const links = (trace.links ?? []).map(({ trace_id, span_id }) =>
    span_id === null
      ? `^:${traces.get(trace_id)?.trace_name}`
      : `^${spans.get(span_id)?.span_name}`,
  );
  const ended = trace.status_message === "never ended" ? "~" : "";
  const orphans = trace.spans.filter(
    ({ parent_span_id }) =>
      parent_span_id !== null && !trace.spans.some(({ span_id }) => span_id === parent_span_id),
  );
  if (orphans.length > 0)
    return `${trace.trace_name}: orphans ${orphans.map((span) => span.span_name)}`;
  return `${trace.trace_name}${links.join("")}${ended}: ${below(null)}`.trim();
}

function mark(span) {
  if (span.unfinished) return "?";
  return span.status === "error" ? "!" : "";
}
