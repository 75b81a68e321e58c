// Requests that mean harm → refused, or shown as data; and the server goes on.
import { connect } from "node:net";
import { gzipSync } from "node:zlib";
import { afterAll, afterEach, beforeAll, describe, expect, test } from "vitest";
import type { Health } from "../../src/views.ts";
import { type Dev, startDev, wireSpan, wireTrace } from "./setup.ts";

let dev: Dev;

beforeAll(async () => {
  dev = await startDev({ allowOrigin: ["http://app.test"], allowHost: ["devbox"] });
  const name = "<script>alert(1)</script>\u202e\u0000";
  const keys = JSON.parse(
    '{"__proto__":{"polluted":1},"constructor":{"prototype":{"polluted":1}}}',
  );
  const span = wireSpan("s1", {
    span_name: name,
    input_data: { args: [name], kwargs: {}, locals: {} },
  });
  await dev.send("POST", "/api/import", [
    wireTrace("t1", { trace_name: name, metadata: keys }, [span]),
    wireTrace("../../etc/passwd"),
  ]);
});

afterAll(() => dev.end());

afterEach(async () => {
  const health = (await (await dev.get("/api/health")).json()) as Health;
  if (health.name !== "llmops-dev") throw new Error("The server does not go on.");
});

const HOST = "Host: 127.0.0.1:PORT\r\n";
const LAST = "\r\n";

