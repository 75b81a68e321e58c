// Batches → requests of SendMessageBatch, as a server on loopback gets them: those after the first
// one are the SDK's, repeated.
import { createHash, createHmac } from "node:crypto";
import { createServer, type IncomingHttpHeaders } from "node:http";
import type { AddressInfo } from "node:net";
import { SQSClient } from "@aws-sdk/client-sqs";
import { expect, onTestFinished, test, vi } from "vitest";
import type { ConfigureOptions } from "../../src/config/options.ts";
import { resolveOptions } from "../../src/config/resolve.ts";
import { SENT, type Entry, type Outcome } from "../../src/sink.ts";
import { sqsSink } from "../../src/sinks/sqs/sqs.ts";
import { FAULTS, startFaultSqs, type Fault } from "../../../test/support/sqs-with-faults.ts";

interface Received {
  readonly method: string | undefined;
  readonly path: string | undefined;
  readonly headers: IncomingHttpHeaders;
  readonly body: string;
}

async function queue(): Promise<{ url: string; received: Received[] }> {
  const received: Received[] = [];
  const server = createServer((request, response) => {
    const chunks: Buffer[] = [];
    request.on("data", (chunk: Buffer) => chunks.push(chunk));
    request.on("end", () => {
      const { method, url: path, headers } = request;
      const body = Buffer.concat(chunks).toString();
      received.push({ method, path, headers, body });
      const { Entries } = JSON.parse(body) as { Entries: { Id: string; MessageBody: string }[] };
      const Successful = Entries.map(({ Id, MessageBody }) => ({
        Id,
        MessageId: Id,
        MD5OfMessageBody: createHash("md5").update(MessageBody).digest("hex"),
      }));
      response.end(JSON.stringify({ Successful }));
    });
  });
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  onTestFinished(() => server.closeAllConnections());
  onTestFinished(() => void server.close());
  const { port } = server.address() as AddressInfo;
  return { url: `http://127.0.0.1:${port}/000000000000/traces`, received };
}

interface Sending {
  send(entries: readonly Entry[]): Promise<readonly Outcome[]>;
}

function sinkTo(url: string, sqs: ConfigureOptions["sqs"] = {}): Sending {
  const { options } = resolveOptions({ sqs: { url, ...sqs } }, {}, {});
  const sink = sqsSink(url, options.sqs);
  onTestFinished(() => sink.close?.());
  const { signal } = new AbortController();
  return { send: (batch) => sink.send(batch, { signal }) };
}

const entries = (count: number): Entry[] =>
  Array.from({ length: count }, (_, at) => ({
    id: String(at + 1),
    traceId: `trace-${at}`,
    // No sink of messages reads it.
    get trace(): never {
      throw new Error("not a trace");
    },
    body: `{"data":"${"H4sI".repeat(at + 1)}","quote\\"d":"ä"}`,
    digest: `digest-${at}`,
    traceparent: "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01",
    ...(at === 0 && { dropped: { queue_full: 2 } }),
  }));

const sent = (count: number): unknown[] => Array.from({ length: count }, () => SENT);

/** Of each request its own. */
const OWN =
  /^(?:amz-sdk-(?:invocation-id|request)|authorization|x-amz-(?:date|content-sha256)|content-length)$/;

function lasting(headers: IncomingHttpHeaders): IncomingHttpHeaders {
  return Object.fromEntries(Object.entries(headers).filter(([name]) => !OWN.test(name)));
}

test.each([".fifo", ""])("what is repeated is the SDK's request to the letter%s", async (kind) => {
  const { url, received } = await queue();
  const sink = sinkTo(url + kind);
  for (let n = 0; n < 3; n++) expect(await sink.send(entries(3))).toEqual(sent(3));
  const [first, ...repeated] = received;
  expect(first?.headers["amz-sdk-invocation-id"]).toBeDefined();
  for (const one of repeated) {
    expect(one.headers["amz-sdk-invocation-id"]).toBeUndefined();
    expect(JSON.parse(one.body)).toEqual(JSON.parse(first?.body ?? ""));
    expect([one.method, one.path]).toEqual([first?.method, first?.path]);
    expect(lasting(one.headers)).toEqual(lasting(first?.headers ?? {}));
  }
});

