// A request to each framework → one trace of it, with the functions that worked at it; and nothing else changes.
import { request as httpRequest } from "node:http";
import { connect } from "node:net";
import { hostname } from "node:os";
import { setTimeout as sleep } from "node:timers/promises";
import { afterEach, describe, expect, onTestFinished, test } from "vitest";
import { configure, flush } from "../../src/index.ts";
import { memorySink } from "../../src/testing.ts";
import type { WireTrace } from "../../src/wire.ts";
import { APPS, type Options, type Running } from "./apps.ts";
import { outline } from "./outline.ts";

afterEach(() => configure({ sink: memorySink() }));

const TRACE_OF_A_CALLER = "00-0af7651916cd43dd8448eb211c80319c-b7ad6b7169203331-01";

interface Http {
  readonly method: string;
  readonly path: string;
  readonly route: string | null;
  readonly status_code: number | null;
  readonly headers: Record<string, unknown>;
  readonly aborted: boolean;
}

const httpOf = (trace: WireTrace | undefined): Http => trace?.metadata["http"] as unknown as Http;

describe.each(Object.entries(APPS))("%s", (framework, start) => {
  /** Starts the application, and returns what its traces are once there are as many. */
  async function started(
    options: Options = {},
  ): Promise<{ app: Running; traces(count: number): Promise<WireTrace[]> }> {
    const sink = memorySink();
    configure({ sink, projectId: "shop" });
    const app = await start(options);
    onTestFinished(() => app.close());
    return {
      app,
      async traces(count) {
        for (let tries = 0; tries < 200; tries++) {
          await flush();
          if (sink.traces().length >= count) break;
          await sleep(10);
        }
        expect(sink.traces()).toHaveLength(count);
        return sink.traces();
      },
    };
  }

  test("a trace of the request, with what worked at it", async () => {
    const { app, traces } = await started();
    const response = await fetch(`${app.origin}/users/7?token=secret`, {
      headers: {
        "user-agent": "test/1",
        traceparent: TRACE_OF_A_CALLER,
        "x-request-id": "r1",
        authorization: "Basic abc",
      },
    });
    expect(await response.json()).toEqual({ id: "7" });
    const [trace] = await traces(1);
    expect(trace?.trace_name).toBe(`shop_${hostname()}`);
    expect(trace?.metadata["http"]).toMatchObject({
      method: "GET",
      path: "/users/7",
      route: framework === "node:http" ? null : "/users/:id",
      status_code: 200,
      user_agent: "test/1",
      client_address: "127.0.0.1",
      aborted: false,
      upgraded: false,
    });
    expect(httpOf(trace).headers).toEqual({
      host: app.origin.slice(7),
      accept: "*/*",
      "x-request-id": "r1",
    });
    expect(trace?.trace_parent).toEqual({
      trace_id: "0af7651916cd43dd8448eb211c80319c",
      span_id: "b7ad6b7169203331",
      flags: "01",
      tracestate: null,
    });
    expect(trace).not.toHaveProperty("status");
    expect(outline(trace)).toEqual(["answer", "answer > look_up"]);
  });

  test("behind a body", async () => {
    const { app, traces } = await started();
    const body = JSON.stringify({ id: "body" });
    const headers = { "content-type": "application/json" };
    await (await fetch(`${app.origin}/echo`, { method: "POST", body, headers })).text();
    const [trace] = await traces(1);
    const listened = framework === "node:http" || framework === "Koa" ? ["look_up"] : [];
    expect(outline(trace)).toEqual([...listened, "answer", "answer > look_up"]);
  });

  test("a stream ends the trace with its last byte", async () => {
    const { app, traces } = await started();
    const text = await (await fetch(`${app.origin}/stream`)).text();
    expect(text).toContain("data: 2");
    const [trace] = await traces(1);
    expect(outline(trace)).toEqual(["chunk", "chunk", "chunk"]);
    expect(httpOf(trace)).toMatchObject({ status_code: 200, aborted: false });
  });

  test("a client that leaves", async () => {
    const { app, traces } = await started();
    const away = httpRequest(`${app.origin}/hang`);
    away.on("error", () => {});
    away.on("response", (response) => response.once("data", () => away.destroy()));
    away.end();
    const [trace] = await traces(1);
    expect(httpOf(trace)).toMatchObject({ status_code: 200, aborted: true });
    expect(trace).toMatchObject({ status: "error", status_message: "aborted" });
  });

  test("a client that leaves before it has sent its body", async () => {
    const { app, traces } = await started();
    const away = connect(Number(new URL(app.origin).port), "127.0.0.1");
    const head = "content-type: application/json\r\ncontent-length: 100\r\n";
    away.write(`POST /echo HTTP/1.1\r\nhost: x\r\n${head}\r\n{"id":`);
    await sleep(20);
    away.destroy();
    const [trace] = await traces(1);
    expect(httpOf(trace)).toMatchObject({ path: "/echo", aborted: true });
    expect(trace).toMatchObject({ status: "error", status_message: "aborted" });
  });

  test("a route that is not there", async () => {
    const { app, traces } = await started();
    expect((await fetch(`${app.origin}/missing`)).status).toBe(404);
    const [trace] = await traces(1);
    expect(httpOf(trace)).toMatchObject({ path: "/missing", route: null, status_code: 404 });
    expect(trace).not.toHaveProperty("status");
  });

  test("HEAD, and ten requests over one connection", async () => {
    const { app, traces } = await started();
    for (let at = 0; at < 10; at++) await fetch(`${app.origin}/users/${at}`, { method: "HEAD" });
    const all = await traces(10);
    expect(all.map((one) => httpOf(one).method)).toEqual(Array.from({ length: 10 }, () => "HEAD"));
  });

  test("a failure", async () => {
    const { app, traces } = await started();
    expect((await fetch(`${app.origin}/fail`)).status).toBe(500);
    const [trace] = await traces(1);
    const message = framework === "node:http" ? "HTTP 500" : "Broken: no luck";
    expect(trace).toMatchObject({ status: "error", status_message: message });
  });

  test.skipIf(framework === "node:http")("thrown, and answered with 4xx: no failure", async () => {
    const { app, traces } = await started();
    expect((await fetch(`${app.origin}/teapot`)).status).toBe(418);
    const [trace] = await traces(1);
    expect(httpOf(trace).status_code).toBe(418);
    expect(trace).not.toHaveProperty("status");
  });

  test.skipIf(framework === "Hono")("listeners of the response's end", async () => {
    const { app, traces } = await started();
    await (await fetch(`${app.origin}/finish`)).text();
    const [trace] = await traces(1);
    expect(outline(trace)).toEqual(["on_finish", "on_finish"]);
  });

  test.runIf(framework === "Fastify")("hooks behind the response", async () => {
    const { app, traces } = await started();
    await (await fetch(`${app.origin}/hook`)).text();
    expect(outline((await traces(1))[0])).toEqual(["on_finish"]);
  });

  test("options: service, headers, ignored paths, user and session", async () => {
    const { app, traces } = await started({
      serviceName: "own",
      headers: ["X-Api-Key", "x-trace"],
      ignore: ["/missing", /^\/users\/1/],
      userId: () => "u",
      sessionId: () => {
        throw new Error("no session");
      },
    });
    await (await fetch(`${app.origin}/missing`)).text();
    await (
      await fetch(`${app.origin}/users/2`, { headers: { "x-api-key": "k-123456", "x-trace": "t" } })
    ).text();
    const [trace] = await traces(1);
    expect(trace).toMatchObject({
      trace_name: `own_${hostname()}`,
      user_id: "u",
      session_id: null,
    });
    expect(httpOf(trace).headers).toMatchObject({ "x-api-key": "[REDACTED]", "x-trace": "t" });
  });

  test("nothing of the response changes", async () => {
    const bare = await start(undefined);
    onTestFinished(() => bare.close());
    const { app } = await started();
    for (const path of ["/users/7", "/stream", "/missing", "/fail", "/teapot"]) {
      const [one, other] = await Promise.all(
        [bare, app].map(async ({ origin }) => {
          const response = await fetch(origin + path);
          const headers = [...response.headers].filter(([name]) => name !== "date");
          return { status: response.status, headers, text: await response.text() };
        }),
      );
      expect(other).toEqual(one);
    }
  });

  test("switched off, it passes requests through", async () => {
    const sink = memorySink();
    configure({ sink, enabled: false });
    const app = await start({});
    onTestFinished(async () => {
      configure({ enabled: true });
      await app.close();
    });
    expect(await (await fetch(`${app.origin}/users/7`)).json()).toEqual({ id: "7" });
    await flush();
    expect(sink.traces()).toEqual([]);
  });
});