describe("hosts and origins", () => {
  test.each<[string, string, number]>([
    ["a rebound name", `GET / HTTP/1.1\r\nHost: evil.example:PORT\r\n`, 403],
    ["a rebound name asks the API", `GET /api/traces HTTP/1.1\r\nHost: evil.example\r\n`, 403],
    ["the address without the port", `GET /api/traces HTTP/1.1\r\nHost: 127.0.0.1\r\n`, 403],
    ["another port", `GET /api/traces HTTP/1.1\r\nHost: 127.0.0.1:1\r\n`, 403],
    ["a name that begins as ours", `GET / HTTP/1.1\r\nHost: localhost.evil.example:PORT\r\n`, 403],
    ["a name that ends as ours", `GET / HTTP/1.1\r\nHost: evil.localhost:PORT\r\n`, 403],
    ["user and password before it", `GET / HTTP/1.1\r\nHost: a@127.0.0.1:PORT\r\n`, 403],
    ["a trailing dot", `GET / HTTP/1.1\r\nHost: localhost.:PORT\r\n`, 403],
    ["an address in decimal", `GET / HTTP/1.1\r\nHost: 2130706433:PORT\r\n`, 403],
    ["0.0.0.0", `GET / HTTP/1.1\r\nHost: 0.0.0.0:PORT\r\n`, 403],
    ["no host", `GET / HTTP/1.1\r\n`, 403],
    ["no host in HTTP/1.0", `GET / HTTP/1.0\r\n`, 403],
    ["an empty host", `GET / HTTP/1.1\r\nHost:\r\n`, 403],
    ["two hosts", `GET / HTTP/1.1\r\n${HOST}Host: evil.example\r\n`, 400],
    ["an absolute target elsewhere", `GET http://evil.example/ HTTP/1.1\r\n${HOST}`, 403],
    ["an absolute target over https", `GET https://127.0.0.1:PORT/ HTTP/1.1\r\n${HOST}`, 403],
    [
      "an absolute target, host elsewhere",
      `GET http://127.0.0.1:PORT/ HTTP/1.1\r\nHost: e\r\n`,
      403,
    ],
    ["a tunnel", `CONNECT evil.example:443 HTTP/1.1\r\n${HOST}`, 403],
    ["X-Forwarded-Host", `GET / HTTP/1.1\r\nHost: e\r\nX-Forwarded-Host: 127.0.0.1:PORT\r\n`, 403],
    ["Forwarded", `GET / HTTP/1.1\r\nHost: e\r\nForwarded: host=127.0.0.1:PORT\r\n`, 403],
    ["the queue, rebound", `POST / HTTP/1.1\r\nHost: e:PORT\r\nContent-Length: 0\r\n`, 403],
    ["OTLP, rebound", `POST /v1/traces HTTP/1.1\r\nHost: e:PORT\r\nContent-Length: 0\r\n`, 403],
    ["MCP, rebound", `POST /mcp HTTP/1.1\r\nHost: e:PORT\r\nContent-Length: 0\r\n`, 403],
    ["events, rebound", `GET /api/events HTTP/1.1\r\nHost: e:PORT\r\n`, 403],
    ["a foreign origin", `GET /api/traces HTTP/1.1\r\n${HOST}Origin: http://evil.example\r\n`, 403],
    ["the origin null", `GET /api/traces HTTP/1.1\r\n${HOST}Origin: null\r\n`, 403],
    [
      "our host over https",
      `GET /api/traces HTTP/1.1\r\n${HOST}Origin: https://127.0.0.1:PORT\r\n`,
      403,
    ],
    [
      "another port's page",
      `GET /api/traces HTTP/1.1\r\n${HOST}Origin: http://localhost:1\r\n`,
      403,
    ],
    [
      "two origins",
      `GET /api/traces HTTP/1.1\r\n${HOST}Origin: http://localhost:PORT\r\nOrigin: http://e\r\n`,
      403,
    ],
    [
      "a foreign page's image",
      `GET /api/traces HTTP/1.1\r\n${HOST}Sec-Fetch-Site: cross-site\r\n`,
      403,
    ],
    [
      "another local server's page",
      `GET /api/traces HTTP/1.1\r\n${HOST}Sec-Fetch-Site: same-site\r\n`,
      403,
    ],
    [
      "a frame",
      `GET / HTTP/1.1\r\n${HOST}Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: iframe\r\n`,
      403,
    ],
    [
      "a form to the API",
      `POST /api/open HTTP/1.1\r\n${HOST}Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nContent-Length: 0\r\n`,
      403,
    ],
    ["a preflight", `OPTIONS /api/traces HTTP/1.1\r\n${HOST}Origin: http://evil.example\r\n`, 403],
    [
      "a preflight for OTLP",
      `OPTIONS /v1/traces HTTP/1.1\r\n${HOST}Origin: http://evil.example\r\n`,
      403,
    ],
    [
      "an allowed exporter asks the API",
      `GET /api/traces HTTP/1.1\r\n${HOST}Origin: http://app.test\r\n`,
      403,
    ],
    ["a preflight without an origin", `OPTIONS /api/traces HTTP/1.1\r\n${HOST}`, 405],
    ["OPTIONS *", `OPTIONS * HTTP/1.1\r\n${HOST}`, 405],
    ["TRACE", `TRACE / HTTP/1.1\r\n${HOST}`, 405],
  ])("%s", async (_, head, status) => {
    const answer = await dev.raw(`${head}Connection: close\r\n${LAST}`);
    expect(answer.status).toBe(status);
    expect(answer.text).not.toContain("question");
    expect(answer.text.toLowerCase()).not.toContain("access-control");
    expect(answer.text.toLowerCase()).toContain("x-content-type-options: nosniff");
  });

  test.each<[string, string]>([
    ["localhost", `GET /api/traces HTTP/1.1\r\nHost: LOCALHOST:PORT\r\n`],
    ["IPv6", `GET /api/traces HTTP/1.1\r\nHost: [::1]:PORT\r\n`],
    ["an allowed host", `GET /api/traces HTTP/1.1\r\nHost: devbox:PORT\r\n`],
    [
      "its own page",
      `GET /api/traces HTTP/1.1\r\n${HOST}Origin: http://127.0.0.1:PORT\r\nSec-Fetch-Site: same-origin\r\n`,
    ],
    [
      "a link elsewhere leads here",
      `GET /traces/t1 HTTP/1.1\r\n${HOST}Sec-Fetch-Site: cross-site\r\nSec-Fetch-Mode: navigate\r\nSec-Fetch-Dest: document\r\n`,
    ],
    ["an absolute target", `GET http://127.0.0.1:PORT/api/traces HTTP/1.1\r\n${HOST}`],
  ])("%s is answered", async (_, head) => {
    expect((await dev.raw(`${head}Connection: close\r\n${LAST}`)).status).toBe(200);
  });

  test("an allowed exporter may ask, and send", async () => {
    const origin = { origin: "http://app.test", "sec-fetch-site": "cross-site" };
    const asked = await dev.get("/v1/traces", { method: "OPTIONS", headers: origin });
    expect([asked.status, asked.headers.get("access-control-allow-origin")]).toEqual([
      204,
      "http://app.test",
    ]);
    const body = '{"resourceSpans":[]}';
    const headers = { ...origin, "content-type": "application/json" };
    const sent = await dev.get("/v1/traces", { method: "POST", headers, body });
    expect([sent.status, sent.headers.get("access-control-allow-origin")]).toEqual([
      200,
      "http://app.test",
    ]);
  });
});

