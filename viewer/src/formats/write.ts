// Traces → a file's text, piece by piece, in one of the forms that we export.
// Invariant: of `llmops`, what is exported, deleted and imported is the same trace, to each value.
import { otlpRequest } from "llmops-observability/otlp";
import type { WireTrace } from "llmops-observability/wire";
import { markdownOf, type FailingSource } from "./markdown.ts";

export const FORMATS = ["llmops", "otlp", "markdown"] as const;
export type Format = (typeof FORMATS)[number];

export interface ExportOptions {
  /** Of the viewer. */
  readonly version: string;
  /** With `llmops`: source files' texts by hash, of a trace's functions. */
  readonly sourcesOf?: (trace: WireTrace) => Promise<Readonly<Record<string, string>>>;
  /** With `markdown`: the lines around a span's failing one. */
  readonly failingSource?: FailingSource;
}

export async function* exportOf(
  format: Format,
  traces: AsyncIterable<WireTrace>,
  options: ExportOptions,
): AsyncGenerator<string> {
  if (format === "llmops") yield headOf(options.version);
  let isFirst = true;
  for await (const trace of traces) {
    if (format === "markdown") {
      yield (isFirst ? "" : "\n---\n\n") + (await markdownOf(trace, options.failingSource));
    } else if (format === "otlp") {
      yield `${JSON.stringify(otlpRequest([trace], { content: true }))}\n`;
    } else {
      const sources = await options.sourcesOf?.(trace);
      yield `${JSON.stringify(sources === undefined ? trace : { ...trace, sources })}\n`;
    }
    isFirst = false;
  }
}

/**
 * As `llmops`, without sources, of traces that are JSON already: of a long one nothing is parsed,
 * and it is never whole in memory.
 */
export async function* exportOfJson(
  ids: AsyncIterable<string>,
  jsonOf: (traceId: string) => Promise<AsyncIterable<Uint8Array> | undefined>,
  version: string,
): AsyncGenerator<Uint8Array> {
  yield Buffer.from(headOf(version));
  for await (const id of ids) {
    const json = await jsonOf(id);
    // It has gone while others were read.
    if (json === undefined) continue;
    yield* json;
    yield LINE_END;
  }
}

const LINE_END = Buffer.from("\n");

function headOf(version: string): string {
  const tool = `llmops-viewer/${version}`;
  return `${JSON.stringify({ llmops_export: 1, tool, exported_at: now() })}\n`;
}

const now = (): number => Date.now() / 1000;

export function contentTypeOf(format: Format): string {
  return format === "markdown" ? "text/markdown; charset=utf-8" : "application/x-ndjson";
}

export function isFormat(text: string): text is Format {
  return (FORMATS as readonly string[]).includes(text);
}
