// A decoded trace → a tree of text, a branch per span.
// Invariant: nothing of the trace's content reaches the terminal as a control character.
import { styleText } from "node:util";
import type { WireSpan, WireTrace } from "llmops-observability/wire";
import { branchesOf } from "./span-tree.ts";

/** How a trace is drawn. */
export interface RenderOptions {
  /** With ANSI colours. @default false */
  color?: boolean;
  /** Characters a captured value may take before it is shortened. @default 100 */
  valueWidth?: number;
}

type Style = Parameters<typeof styleText>[0];
type Paint = (style: Style, text: string) => string;

interface Look {
  paint: Paint;
  valueWidth: number;
}

/**
 * Levels that are drawn side by side. The next begin at the left again, behind the number of levels
 * above them: lines stay readable, and n nested spans take n lines of this width, not n²
 * characters.
 */
const LEVELS_ABREAST = 32;

/** Draws a trace as a tree of text, a branch a span. Control characters are made visible. */
export function render(trace: WireTrace, options: RenderOptions = {}): string {
  const { color = false, valueWidth = 100 } = options;
  const paint: Paint = (style, text) =>
    color ? styleText(style, text, { validateStream: false }) : text;
  const look: Look = { paint, valueWidth };

  const lines = [titleOf(trace, look), ...detailsOfTrace(trace, look).map((line) => `│ ${line}`)];
  /** Of the branch at hand and those that it hangs on, by depth: what stands below them. */
  const rails: string[] = [];
  for (const { span, depth, last, hasChildren } of branchesOf(trace.spans)) {
    rails.length = depth;
    const left = depth - (depth % LEVELS_ABREAST);
    const indent = `${left === 0 ? "" : `⋯${left} `}${rails.slice(left).join("")}`;
    lines.push(`${indent}${last ? "└─ " : "├─ "}${labelOf(span, look)}`);
    const rail = last ? "   " : "│  ";
    const bar = hasChildren ? "│ " : "  ";
    for (const line of detailsOf(span, look)) lines.push(`${indent}${rail}${bar}${line}`);
    rails.push(rail);
  }
  return lines.join("\n");
}

function titleOf(trace: WireTrace, { paint }: Look): string {
  const { total_spans: spans, total_generations: generations, token_usage: usage, cost } = trace;
  return [
    paint("bold", printable(trace.trace_name)),
    duration(trace.duration_ms),
    counted(spans, "span"),
    ...(generations > 0 ? [counted(generations, "model call")] : []),
    ...(usage.total_tokens > 0 ? [paint("cyan", counted(usage.total_tokens, "token"))] : []),
    ...(typeof cost.total_cost === "number" ? [paint("green", dollars(cost.total_cost))] : []),
  ].join("  ");
}

function detailsOfTrace(trace: WireTrace, look: Look): string[] {
  const about = [
    `trace ${trace.trace_id}`,
    ...(trace.user_id === null ? [] : [`user ${trace.user_id}`]),
    ...(trace.session_id === null ? [] : [`session ${trace.session_id}`]),
    `${trace.project_id}/${trace.environment}`,
  ];
  const details = [look.paint("dim", printable(about.join(" · ")))];
  if (trace.trace_input !== null) details.push(detail("input", trace.trace_input, look));
  if (trace.trace_output !== null) details.push(detail("output", trace.trace_output, look));
  return details;
}

function labelOf(span: WireSpan, { paint }: Look): string {
  const failed = span.status === "error";
  const { usage, cost } = span;
  return [
    paint(failed ? ["bold", "red"] : "bold", printable(span.span_name)),
    paint(span.span_type === "generation" ? "magenta" : "dim", span.span_type),
    ...(span.model_id === null ? [] : [printable(span.model_id)]),
    duration(span.duration_ms),
    ...(usage === null ? [] : [paint("cyan", tokensIn(usage))]),
    ...(typeof cost?.total_cost === "number" ? [paint("green", dollars(cost.total_cost))] : []),
    ...(failed ? [paint("red", "✗")] : []),
  ].join("  ");
}

function tokensIn(usage: Partial<NonNullable<WireSpan["usage"]>>): string {
  const { input_tokens: input, output_tokens: output, total_tokens: total = 0 } = usage;
  // The older form knows the total alone.
  if (input === undefined || output === undefined) return counted(total, "token");
  return `${whole(input)} + ${whole(output)} tokens`;
}

function detailsOf(span: WireSpan, look: Look): string[] {
  const { paint, valueWidth } = look;
  const { args, kwargs, locals, self } = span.input_data;
  const details: string[] = [];
  const given = [args, kwargs].filter((value) => entriesOf(value).length > 0);
  if (given.length > 0) {
    const text = given.map((value) => JSON.stringify(value)).join(" ");
    details.push(paint("dim", `called with ${shortened(text, valueWidth)}`));
  }
  for (const [name, value] of entriesOf(self)) details.push(detail(`this.${name}`, value, look));
  for (const [name, value] of entriesOf(locals)) details.push(detail(name, value, look));
  if (span.error !== null) {
    const { type, message } = span.error;
    details.push(paint("red", shortened(`${type}: ${message}`, valueWidth)));
  } else if (span.status_message !== null) {
    details.push(paint("yellow", shortened(span.status_message, valueWidth)));
  }
  return details;
}

function detail(name: string, value: unknown, { paint, valueWidth }: Look): string {
  const text = JSON.stringify(value) ?? "undefined";
  return `${paint("yellow", printable(name))} ${paint("dim", "=")} ${shortened(text, valueWidth)}`;
}

function entriesOf(value: unknown): [string, unknown][] {
  return typeof value === "object" && value !== null ? Object.entries(value) : [];
}

function shortened(text: string, width: number): string {
  const line = printable(text);
  if (line.length <= width) return line;
  // By what readers see as characters. The longest take some ten code units.
  const start = [...graphemes.segment(line.slice(0, 16 * width))].slice(0, width - 1);
  return `${start.map(({ segment }) => segment).join("")}…`;
}

/** On one line, control characters made visible: an escape sequence could rewrite the terminal. */
function printable(text: string): string {
  return text
    .replace(/\s+/g, " ")
    .replace(
      /[\p{Cc}\p{Bidi_Control}]/gu,
      (character) => `\\u${character.charCodeAt(0).toString(16).padStart(4, "0")}`,
    );
}

function counted(count: number, noun: string): string {
  return `${whole(count)} ${noun}${count === 1 ? "" : "s"}`;
}

function whole(count: number): string {
  return count.toLocaleString("en-US");
}

function duration(ms: number): string {
  return ms < 1000 ? `${ms} ms` : `${(ms / 1000).toFixed(2)} s`;
}

const graphemes: Intl.Segmenter = new Intl.Segmenter("en");

const usd: Intl.NumberFormat = new Intl.NumberFormat("en-US", {
  style: "currency",
  currency: "USD",
  maximumSignificantDigits: 3,
});

function dollars(amount: number): string {
  return usd.format(amount);
}