describe("the token", () => {
  const open = '{"file":"src/pay.ts"}';
  test.each<[string, string, string, Record<string, string>, number]>([
    ["none", "POST", "/api/open", {}, 401],
    ["another one", "POST", "/api/open", { authorization: `Bearer ${"A".repeat(43)}` }, 401],
    ["in the query", "POST", "/api/open?token=TOKEN", {}, 401],
    ["as a cookie", "POST", "/api/open", { cookie: "token=TOKEN" }, 401],
    ["as a password", "POST", "/api/open", { authorization: "Basic TOKEN" }, 401],
    ["none, deleting", "DELETE", "/api/traces?q=", {}, 401],
    ["none, deleting one", "DELETE", "/api/traces/t1", {}, 401],
    ["none, importing", "POST", "/api/import", {}, 401],
    ["none, emptying dead letters", "DELETE", "/api/pipeline/dead", {}, 401],
    ["a method in a header", "GET", "/api/traces?q=", { "x-http-method-override": "DELETE" }, 200],
    [
      "a form's type",
      "POST",
      "/api/open",
      { authorization: "Bearer TOKEN", "content-type": "text/plain" },
      415,
    ],
    [
      "multipart",
      "POST",
      "/api/import",
      { authorization: "Bearer TOKEN", "content-type": "multipart/form-data; boundary=x" },
      415,
    ],
  ])("%s", async (_, method, path, given, status) => {
    const put = (text: string): string => text.replace("TOKEN", dev.token);
    const headers = Object.fromEntries(
      Object.entries(given).map(([name, value]) => [name, put(value)]),
    );
    const body = method === "POST" ? { body: open } : {};
    const answer = await dev.get(put(path), { method, headers, ...body });
    expect(answer.status).toBe(status);
    expect((await dev.get("/api/traces/t1")).status).toBe(200);
  });

  test("it stands in the page, and in no answer of the API", async () => {
    expect(await (await dev.get("/")).text()).toContain(dev.token);
    for (const path of ["/api/health", "/api/traces", "/api/pipeline", "/nothing.js", "/api/x"])
      expect(await (await dev.get(path)).text(), path).not.toContain(
        path === "/nothing.js" ? "\0" : dev.token,
      );
  });
});

