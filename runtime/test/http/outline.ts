// A trace → its spans as `parent > child`, in the order of their beginning.
import type { WireTrace } from "../../src/wire.ts";

export function outline(trace: WireTrace | undefined): readonly string[] {
  const names = new Map(trace?.spans.map((one) => [one.span_id, one.span_name]));
  return (trace?.spans ?? []).map(({ parent_span_id: parent, span_name: name }) =>
    parent === null ? name : `${names.get(parent)} > ${name}`,
  );
}
