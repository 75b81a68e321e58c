// Answers of the API, made up → a server that the page asks, for what the real one cannot be brought to
// show: failures, being gone, answers that do not end.
// Invariant: its pages have the security headers of the contract.
import { readFile } from "node:fs/promises";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import { extname, join } from "node:path";
import type { AddressInfo } from "node:net";
import type { SpanRow, TraceDetail, TraceRow } from "../../src/model.ts";

const POLICY =
  "default-src 'none'; script-src 'self'; style-src 'self'; img-src 'self' data:; connect-src 'self'; " +
  "base-uri 'none'; form-action 'none'; frame-ancestors 'none'; require-trusted-types-for 'script'";
const TOKEN = "the-token-of-the-test";
const PAGE = join(import.meta.dirname, "../../dist/page");
const TYPES: Readonly<Record<string, string>> = {
  ".js": "text/javascript",
  ".css": "text/css",
  ".html": "text/html; charset=utf-8",
};

export interface Asked {
  readonly method: string;
  readonly url: URL;
  readonly body: string;
  readonly authorization: string | undefined;
}

/** What a path answers: JSON, a status with its error, or what it does itself. */
export type Route = (asked: Asked, response: ServerResponse) => unknown;

export class Refusal {
  readonly status: number;
  readonly error: Readonly<Record<string, unknown>>;

  constructor(status: number, error: Readonly<Record<string, unknown>>) {
    this.status = status;
    this.error = error;
  }
}

/** The response is the route's own. */
export const TAKEN: unique symbol = Symbol("taken");

export class Fake {
  readonly #server = createServer((request, response) => void this.#answer(request, response));
  readonly #streams = new Set<ServerResponse>();
  /** By path, a `*` at its end standing for the rest; the longest that fits is asked. */
  readonly routes: Map<string, Route>;
  readonly asked: Asked[] = [];
  #port = 0;

  constructor(routes: Readonly<Record<string, Route>>) {
    this.routes = new Map(Object.entries(routes));
  }

  get url(): string {
    return `http://127.0.0.1:${this.#port}`;
  }

