// A file's bytes, in any of the forms that we know → its traces, and what could not be read.
// Invariant: what cannot be read costs itself; whatever bytes come in, nothing throws.
import { gunzipSync } from "node:zlib";
import { readMessage, readTrace, WireError, type WireTrace } from "llmops-observability/wire";
import { isDeeper, READABLE } from "./depth.ts";
import { tracesOfOtlp } from "./otlp.ts";
import { isObject } from "./otlp-values.ts";

interface ReadTrace {
  readonly trace: WireTrace;
  readonly part?: number | undefined;
  readonly parts?: number | undefined;
  /** Texts of source files by hash, where the export has them. */
  readonly sources?: Readonly<Record<string, string>> | undefined;
}

interface Unreadable {
  /** From 1; of a list, the item. */
  readonly line: number;
  readonly message: string;
}

export interface ReadFile {
  readonly traces: readonly ReadTrace[];
  readonly failed: readonly Unreadable[];
}

/** Of the unzipped bytes. */
const LONGEST = 1024 * 1024 * 1024;

export function readFile(bytes: Uint8Array): ReadFile {
  const traces: ReadTrace[] = [];
  const failed: Unreadable[] = [];
  const take = (line: number, text: string, value: unknown): void => {
    try {
      traces.push(...itemsIn(text, value));
    } catch (error) {
      failed.push({ line, message: sentenceOf(error) });
    }
  };
  let text: string;
  try {
    text = unzipped(bytes);
  } catch {
    return {
      traces,
      failed: [{ line: 1, message: "The file is not gzip, though it begins like it." }],
    };
  }
  const whole = jsonIn(text);
  if (Array.isArray(whole))
    for (const [at, item] of whole.entries())
      take(at + 1, typeof item === "string" ? item : JSON.stringify(item), item);
  else if (whole !== undefined) take(1, text, whole);
  else
    for (const [at, line] of text.split("\n").entries()) {
      if (line.trim() === "") continue;
      const value = jsonIn(line);
      if (value === undefined) failed.push({ line: at + 1, message: noJson(line) });
      else take(at + 1, line, value);
    }
  return { traces, failed };
}

function unzipped(bytes: Uint8Array): string {
  const zipped = bytes[0] === 0x1f && bytes[1] === 0x8b;
  const plain = zipped ? gunzipSync(bytes, { maxOutputLength: LONGEST }) : Buffer.from(bytes);
  return plain.toString("utf8").replace(/^\u{FEFF}/u, "");
}

/** Undefined: it is none, or too deep to be handled. */
function jsonIn(text: string): unknown {
  try {
    return isDeeper(text, READABLE) ? undefined : (JSON.parse(text) as unknown);
  } catch {
    return undefined;
  }
}

function noJson(line: string): string {
  return isDeeper(line, READABLE) ? "It is nested too deeply." : "It is not JSON.";
}

/** @throws why it is no trace */
function itemsIn(text: string, value: unknown): readonly ReadTrace[] {
  if (typeof value === "string") return [readBody(value)];
  if (!isObject(value)) throw new WireError("It is no object.");
  if (value["llmops_export"] !== undefined) return [];
  const otlp = tracesOfOtlp(value);
  if (otlp !== undefined) {
    if (otlp.traces.length === 0 && otlp.reason !== undefined) throw new WireError(otlp.reason);
    return otlp.traces.map((trace) => ({ trace }));
  }
  const isTrace =
    Array.isArray(value["spans"]) &&
    value["event_type"] === undefined &&
    value["compressed"] !== true;
  if (!isTrace) return [readBody(text)];
  const { sources, ...trace } = value;
  return [
    {
      trace: checked(readTrace(sources === undefined ? text : JSON.stringify(trace))),
      ...(isObject(sources) && { sources: sources as Readonly<Record<string, string>> }),
    },
  ];
}

function readBody(body: string): ReadTrace {
  const { trace, part, parts, text } = readMessage(body, { maxBytes: LONGEST });
  if (isDeeper(text, READABLE)) throw new WireError("It is nested too deeply.");
  return { trace: checked(trace), part, parts };
}

function checked(trace: WireTrace): WireTrace {
  if (trace.trace_id === "") throw new WireError(`The trace has no "trace_id".`);
  const spans: readonly unknown[] = trace.spans;
  if (
    !spans.every(
      (span) => isObject(span) && typeof span["span_id"] === "string" && span["span_id"] !== "",
    )
  )
    throw new WireError(`A span of the trace has no "span_id".`);
  return trace;
}

/** Node's errors behind a colon may quote the text. */
function sentenceOf(error: unknown): string {
  if (!(error instanceof WireError)) return "It cannot be read.";
  const [sentence = ""] = error.message.split(":");
  return sentence.endsWith(".") ? sentence : `${sentence}.`;
}
