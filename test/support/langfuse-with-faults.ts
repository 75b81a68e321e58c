// Langfuse's OTLP endpoint over loopback → the spans that it took, with one trouble per request, as
// `trouble` draws it. Else it judges a request by Langfuse's own rules.
import { createServer, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import type { ExportTraceServiceRequest, OtlpSpan } from "../../runtime/src/otlp/request.ts";
import { refusedByLangfuse, spansIn } from "../../runtime/test/otlp/checks.ts";

export const TROUBLES = [
  "503",
  "throttled",
  "denied",
  "large",
  "slow",
  "hang",
  "reset",
  "stored, then reset",
  "stored, then html",
] as const;
export type Trouble = (typeof TROUBLES)[number];

export interface FaultLangfuse {
  readonly url: string;
  readonly requests: number;
  /** Spans by what Langfuse knows them by: trace, id and time of beginning; each with its text. */
  readonly spans: ReadonlyMap<string, string>;
  /** Of the spans: those that came again. */
  readonly again: number;
  /** What came again with other bytes. */
  readonly changed: readonly string[];
  trouble: (() => Trouble | undefined) | undefined;
  /** A request that holds this trace is answered 400. */
  refuses: string | undefined;
  /** Whether the root of our trace with this id was taken. */
  has(traceId: string): boolean;
  close(): Promise<void>;
}

const SLOW_MS = 500;
const LARGE_BYTES = 20_000;

export async function startFaultLangfuse(): Promise<FaultLangfuse> {
  const spans = new Map<string, string>();
  const roots = new Set<string>();
  const changed: string[] = [];
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const zipped = request.headers["content-encoding"] === "gzip";
      langfuse.requests++;
      answer((zipped ? gunzipSync(bytes) : bytes).toString(), response);
    });
  });
  const langfuse: FaultLangfuse & { url: string; requests: number; again: number } = {
    url: "",
    requests: 0,
    spans,
    again: 0,
    changed,
    trouble: undefined,
    refuses: undefined,
    has: (traceId) => roots.has(hexOf(traceId)),
    close: () =>
      new Promise((done) => {
        http.close(() => done());
        http.closeAllConnections();
      }),
  };

  function answer(body: string, response: ServerResponse): void {
    const trouble = langfuse.trouble?.();
    const refuses = langfuse.refuses !== undefined && body.includes(hexOf(langfuse.refuses));
    const status =
      trouble === undefined || trouble.startsWith("stored") || trouble === "slow"
        ? undefined
        : statusOf(trouble, body);
    if (trouble === "hang") return;
    if (trouble === "reset") response.destroy();
    else if (status !== undefined) {
      const headers = trouble === "throttled" ? { "retry-after": "1" } : {};
      response.writeHead(status, headers).end("{}");
    } else if (refuses) response.writeHead(400).end("{}");
    else take(body, response, trouble);
  }

  function take(body: string, response: ServerResponse, trouble: Trouble | undefined): void {
    const request = JSON.parse(body) as ExportTraceServiceRequest;
    const reason = refusedByLangfuse(request);
    if (reason !== undefined) {
      response.writeHead(400).end(JSON.stringify({ reason }));
      return;
    }
    spansIn(request).forEach(store);
    if (trouble === "stored, then reset") response.destroy();
    else if (trouble === "stored, then html") response.end("<html>");
    else setTimeout(() => response.end("{}"), trouble === "slow" ? SLOW_MS : 0);
  }

  function store(span: OtlpSpan): void {
    const key = `${span.traceId} ${span.spanId} ${span.startTimeUnixNano}`;
    const text = JSON.stringify(span);
    const known = spans.get(key);
    if (known !== undefined) langfuse.again++;
    if (known !== undefined && known !== text) changed.push(key);
    spans.set(key, text);
    if (span.parentSpanId === undefined) roots.add(span.traceId);
  }

  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  langfuse.url = `http://127.0.0.1:${(http.address() as AddressInfo).port}`;
  return langfuse;
}

function statusOf(trouble: Trouble, body: string): number | undefined {
  if (trouble === "large") return body.length > LARGE_BYTES ? 413 : undefined;
  return { "503": 503, throttled: 429, denied: 401 }[trouble as "503" | "throttled" | "denied"];
}

function hexOf(uuid: string): string {
  return uuid.replaceAll("-", "");
}