describe("bounds", () => {
  const auth = "Authorization: Bearer TOKEN\r\nContent-Type: application/json\r\n";
  const raw = (text: string) => dev.raw(text.replace("TOKEN", dev.token));

  test("headers of 20 KiB", async () => {
    const answer = await raw(`GET / HTTP/1.1\r\n${HOST}X: ${"a".repeat(20_000)}\r\n${LAST}`);
    expect(answer.status).toBe(431);
    expect(answer.text).toContain("x-content-type-options: nosniff");
  });

  test("what is no HTTP", async () => {
    expect((await raw(`\u0016\u0003\u0001 nonsense\r\n\r\n`)).status).toBe(400);
  });

  test.each([
    ["a header inside of another", `GET / HTTP/1.1\r\n${HOST}A: b\nHost: evil\r\n${LAST}`, [400]],
    [
      "two lengths",
      `POST /api/open HTTP/1.1\r\n${HOST}${auth}Content-Length: 2\r\nContent-Length: 3\r\n\r\n{}`,
      [400],
    ],
    [
      "length and chunks",
      `POST /api/open HTTP/1.1\r\n${HOST}${auth}Content-Length: 2\r\nTransfer-Encoding: chunked\r\n\r\n0\r\n\r\n`,
      [400],
    ],
    [
      "a length that lies far off",
      `POST /api/open HTTP/1.1\r\n${HOST}${auth}Content-Length: 999999999999\r\n\r\n{}`,
      [413],
    ],
    [
      "a negative length",
      `POST /api/open HTTP/1.1\r\n${HOST}${auth}Content-Length: -1\r\n\r\n`,
      [400],
    ],
  ])("%s", async (_, text, statuses) => {
    expect(statuses).toContain((await raw(text)).status);
  });

  test("a command's body above 64 KiB", async () => {
    const answer = await dev.send("POST", "/api/open", { file: "x".repeat(70_000) });
    expect(answer.status).toBe(413);
  });

  test.each<[string, string, () => [Record<string, string>, string | Buffer], number]>([
    ["OTLP above 8 MiB", "/v1/traces", () => [{}, "x".repeat(9 * 1024 ** 2)], 413],
    [
      "a bomb",
      "/v1/traces",
      () => [{ "content-encoding": "gzip" }, gzipSync(Buffer.alloc(64 * 1024 ** 2))],
      413,
    ],
    ["gzip that is none", "/v1/traces", () => [{ "content-encoding": "gzip" }, "nonsense"], 400],
    ["an encoding that is unknown", "/v1/traces", () => [{ "content-encoding": "br" }, "x"], 415],
    ["JSON 100,000 deep", "/v1/traces", () => [{}, "[".repeat(100_000)], 400],
    ["an OTLP body that is no JSON", "/v1/traces", () => [{}, "{"], 400],
    ["OTLP without resourceSpans", "/v1/traces", () => [{}, "{}"], 400],
    [
      "OTLP whose lists are none",
      "/v1/traces",
      () => [{}, '{"resourceSpans":{"length":1e9}}'],
      400,
    ],
    ["protobuf", "/v1/traces", () => [{ "content-type": "application/x-protobuf" }, "\n"], 415],
    [
      "a message of SNS",
      "/",
      () => [{ "content-type": "application/x-www-form-urlencoded" }, "Action=ListTopics"],
      400,
    ],
    ["an object of S3", "/000000000000/bucket", () => [{ "content-type": "text/plain" }, "x"], 400],
    [
      "an action that SQS has not",
      "/",
      () => [{ "x-amz-target": "AmazonSQS.__proto__" }, "{}"],
      400,
    ],
    [
      "a target of another service",
      "/",
      () => [{ "x-amz-target": "AWSSecurityTokenServiceV20110615.GetCallerIdentity" }, "{}"],
      400,
    ],
    [
      "MCP that is no JSON",
      "/mcp",
      () => [{ accept: "application/json, text/event-stream" }, "{"],
      400,
    ],
  ])("%s", async (_, path, request, status) => {
    const [more, body] = request();
    const headers = { "content-type": "application/json", ...more };
    const answer = await dev.get(path, { method: "POST", headers, body });
    expect(answer.status).toBe(status);
    const text = await answer.text();
    expect(text).not.toMatch(/node:internal|\.ts:\d+/);
    if (path === "/v1/traces")
      expect(JSON.parse(text)).toHaveProperty("message" in JSON.parse(text) ? "message" : "error");
  });

  test("300 connections that say nothing", async () => {
    const { port } = dev.about;
    const sockets = Array.from({ length: 300 }, () =>
      connect(port, "127.0.0.1").on("error", () => {}),
    );
    await Promise.all(sockets.map((one) => new Promise((done) => one.once("connect", done))));
    expect((await dev.get("/api/health")).status).toBe(200);
    for (const one of sockets) one.destroy();
  });

  test("33 listeners", async () => {
    const end = new AbortController();
    const { signal } = end;
    const streams: Response[] = [];
    for (let n = 0; n < 32; n++) streams.push(await dev.get("/api/events", { signal }));
    expect(streams.every(({ status }) => status === 200)).toBe(true);
    expect((await dev.get("/api/events")).status).toBe(503);
    end.abort();
    await expect
      .poll(async () => (await dev.get("/api/events", { signal: AbortSignal.timeout(500) })).status)
      .toBe(200);
  });
});

describe("content", () => {
  test("scripts, control characters and prototype keys come out as data", async () => {
    const { trace } = (await (await dev.get("/api/traces/t1")).json()) as {
      trace: { name: string; metadata: object };
    };
    expect(trace.name).toContain("<script>");
    expect(Object.hasOwn(trace.metadata, "__proto__")).toBe(true);
    expect(({} as { polluted?: number }).polluted).toBeUndefined();
  });

  test.each([
    "/<script>alert(1)</script>",
    "/api/<script>",
    "/api/traces/%3Cscript%3E",
    "/api/traces?sort=<script>",
    "/api/traces?q=<script>:1",
  ])("%s is not echoed as it is", async (path) => {
    const answer = await dev.get(path);
    const type = answer.headers.get("content-type") ?? "";
    const text = await answer.text();
    if (type.startsWith("text/html")) expect(text).not.toContain("<script>alert");
    else expect(type).toBe("application/json; charset=utf-8");
  });

  test("a file's name that an export is saved by is ours", async () => {
    const answer = await dev.get(`/api/traces/${encodeURIComponent("../../etc/passwd")}/export`);
    expect(answer.headers.get("content-disposition")).toBe('attachment; filename="traces.ndjson"');
    await answer.text();
  });
});
