// Prompts of `PROMPTS` → what a provider's server answers, on loopback: JSON, server-sent events,
// NDJSON, AWS event streams.
import { once } from "node:events";
import { createServer, type IncomingMessage, type ServerResponse } from "node:http";
import type { AddressInfo } from "node:net";
import { setImmediate as turn } from "node:timers/promises";
import { crc32 } from "node:zlib";
import { type Answer, type AwsEvent, PROMPTS, type Provider, type Scenario } from "./provider.ts";

export interface LlmServer {
  readonly url: string;
  close(): Promise<void>;
}

export async function startLlmServer(provider: Provider): Promise<LlmServer> {
  const server = createServer((request, response) => {
    void answer(provider, request, response).catch(() => response.destroy());
  });
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  const { port } = server.address() as AddressInfo;
  return {
    url: `http://127.0.0.1:${port}`,
    async close() {
      server.closeAllConnections();
      server.close();
      await once(server, "close");
    },
  };
}

async function answer(
  provider: Provider,
  request: IncomingMessage,
  response: ServerResponse,
): Promise<void> {
  const chunks: Buffer[] = [];
  for await (const chunk of request) chunks.push(chunk as Buffer);
  const text = Buffer.concat(chunks).toString("utf8");
  const body = (text === "" ? {} : JSON.parse(text)) as { stream?: unknown };
  const scenario = scenarioOf(text);
  if (scenario === "error") {
    send(response, provider.error?.() ?? openAiError());
    return;
  }
  const streamed = provider.isStreamed(request.url ?? "", body);
  const found = provider.answer(scenario === "tool" ? "tool" : "plain", streamed);
  const frames = framesOf(found);
  if (frames === undefined) {
    send(response, found);
    return;
  }
  response.writeHead(200, {
    "content-type": contentTypeOf(found),
    "x-request-id": "req_200",
    ...found.headers,
  });
  const cut = scenario === "slow" || scenario === "broken";
  for (const frame of cut ? frames.slice(0, cutAt(frames)) : frames) {
    response.write(frame);
    // One chunk on the network each, so that no client gets two at once.
    await turn();
  }
  if (scenario === "broken") response.destroy();
  else if (scenario === "slow") await once(response, "close");
  else response.end();
}

/** Behind two pieces of text, wherever these are in the stream. */
function cutAt(frames: readonly (string | Buffer)[]): number {
  let pieces = 0;
  const at = frames.findIndex((frame) => {
    const text = frame.toString("latin1");
    // Bedrock's InvokeModel has its chunks in base64.
    const inner = /"bytes":"([^"]+)"/.exec(text)?.[1];
    const plain = inner === undefined ? text : Buffer.from(inner, "base64").toString("utf8");
    return /"(?:Hello|, )"/.test(plain) && ++pieces === 2;
  });
  return at + 1;
}

function scenarioOf(body: string): Scenario {
  const found = Object.entries(PROMPTS).find(([, prompt]) => body.includes(prompt));
  if (found === undefined) throw new Error(`no prompt of the tests in ${body}`);
  return found[0] as Scenario;
}

function send(response: ServerResponse, { status = 200, headers, json }: Answer): void {
  response.writeHead(status, {
    "content-type": "application/json",
    ...(status === 200 && { "x-request-id": "req_200" }),
    ...headers,
  });
  response.end(JSON.stringify(json));
}

export const RATE_LIMITED = {
  status: 429,
  headers: { "x-request-id": "req_429", "retry-after": "7" },
} as const;

function openAiError(): Answer {
  const error = { message: "Too many tokens", type: "tokens", code: "rate_limit_exceeded" };
  return { ...RATE_LIMITED, json: { error } };
}

function framesOf({
  sse,
  named = false,
  done,
  ndjson,
  aws,
}: Answer): (string | Buffer)[] | undefined {
  if (aws !== undefined) return aws.map(awsFrame);
  if (ndjson !== undefined) return ndjson.map((line) => `${JSON.stringify(line)}\n`);
  if (sse === undefined) return undefined;
  const frames = sse.map((event) => {
    const name = named ? `event: ${(event as { type: string }).type}\n` : "";
    return `${name}data: ${JSON.stringify(event)}\n\n`;
  });
  if (done !== undefined) frames.push(`data: ${done}\n\n`);
  return frames;
}

function contentTypeOf({ aws, ndjson }: Answer): string {
  if (aws !== undefined) return "application/vnd.amazon.eventstream";
  return ndjson === undefined ? "text/event-stream" : "application/x-ndjson";
}

/** Prelude (two lengths and their checksum), headers, payload, checksum of all. */
function awsFrame([type, payload, exception]: AwsEvent): Buffer {
  const kind = exception ?? "event";
  const headers = Buffer.concat([
    awsHeader(":message-type", kind),
    awsHeader(`:${kind}-type`, type),
    awsHeader(":content-type", "application/json"),
  ]);
  const body = Buffer.from(JSON.stringify(payload));
  const prelude = Buffer.alloc(8);
  prelude.writeUInt32BE(16 + headers.length + body.length, 0);
  prelude.writeUInt32BE(headers.length, 4);
  const head = Buffer.concat([prelude, checksum(prelude), headers, body]);
  return Buffer.concat([head, checksum(head)]);
}

function awsHeader(name: string, value: string): Buffer {
  const bytes = Buffer.from(value);
  const length = Buffer.alloc(2);
  length.writeUInt16BE(bytes.length);
  const TEXT_TYPE = 7;
  return Buffer.concat([
    Buffer.from([name.length]),
    Buffer.from(name),
    Buffer.from([TEXT_TYPE]),
    length,
    bytes,
  ]);
}

function checksum(bytes: Buffer): Buffer {
  const sum = Buffer.alloc(4);
  sum.writeUInt32BE(crc32(bytes));
  return sum;
}