  async start(): Promise<void> {
    await new Promise<void>((resolve) => this.#server.listen(this.#port, "127.0.0.1", resolve));
    this.#port = (this.#server.address() as AddressInfo).port;
  }

  /** As a server that has stopped: connections end, none is taken. */
  async stop(): Promise<void> {
    const closed = new Promise<void>((resolve) => this.#server.close(() => resolve()));
    this.#server.closeAllConnections();
    await closed;
  }

  async [Symbol.asyncDispose](): Promise<void> {
    if (this.#server.listening) await this.stop();
  }

  send(event: string, data: unknown): void {
    for (const stream of this.#streams)
      stream.write(`event: ${event}\ndata: ${JSON.stringify(data)}\n\n`);
  }

  async #answer(request: IncomingMessage, response: ServerResponse): Promise<void> {
    const url = new URL(request.url ?? "/", this.url);
    if (url.pathname === "/api/events") this.#stream(response);
    else if (url.pathname.startsWith("/api/")) await this.#api(request, url, response);
    else await servePage(url, response);
  }

  #stream(response: ServerResponse): void {
    response.writeHead(200, { "content-type": "text/event-stream" });
    response.write(`retry: 1000\nevent: hello\ndata: {"version":"0","total":0}\n\n`);
    this.#streams.add(response);
    response.on("close", () => this.#streams.delete(response));
  }

  async #api(request: IncomingMessage, url: URL, response: ServerResponse): Promise<void> {
    let body = "";
    for await (const part of request) body += String(part);
    const { authorization } = request.headers;
    const asked: Asked = { method: request.method ?? "GET", url, body, authorization };
    this.asked.push(asked);
    const route = this.#routeOf(url.pathname);
    const answer =
      route === undefined
        ? new Refusal(404, { code: "not_found", message: `There is no ${url.pathname}.` })
        : await route(asked, response);
    if (answer === TAKEN) return;
    const refused = answer instanceof Refusal;
    response.writeHead(refused ? answer.status : 200, { "content-type": "application/json" });
    response.end(JSON.stringify(refused ? { error: answer.error } : answer));
  }

  #routeOf(path: string): Route | undefined {
    const exact = this.routes.get(path);
    if (exact !== undefined) return exact;
    const fitting = [...this.routes.keys()]
      .filter((key) => key.endsWith("*") && path.startsWith(key.slice(0, -1)))
      .toSorted((a, b) => b.length - a.length);
    return this.routes.get(fitting[0] ?? "");
  }
}

async function servePage(url: URL, response: ServerResponse): Promise<void> {
  const asset = url.pathname.startsWith("/assets/") ? url.pathname.slice(8) : "index.html";
  let text: string;
  try {
    text = await readFile(join(PAGE, asset), "utf8");
  } catch {
    response.writeHead(404).end();
    return;
  }
  response.writeHead(200, {
    "content-type": TYPES[extname(asset)] ?? "text/plain",
    "content-security-policy": POLICY,
    "x-content-type-options": "nosniff",
  });
  response.end(text.replace("</title>", `</title><meta name="llmops-token" content="${TOKEN}">`));
}

export function traceRow(over: Partial<TraceRow> & { readonly trace_id: string }): TraceRow {
  return {
    name: "question",
    project_id: "shop",
    environment: "test",
    user_id: null,
    session_id: null,
    status: "success",
    started: 1_790_000_000,
    duration_ms: 2100,
    spans: 3,
    errors: 0,
    generations: 1,
    models: ["gpt-4o-mini"],
    tags: [],
    input_tokens: 700,
    output_tokens: 216,
    total_tokens: 916,
    cost: 0.0002,
    error: null,
    preview: "How do I stream text?",
    source: "sqs",
    truncated: false,
    unfinished: false,
    updated: 1_790_000_000,
    ...over,
  };
}

function traceDetail(row: TraceRow): TraceDetail {
  return {
    ...row,
    trace_input: null,
    trace_output: null,
    metadata: {},
    scores: [],
    links: [],
    dropped: null,
    sdk_name: "llmops-observability",
    sdk_version: "0.1.0",
    parts: { have: 1, of: 1 },
  };
}

export function spanRow(over: Partial<SpanRow> & { readonly span_id: string }): SpanRow {
  return {
    parent_span_id: null,
    name: over.span_id,
    kind: "span",
    depth: 0,
    start: 0,
    duration_ms: 10,
    status: "success",
    level: null,
    model: null,
    input_tokens: 0,
    output_tokens: 0,
    cost: null,
    total_tokens: 0,
    total_cost: null,
    child_count: 0,
    fn: over.span_id,
    file: "src/app.ts",
    line: 1,
    truncated: false,
    unfinished: false,
    orphan: false,
    ...over,
  };
}

/** Routes of a list of rows: searched by their names alone, sorted as they are. */
export function listOf(rows: readonly TraceRow[]): Record<string, Route> {
  return {
    "/api/traces": ({ url }) => {
      const words = (url.searchParams.get("q") ?? "").toLowerCase().split(/\s+/).filter(Boolean);
      const found = rows.filter((row) =>
        words.every((word) => row.name.toLowerCase().includes(word)),
      );
      const limit = Number(url.searchParams.get("limit") ?? 50);
      const from = Number(url.searchParams.get("cursor") ?? 0);
      const next = from + limit < found.length ? String(from + limit) : null;
      return { traces: found.slice(from, from + limit), total: found.length, next, took_ms: 1 };
    },
    "/api/facets": () => ({
      project: [{ value: "shop", count: rows.length }],
      env: [],
      model: [{ value: "gpt-4o-mini", count: rows.length }],
      tag: [],
      name: [],
      fn: [],
      user: [],
      session: [],
      status: [
        { value: "success", count: rows.length },
        { value: "error", count: 0 },
      ],
    }),
    "/api/health": () => ({ db: { path: "/home/me/app/.llmops/dev.db" } }),
  };
}

/** Routes of a trace: itself, its spans in pages, and a span's values. */
export function traceOf(
  row: TraceRow,
  spans: readonly SpanRow[],
  values: (id: string) => Readonly<Record<string, unknown>> = () => ({}),
): Record<string, Route> {
  const base = `/api/traces/${encodeURIComponent(row.trace_id)}`;
  return {
    [base]: () => ({ trace: traceDetail(row) }),
    [`${base}/spans`]: ({ url }) => {
      const offset = Number(url.searchParams.get("offset") ?? 0);
      const end = offset + Number(url.searchParams.get("limit") ?? 50_000);
      const next = end < spans.length ? end : null;
      return { total: spans.length, spans: spans.slice(offset, end), next };
    },
    [`${base}/spans/*`]: ({ url }) => {
      const [id = "", ...more] = url.pathname.slice(base.length + "/spans/".length).split("/");
      if (more.length > 0) return new Refusal(404, { code: "not_found", message: "Not here." });
      return { span: wireSpan(decodeURIComponent(id), values(decodeURIComponent(id))) };
    },
  };
}

function wireSpan(
  id: string,
  over: Readonly<Record<string, unknown>>,
): Readonly<Record<string, unknown>> {
  return {
    span_id: id,
    span_name: id,
    span_type: "span",
    parent_span_id: null,
    start_time: 1_790_000_000,
    end_time: 1_790_000_001,
    duration_ms: 1000,
    input_data: {},
    output_data: { output: null },
    error: null,
    model_id: null,
    metadata: {},
    tags: [],
    usage: null,
    cost: null,
    prompt: null,
    response: null,
    status: "success",
    status_message: null,
    level: null,
    ...over,
  };
}
