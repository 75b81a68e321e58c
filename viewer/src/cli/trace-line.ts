// A trace → a line for a terminal.
// Invariant: nothing of its content reaches the terminal as a control character.
import { styleText } from "node:util";
import type { TraceRow } from "../model.ts";
import { visible } from "./visible.ts";

type Style = Parameters<typeof styleText>[0];

export function lineOf(trace: TraceRow, color: boolean): string {
  const paint = (style: Style, text: string): string =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const { status, error } = trace;
  const glyph = { success: "✓", error: "✗", running: "◌" }[status];
  return [
    paint("dim", new Date(trace.started * 1000).toTimeString().slice(0, 8)),
    paint(status === "error" ? "red" : "green", glyph),
    paint("bold", oneLine(trace.name)),
    duration(trace.duration_ms),
    `${trace.spans} ${trace.spans === 1 ? "span" : "spans"}`,
    ...(trace.total_tokens > 0 ? [paint("cyan", `${trace.total_tokens} tokens`)] : []),
    ...(trace.cost === null ? [] : [paint("green", `$${Number(trace.cost.toPrecision(3))}`)]),
    ...trace.models.map(oneLine),
    ...(error === null ? [] : [paint("red", oneLine(`${error.type}: ${error.message}`))]),
    paint("dim", oneLine(trace.trace_id)),
  ].join("  ");
}

function oneLine(text: string): string {
  return visible(text.replaceAll(/\s+/g, " ")).slice(0, 200);
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(2)} s`;
}
