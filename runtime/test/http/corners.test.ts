// Requests that are no plain round trip: upgrades, pipelines, integrations in one another, Hono without a server.
import { once } from "node:events";
import { createServer, type RequestListener, type Server } from "node:http";
import { type AddressInfo, connect } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import { WebSocket, WebSocketServer } from "ws";
import { traceRequests as forExpress } from "../../src/http/express.ts";
import { traceRequests as forFastify } from "../../src/http/fastify.ts";
import { traceRequests as forHono } from "../../src/http/hono.ts";
import { traceRequests, traceUpgrades } from "../../src/http/node.ts";
import { configure, currentTrace, flush, track } from "../../src/index.ts";
import { memorySink } from "../../src/testing.ts";
import type { WireTrace } from "../../src/wire.ts";
import { honoApp } from "./apps.ts";

let sink = memorySink();
beforeEach(() => {
  sink = memorySink();
  configure({ sink, projectId: "shop" });
});

const work = track((of: string) => of, { name: "work" });

async function listening(server: Server): Promise<string> {
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  return `http://127.0.0.1:${(server.address() as AddressInfo).port}`;
}

async function traces(count: number): Promise<readonly WireTrace[]> {
  for (let tries = 0; tries < 200 && sink.traces().length < count; tries++) {
    await sleep(5);
    await flush();
  }
  expect(sink.traces()).toHaveLength(count);
  return sink.traces();
}

const http = (trace: WireTrace | undefined): Record<string, unknown> =>
  trace?.metadata["http"] as Record<string, unknown>;

describe("upgrades", () => {
  test("a WebSocket: 101, the listener's work inside", async () => {
    const sockets = new WebSocketServer({ noServer: true });
    const server = createServer();
    server.on(
      "upgrade",
      traceUpgrades((request, socket, head) => {
        work("upgrade");
        sockets.handleUpgrade(request, socket, head, (one) => one.send("hello"));
      }),
    );
    const origin = await listening(server);
    const client = new WebSocket(origin.replace("http", "ws"));
    const [message] = (await once(client, "message")) as [Buffer];
    expect(message.toString()).toBe("hello");
    client.close();
    const [trace] = await traces(1);
    expect(http(trace)).toMatchObject({ upgraded: true, status_code: 101, aborted: false });
    expect(trace?.spans.map((one) => one.span_name)).toEqual(["work"]);
  });

  test("refused by hand, and failed", async () => {
    const server = createServer();
    server.on(
      "upgrade",
      traceUpgrades(async (request, socket) => {
        await sleep(1);
        socket.end("HTTP/1.1 401 Unauthorized\r\n\r\n");
        if (request.url === "/bad") throw new TypeError("no");
      }),
    );
    const unhandled = (): void => {};
    process.on("unhandledRejection", unhandled);
    onTestFinished(() => void process.off("unhandledRejection", unhandled));
    const { port } = new URL(await listening(server));
    for (const path of ["/", "/bad"]) {
      const socket = connect(Number(port), "127.0.0.1");
      socket.write(`GET ${path} HTTP/1.1\r\nhost: x\r\nconnection: upgrade\r\nupgrade: a\r\n\r\n`);
      socket.resume();
      await once(socket, "close");
    }
    const all = await traces(2);
    expect(all.map(http)).toMatchObject([{ status_code: 401 }, { status_code: 401 }]);
    expect(all[0]).not.toHaveProperty("status");
    expect(all[1]).toMatchObject({ status: "error", status_message: "TypeError: no" });
  });
});

test("pipelined requests have a trace each", async () => {
  const server = createServer(
    traceRequests((request, response) => {
      work(String(request.url));
      setTimeout(() => response.end("ok"), request.url === "/1" ? 10 : 0);
    }),
  );
  const { port } = new URL(await listening(server));
  const socket = connect(Number(port), "127.0.0.1");
  socket.resume();
  const lines = ["/1", "/2", "/3"].map((path) => `GET ${path} HTTP/1.1\r\nhost: x\r\n\r\n`);
  socket.write(lines.join(""));
  const all = await traces(3);
  socket.destroy();
  for (const trace of all) expect(trace.spans[0]?.input_data.args).toEqual([http(trace)["path"]]);
});

test("the outermost of several integrations begins the trace", async () => {
  const app = express();
  app.use(forExpress({ serviceName: "inner" }), forExpress({ serviceName: "inner" }));
  app.get("/x", (_request, response) => void response.send(work("x")));
  const listener = traceRequests(app as unknown as RequestListener, { serviceName: "outer" });
  await (await fetch(`${await listening(createServer(listener))}/x`)).text();
  const [trace] = await traces(1);
  expect(trace?.trace_name).toMatch(/^outer_/);
  expect(trace?.spans).toHaveLength(1);
});

