// `llmops traces` → the list, or one trace as a tree, as its JSON, or as Markdown for an AI.
import { render, type WireTrace } from "llmops-processor";
import { markdownOf } from "../formats/markdown.ts";
import { SORT_KEYS, type SortKey } from "../model.ts";
import { CommandError } from "./command-error.ts";
import { openTraces, type Traces } from "./open-traces.ts";
import { lineOf } from "./trace-line.ts";
import { visible } from "./visible.ts";

export interface TracesFlags {
  readonly query?: string;
  readonly limit?: string;
  readonly sort?: string;
  readonly json?: boolean;
  readonly markdown?: boolean;
  readonly span?: string;
}

const LIMIT = 20;
const MOST = 500;
export async function traces(id: string | undefined, flags: TracesFlags): Promise<number> {
  const opened = await openTraces(process.cwd());
  try {
    return id === undefined ? await list(opened, flags) : await show(opened, id, flags);
  } finally {
    await opened.close();
  }
}

async function list(opened: Traces, flags: TracesFlags): Promise<number> {
  const { query = "", limit = String(LIMIT), sort = "started", json = false } = flags;
  const number = Number(limit);
  if (!Number.isInteger(number) || number < 1 || number > MOST)
    throw new CommandError(`--limit takes 1 to ${MOST}`);
  if (!isSort(sort)) throw new CommandError(`--sort takes ${SORT_KEYS.join(", ")}`);
  if (flags.span !== undefined || flags.markdown === true)
    throw new CommandError("--span and --markdown are for one trace: llmops traces ID");
  const page = await opened.traces({ q: query, limit: number, sort });
  const shown = page.traces.slice(0, number);
  if (json) {
    const { total, next } = page;
    process.stdout.write(`${JSON.stringify({ traces: shown, total, next })}\n`);
  } else {
    for (const row of shown) process.stdout.write(`${lineOf(row, hasColor())}\n`);
    if (page.total > shown.length)
      process.stderr.write(`${shown.length} of ${page.total}: --limit N shows more\n`);
    if (page.total === 0) process.stderr.write(query === "" ? EMPTY : "No trace matches.\n");
  }
  return page.total === 0 && query !== "" ? 1 : 0;
}

const EMPTY = "Nothing yet. Run your app against the viewer: npx llmops dev -- npm start\n";

function isSort(text: string): text is SortKey {
  return (SORT_KEYS as readonly string[]).includes(text);
}

function hasColor(): boolean {
  const { stdout, env } = process;
  return stdout.isTTY && stdout.hasColors() && (env["NO_COLOR"] ?? "") === "";
}

async function show(opened: Traces, id: string, flags: TracesFlags): Promise<number> {
  const whole = await opened.wireTrace(id);
  if (whole === undefined) throw new CommandError(`There is no trace ${id}`, 1);
  const { span, json = false, markdown = false } = flags;
  const trace = span === undefined ? whole : below(whole, span);
  if (json)
    process.stdout.write(`${JSON.stringify(span === undefined ? trace : trace.spans[0])}\n`);
  else if (markdown) process.stdout.write(visible(await markdownOf(trace)));
  else process.stdout.write(`${render(trace, { color: hasColor() })}\n`);
  return 0;
}

/** The trace with this span and all below it, that first. */
function below(trace: WireTrace, spanId: string): WireTrace {
  const root = trace.spans.find(({ span_id: id }) => id === spanId);
  if (root === undefined)
    throw new CommandError(`There is no span ${spanId} in trace ${trace.trace_id}`, 1);
  const kept = new Set([root]);
  const ids = new Set([spanId]);
  for (let before = 0; before < kept.size;) {
    before = kept.size;
    for (const span of trace.spans) {
      if (typeof span.parent_span_id !== "string" || !ids.has(span.parent_span_id)) continue;
      kept.add(span);
      ids.add(span.span_id);
    }
  }
  const [first, ...rest] = kept;
  return { ...trace, spans: [{ ...(first ?? root), parent_span_id: null }, ...rest] };
}