test("each is signed, with the credentials of its time", async () => {
  const { url, received } = await queue();
  for (const [key, token] of [
    ["KEY-1", "token-1"],
    ["KEY-2", undefined],
  ] as const) {
    vi.stubEnv("AWS_ACCESS_KEY_ID", key);
    vi.stubEnv("AWS_SECRET_ACCESS_KEY", "secret of it");
    vi.stubEnv("AWS_SESSION_TOKEN", token);
    const sink = sinkTo(url, { region: "eu-west-3" });
    for (let n = 1; n <= 3; n++) expect(await sink.send(entries(n))).toEqual(sent(n));
    for (const request of received.splice(0)) {
      expect(request.headers["x-amz-security-token"]).toBe(token);
      expect(request.headers["authorization"]).toMatch(
        new RegExp(`^AWS4-HMAC-SHA256 Credential=${key}/\\d{8}/eu-west-3/sqs/aws4_request, `),
      );
      expect(signatureIn(request)).toBe(signatureOf(request, "secret of it"));
    }
  }
  vi.unstubAllEnvs();
});

test.each(FAULTS.filter((fault) => fault !== "hang"))(
  "%s: the same comes of it, whoever sent the request",
  async (fault) => {
    const script: Fault[] = [fault];
    const server = await startFaultSqs(script);
    onTestFinished(() => server.close());
    const first = await sinkTo(server.url).send(entries(2));
    const sink = sinkTo(server.url);
    expect(await sink.send(entries(2))).toEqual(sent(2));
    script.push(fault);
    expect(await sink.send(entries(2))).toEqual(first);
    expect(server.requests).toHaveLength(3);
    expect(await sink.send(entries(2))).toEqual(sent(2));
  },
);

test("a client of the program's own sends all", async () => {
  const { url, received } = await queue();
  const credentials = { accessKeyId: "theirs", secretAccessKey: "secret" };
  const client = new SQSClient({ region: "us-east-1", endpoint: new URL(url).origin, credentials });
  onTestFinished(() => client.destroy());
  const sink = sinkTo(url, { client });
  for (let n = 0; n < 3; n++) expect(await sink.send(entries(1))).toEqual(sent(1));
  for (const { headers } of received) expect(headers["amz-sdk-invocation-id"]).toBeDefined();
  expect(received).toHaveLength(3);
});

function signatureIn({ headers }: Received): string | undefined {
  return /Signature=([0-9a-f]{64})$/.exec(headers["authorization"] ?? "")?.[1];
}

/** By AWS's description of Signature Version 4, not by the SDK. */
function signatureOf({ method, path, headers, body }: Received, secret: string): string {
  const authorization = headers["authorization"] ?? "";
  const scope = /Credential=[^/]+\/(\S+),/.exec(authorization)?.[1] ?? "";
  const names = (/SignedHeaders=(\S+),/.exec(authorization)?.[1] ?? "").split(";");
  expect(names).toEqual(expect.arrayContaining(["host", "x-amz-date", "content-type"]));
  const lines = names.map((name) => `${name}:${String(headers[name]).trim()}\n`);
  const canonical = [method, path, "", lines.join(""), names.join(";"), sha256(body)].join("\n");
  const date = String(headers["x-amz-date"]);
  const text = ["AWS4-HMAC-SHA256", date, scope, sha256(canonical)].join("\n");
  const key = scope
    .split("/")
    .reduce<string | Buffer>((from, part) => hmac(from, part), `AWS4${secret}`);
  return hmac(key, text).toString("hex");
}

function sha256(text: string): string {
  return createHash("sha256").update(text).digest("hex");
}

function hmac(key: string | Buffer, text: string): Buffer {
  return createHmac("sha256", key).update(text).digest();
}
