// A server on loopback that takes OTLP and scores as Langfuse does → what it was sent, with answers by script.
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { gunzipSync } from "node:zlib";
import { onTestFinished } from "vitest";
import type { ExportTraceServiceRequest, OtlpSpan } from "../../src/otlp/request.ts";
import { refusedByLangfuse, spansIn } from "../otlp/checks.ts";

interface Received {
  readonly path: string;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

/** Answers in place of a success. */
interface Reply {
  readonly status: number;
  readonly headers?: Readonly<Record<string, string>>;
  readonly body?: string;
}

export interface OtlpServer {
  readonly origin: string;
  readonly received: Received[];
  /** For each request: the answer, if it is not the usual one; "hang" and "reset" give none. */
  answer: (received: Received, number: number) => Reply | "hang" | "reset" | undefined;
  /** The requests to a path that were taken. */
  taken(path: string): readonly string[];
  /** The spans that were taken. */
  spans(): readonly OtlpSpan[];
}

export const TRACES = "/api/public/otel/v1/traces";
export const SCORES = "/api/public/scores";

export async function startOtlpServer(): Promise<OtlpServer> {
  const taken: Received[] = [];
  const server: OtlpServer & { origin: string } = {
    origin: "",
    received: [],
    answer: () => undefined,
    taken: (path) => taken.filter((one) => one.path === path).map(({ body }) => body),
    spans: () =>
      taken
        .filter(({ path }) => path !== SCORES)
        .flatMap(({ body }) => spansIn(JSON.parse(body) as ExportTraceServiceRequest)),
  };
  const http = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const bytes = Buffer.concat(chunks);
      const zipped = request.headers["content-encoding"] === "gzip";
      const body = (zipped ? gunzipSync(bytes) : bytes).toString();
      const received = { path: request.url ?? "", headers: request.headers, body };
      server.received.push(received);
      const reply = server.answer(received, server.received.length) ?? judge(received);
      if (reply === "reset") request.socket.destroy();
      if (reply === "hang" || reply === "reset") return;
      if (reply.status < 300) taken.push(received);
      response.writeHead(reply.status, { "content-type": "application/json", ...reply.headers });
      response.end(reply.body ?? "{}");
    });
  });
  await new Promise<void>((done) => http.listen(0, "127.0.0.1", done));
  onTestFinished(() => {
    http.close();
    http.closeAllConnections();
  });
  return Object.assign(server, {
    origin: `http://127.0.0.1:${(http.address() as AddressInfo).port}`,
  });
}

/** As Langfuse would. */
function judge({ path, body }: Received): Reply {
  if (path === SCORES) {
    const { id, name } = JSON.parse(body) as { id?: string; name?: string };
    return name === "" ? { status: 400 } : { status: 200, body: JSON.stringify({ id }) };
  }
  const reason = refusedByLangfuse(JSON.parse(body) as ExportTraceServiceRequest);
  return reason === undefined ? { status: 200 } : { status: 400, body: JSON.stringify({ reason }) };
}
