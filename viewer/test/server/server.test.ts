// Requests → what the API promises: shapes, errors, headers, events.
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { get as httpGet } from "node:http";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { EventStreams } from "../../src/server/events.ts";
import { type Dev, startDev, wireSpan, wireTrace } from "./setup.ts";

let dev: Dev;

beforeAll(async () => {
  dev = await startDev();
  const spans = Array.from({ length: 40 }, (_, n) => wireSpan(`s${n}`));
  await dev.send("POST", "/api/import", [wireTrace("t1", {}, spans), wireTrace("t2")]);
});

afterAll(() => dev.end());

const jsonOf = async (path: string): Promise<unknown> => (await dev.get(path)).json();

describe("answers", () => {
  test.each(["/", "/traces/t1", "/compare?a=1&b=2", "/coverage", "/charts", "/pipeline"])(
    "%s is the page, which may load nothing else",
    async (path) => {
      const answer = await dev.get(path);
      expect(answer.status).toBe(200);
      expect(answer.headers.get("content-type")).toBe("text/html; charset=utf-8");
      const policy = answer.headers.get("content-security-policy") ?? "";
      expect(policy).toContain("default-src 'none'");
      expect(policy).not.toMatch(/unsafe|\*/);
    },
  );

  test.each([
    "/",
    "/nothing",
    "/api/health",
    "/api/nothing",
    "/assets/nothing.js",
    "/v1/traces",
    "/mcp",
  ])("%s carries the headers, and nothing for other origins", async (path) => {
    const { headers } = await dev.get(path);
    expect(headers.get("x-content-type-options")).toBe("nosniff");
    expect(headers.get("x-frame-options")).toBe("DENY");
    expect(headers.get("referrer-policy")).toBe("no-referrer");
    expect(headers.get("cross-origin-resource-policy")).toBe("same-origin");
    expect(headers.get("cross-origin-opener-policy")).toBe("same-origin");
    expect([...headers.keys()].filter((name) => name.startsWith("access-control"))).toEqual([]);
    if (path.startsWith("/api")) expect(headers.get("cache-control")).toBe("no-store");
  });

  test("long ones are zipped for those who take it", async () => {
    const zipped = await dev.get("/api/traces/t1/spans");
    expect(zipped.headers.get("content-encoding")).toBe("gzip");
    expect(await zipped.json()).toMatchObject({ total: 40 });
    const plain = await dev.get("/api/traces/t1/spans", {
      headers: { "accept-encoding": "gzip;q=0" },
    });
    expect(plain.headers.get("content-encoding")).toBeNull();
    expect(await plain.json()).toMatchObject({ total: 40 });
  });

  test.each<[string, number, object]>([
    ["/api/nothing", 404, { code: "not_found" }],
    ["/api/traces/none", 404, { code: "not_found" }],
    ["/api/traces/t1/spans/none", 404, { code: "not_found" }],
    ["/api/traces/none/spans/none/source", 404, { code: "not_found" }],
    ["/api/traces/t1/spans/s0/chat", 404, { code: "not_a_generation" }],
    ["/api/compare?a=t1&b=none", 404, { code: "not_found" }],
    ["/api/compare?a=t1", 400, { code: "bad_request", field: "b" }],
    ["/api/traces?limit=0", 400, { code: "bad_request", field: "limit" }],
    ["/api/traces?limit=501", 400, { code: "bad_request", field: "limit" }],
    ["/api/traces?order=up", 400, { code: "bad_request", field: "order" }],
    ["/api/traces?since=yesterday", 400, { code: "bad_request", field: "since" }],
    ["/api/traces?cursor=nonsense", 400, { code: "bad_request", field: "cursor" }],
    ["/api/traces?q=modle:x", 400, { code: "bad_query", position: 0, hint: "model:" }],
    ["/api/export?q=modle:x", 400, { code: "bad_query" }],
    ["/api/export?format=pdf", 400, { code: "bad_request", field: "format" }],
    ["/api/stats?bucket=-1", 400, { code: "bad_request", field: "bucket" }],
    ["/api/traces/t1/search", 400, { code: "bad_request", field: "q" }],
  ])("%s → %i", async (path, status, error) => {
    const answer = await dev.get(path);
    expect(answer.status).toBe(status);
    expect(await answer.json()).toMatchObject({ error });
  });

  test.each([
    ["PUT", "/api/traces", "GET, HEAD, DELETE"],
    ["POST", "/api/health", "GET, HEAD"],
    ["DELETE", "/api/events", "GET, HEAD"],
    ["GET", "/api/open", "POST"],
    ["GET", "/v1/traces", "POST"],
    ["POST", "/coverage", "GET, HEAD"],
  ])("%s %s is not allowed", async (method, path, allow) => {
    const answer = await dev.send(method, path);
    expect([answer.status, answer.headers.get("allow")]).toEqual([405, allow]);
  });

  test("HEAD has no body", async () => {
    const answer = await dev.get("/api/traces", { method: "HEAD" });
    expect([answer.status, await answer.text()]).toEqual([200, ""]);
    const events = await dev.get("/api/events", { method: "HEAD" });
    expect([events.status, await events.text()]).toEqual([200, ""]);
  });

  test.each<[string, object]>([
    [
      "/api/traces?sort=spans&order=desc",
      { total: 2, next: null, traces: [{ trace_id: "t1" }, { trace_id: "t2" }] },
    ],
    ["/api/traces/t1", { trace: { trace_id: "t1", parts: { have: 1, of: 1 } } }],
    ["/api/traces/t1/spans/s3", { span: { span_id: "s3", depth: 0, child_count: 0 } }],
    ["/api/traces/t1/search?q=pay", { total: 40 }],
    ["/api/compare?a=t1&b=t1", { summary: { same: 40, changed: 0 } }],
    ["/api/coverage", { manifests: [], totals: { percent: null } }],
    ["/api/facets", { project: [{ value: "shop", count: 2 }] }],
    ["/api/stats?by=name", { totals: { count: 2 } }],
    ["/api/pipeline", { queue: { state: "up" }, store: { state: "ok" }, child: null }],
    ["/api/pipeline/dead", { messages: [] }],
    ["/api/traces/t1/spans/s0/source", { state: "unknown", lines: [] }],
  ])("%s", async (path, expected) => {
    expect(await jsonOf(path)).toMatchObject(expected);
  });

  test("what is exported, deleted and imported is there again", async () => {
    const file = await (await dev.get("/api/export?ids=t1")).text();
    expect(await (await dev.send("DELETE", "/api/traces/t1")).json()).toEqual({ deleted: 1 });
    expect((await dev.send("DELETE", "/api/traces/t1")).status).toBe(404);
    const headers = {
      authorization: `Bearer ${dev.token}`,
      "content-type": "application/x-ndjson",
    };
    const put = await dev.get("/api/import", { method: "POST", headers, body: file });
    expect(await put.json()).toEqual({ imported: 1, updated: 0, failed: [] });
    expect(await (await dev.get("/api/export?ids=t1")).text().then(withoutHead)).toBe(
      withoutHead(file),
    );
  });
});

