// What the tests of sinks share: a server on loopback that keeps what it got, entries, and traces
// of some size.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { readMessage, type WireSpan, type WireTrace } from "llmops-observability/wire";
import type { Entry } from "llmops-processor";
import { read } from "../../src/receive/read.ts";
import { span, trace } from "../setup.ts";

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly text: string;
  readonly json: unknown;
}

interface Answer {
  readonly status?: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface LoopbackServer {
  readonly url: string;
  readonly received: Received[];
  /** How it answers from now on; "hang" does not. */
  answer: (request: Received) => Answer | "hang" | "reset" | Promise<Answer>;
  close(): Promise<void>;
}

export async function startServer(): Promise<LoopbackServer> {
  const server = createServer(async (request, response) => {
    const chunks: Buffer[] = [];
    for await (const chunk of request) chunks.push(chunk as Buffer);
    const bytes = Buffer.concat(chunks);
    const zipped = request.headers["content-encoding"] === "gzip";
    const text = (zipped ? gunzipSync(bytes) : bytes).toString("utf8");
    const one = {
      path: request.url ?? "",
      headers: request.headers,
      text,
      json: JSON.parse(text) as unknown,
    };
    const answer = await loopback.answer(one);
    if (answer === "hang") return;
    if (answer === "reset") {
      request.socket.destroy();
      return;
    }
    const { status = 200, headers = {}, body = "{}" } = answer;
    if (status < 300) received.push(one);
    response.writeHead(status, headers);
    response.end(body);
  });
  const received: Received[] = [];
  await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const loopback: LoopbackServer = {
    url: `http://127.0.0.1:${port}`,
    received,
    answer: () => ({}),
    close: () =>
      new Promise((resolve) => {
        server.close(() => resolve());
        server.closeAllConnections();
      }),
  };
  return loopback;
}

/** The entry of a message with this trace, or of this event, as the processor hands it to sinks. */
export function entryOf(message: object): Entry {
  const found = read(JSON.stringify(message), 64 * 1024 * 1024);
  if ("poison" in found) throw new Error(found.poison);
  return found.entry;
}

/** As `decodeMessage`, of an event. */
export function told(event: object): WireTrace & { event: string } {
  const { trace: one, event: type = "" } = readMessage(JSON.stringify(event));
  return { ...one, event: type };
}

export const signal: AbortSignal = new AbortController().signal;

export function generation(fields: Partial<WireSpan> = {}): WireSpan {
  return span({
    span_name: "ask",
    span_type: "generation",
    model_id: "gpt-4o-mini",
    prompt: "Why?",
    response: "Because.",
    usage: { input_tokens: 30, output_tokens: 12, total_tokens: 42 },
    cost: { input_cost: 0.25, output_cost: 0.5, total_cost: 0.75 },
    duration_ms: 900,
    ...fields,
  });
}

const HOUR = 3600;

/** That ended a moment ago: some destinations refuse what is old. */
export function fresh(spans: readonly WireSpan[], fields: Partial<WireTrace> = {}): WireTrace {
  const end = Math.floor(Date.now() / 1000) - 5;
  const times = { start_time: end - 1.5, end_time: end };
  return trace({ spans: spans.map((one) => ({ ...one, ...times })), ...times, ...fields });
}

export function aged(hours: number, one: WireTrace): WireTrace {
  const older = <T extends { start_time: number; end_time: number }>(times: T): T => ({
    ...times,
    start_time: times.start_time - hours * HOUR,
    end_time: times.end_time - hours * HOUR,
  });
  return { ...older(one), spans: one.spans.map((own) => older(own)) };
}