test("what the program says wins", async () => {
  const app = express();
  app.use(forExpress({ userId: () => "asked" }));
  app.get("/x", (_request, response) => {
    currentTrace()?.update({ name: "said", userId: "said", metadata: { http: "said" } });
    response.send("x");
  });
  await (await fetch(`${await listening(createServer(app))}/x`)).text();
  const [trace] = await traces(1);
  expect(trace).toMatchObject({ trace_name: "said", user_id: "said", metadata: { http: "said" } });
});

describe("what stands in metadata.http", () => {
  const asked = async (more: object, redact: object): Promise<Record<string, unknown>> => {
    configure({ sink, redact });
    onTestFinished(() => configure({ redact: { keys: [] } }));
    const server = createServer(traceRequests((_request, response) => void response.end(), more));
    const headers = { "user-agent": "Agent/1 token=abcdefgh12345678", "x-request-id": "r" };
    await (await fetch(`${await listening(server)}/login?x`, { headers })).text();
    const [trace] = await traces(1);
    return http(trace);
  };

  test.each([
    ["as usual", {}],
    ["a member is secret", { keys: ["client address"] }],
    ["a header is secret", { keys: ["x-request-id"] }],
    ["all headers are secret", { keys: ["headers"] }],
    ["all of it is secret", { keys: ["http"] }],
    ["a pattern", { patterns: [/log/] }],
  ])("the same, whether texts were encoded before or not: %s", async (_, redact) => {
    const known: unknown[] = [];
    for (const more of [{}, {}, { headers: ["x-none"] }]) {
      sink = memorySink();
      const found = await asked(more, redact);
      known.push(typeof found === "string" ? found : stable(found));
    }
    expect(known[1]).toEqual(known[0]);
    expect(known[2]).toEqual(known[0]);
  });

  /** Without what each request has for itself. */
  function stable(found: Record<string, unknown>): unknown {
    const { duration_ms: _, headers, ...others } = found;
    const own = typeof headers === "string" ? headers : { ...(headers as object), host: "" };
    return { names: Object.keys(found), ...others, headers: own };
  }
});

test("a response that a test injects, without a server, ends its trace", async () => {
  const app = fastify();
  await app.register(forFastify, {});
  app.get("/x", () => work("x"));
  const { statusCode } = await app.inject({ url: "/x", remoteAddress: "10.0.0.7" });
  expect(statusCode).toBe(200);
  const [trace] = await traces(1);
  expect(http(trace)).toMatchObject({ status_code: 200, client_address: "10.0.0.7" });
  expect(trace?.spans.map((one) => one.span_name)).toEqual(["work"]);
});

test("paths are cut at 2,048 bytes, at a character", async () => {
  const server = createServer(traceRequests((_request, response) => void response.end()));
  await (
    await fetch(`${await listening(server)}/${"a".repeat(2_045)}%C3%BC${"a".repeat(99)}`)
  ).text();
  const [trace] = await traces(1);
  expect(String(http(trace)["path"])).toHaveLength(2_048);
});

describe("Hono without a server", () => {
  const app = honoApp({});

  test("a text: the trace ends at once", async () => {
    expect(await (await app.request("/users/7")).json()).toEqual({ id: "7" });
    const [trace] = await traces(1);
    expect(http(trace)).toMatchObject({ path: "/users/7", route: "/users/:id", status_code: 200 });
    expect(trace?.spans.map((one) => one.span_name)).toEqual(["answer", "look_up"]);
  });

  test("a response that nobody reads", async () => {
    expect((await app.request("/users/7")).status).toBe(200);
    await traces(1);
  });

  test.each(["/stream", "/pulled"])(
    "%s: with its last byte, pulled inside of the trace",
    async (path) => {
      const response = await app.request(path);
      await flush();
      expect(sink.traces()).toEqual([]);
      expect(await response.text()).toContain("data: 2");
      const [trace] = await traces(1);
      expect(trace?.spans.map((one) => one.span_name)).toEqual(["chunk", "chunk", "chunk"]);
      expect(http(trace)["aborted"]).toBe(false);
    },
  );

  test("left early: aborted", async () => {
    const response = await app.request("/pulled");
    const reader = response.body?.getReader();
    await reader?.read();
    await reader?.cancel();
    expect(http((await traces(1))[0])["aborted"]).toBe(true);
  });

  test("an error of the application's own goes through as it is", async () => {
    const error = new Error("own");
    const failing = new Hono();
    failing.use(forHono());
    failing.get("/", () => {
      throw error;
    });
    let seen: unknown;
    failing.onError((given, context) => {
      seen = given;
      return context.text("sorry", 503);
    });
    expect((await failing.request("/")).status).toBe(503);
    expect(seen).toBe(error);
    const [trace] = await traces(1);
    expect(trace).toMatchObject({ status: "error", status_message: "Error: own" });
  });
});