const withoutHead = (file: string): string => file.slice(file.indexOf("\n"));

/** Events as they come, parsed. */
interface Heard {
  readonly id: number;
  readonly name: string;
  readonly data: Record<string, unknown>;
}

async function listen(lastId?: number): Promise<{ heard: Heard[]; end: () => void }> {
  const heard: Heard[] = [];
  const end = new AbortController();
  const answer = await dev.get("/api/events", {
    signal: end.signal,
    headers: lastId === undefined ? {} : { "last-event-id": String(lastId) },
  });
  void (async () => {
    let rest = "";
    for await (const chunk of answer.body?.pipeThrough(new TextDecoderStream()) ?? []) {
      const events = `${rest}${chunk}`.split("\n\n");
      rest = events.pop() ?? "";
      for (const event of events) {
        const field = (name: string): string =>
          new RegExp(`^${name}: (.*)$`, "m").exec(event)?.[1] ?? "";
        if (field("event") !== "")
          heard.push({
            id: Number(field("id")),
            name: field("event"),
            data: JSON.parse(field("data")) as Heard["data"],
          });
      }
    }
  })().catch(() => {});
  return { heard, end: () => end.abort() };
}

describe("events", () => {
  const traces = (heard: readonly Heard[]): unknown[] =>
    heard.flatMap(({ name, data }) =>
      name === "trace" ? [(data["trace"] as { trace_id: string }).trace_id] : [],
    );

  test("a message that SQS took is an event; who comes back gets what was missed", async () => {
    const first = await listen();
    await expect.poll(() => first.heard[0]?.name).toBe("hello");
    const client = new SQSClient({
      region: "us-east-1",
      endpoint: dev.url,
      credentials: { accessKeyId: "a", secretAccessKey: "b" },
    });
    const put = (id: string) =>
      client.send(
        new SendMessageCommand({
          QueueUrl: dev.about.sqs_url,
          MessageBody: JSON.stringify(wireTrace(id)),
        }),
      );
    await put("sent-1");
    await expect.poll(() => traces(first.heard)).toContain("sent-1");
    const last = first.heard.at(-1)?.id;
    first.end();
    await put("sent-2");
    await expect.poll(async () => (await dev.get("/api/traces/sent-2")).status).toBe(200);
    const again = await listen(last);
    await expect.poll(() => traces(again.heard)).toEqual(["sent-2"]);
    expect(again.heard.map(({ name }) => name)).not.toContain("reset");
    const ids = again.heard.map(({ id }) => id);
    expect(ids).toEqual(ids.toSorted((a, b) => a - b));
    await dev.send("DELETE", "/api/traces/sent-1");
    await expect
      .poll(() => again.heard.find(({ name }) => name === "removed")?.data)
      .toEqual({ trace_ids: ["sent-1"] });
    again.end();
    client.destroy();
  });

  test("who has missed too much, or comes from another server's life, begins anew", async () => {
    for (const id of [1, Number.MAX_SAFE_INTEGER]) {
      const { heard, end } = await listen(id);
      await expect.poll(() => heard.map(({ name }) => name)).toContain("reset");
      end();
    }
  });

  test("a client that does not read is cut, and others go on", async () => {
    const events = new EventStreams({ pendingBytes: 64 * 1024 });
    const { createServer } = await import("node:http");
    const server = createServer((_, response) =>
      events.attach(response, { version: "1", total: 0 }, undefined),
    );
    await new Promise<void>((resolve) => server.listen(0, "127.0.0.1", resolve));
    const { port } = server.address() as { port: number };
    const cut = new Promise<void>((resolve) => {
      httpGet({ port, host: "127.0.0.1" }, (response) => {
        response.pause();
        response.once("close", resolve).on("error", () => {});
      }).on("error", () => {});
    });
    await expect.poll(() => events.count).toBe(1);
    const trace_ids = Array.from({ length: 1000 }, () => "x".repeat(100));
    const filling = setInterval(() => events.publish("removed", { trace_ids }), 1);
    await expect.poll(() => events.count).toBe(0);
    clearInterval(filling);
    events.close();
    server.close();
    server.closeAllConnections();
    await cut;
  });

  test("a burst is written once, each trace as it is last", async () => {
    const events = new EventStreams();
    const chunks: string[] = [];
    const response = {
      writeHead: () => {},
      write: (text: string) => chunks.push(text),
      once: () => {},
      on: () => {},
      end: () => {},
      writableLength: 0,
    };
    events.attach(response as never, { version: "1", total: 0 }, undefined);
    const before = chunks.length;
    for (let n = 0; n < 50; n++)
      events.publish("trace", { trace: { trace_id: "t", spans: n } as never });
    await expect.poll(() => chunks.length).toBe(before + 1);
    expect(chunks.at(-1)?.match(/"spans":\d+/g)).toEqual(['"spans":49']);
    events.close();
  });
});
