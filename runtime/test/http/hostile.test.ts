// Requests, answers and options that are hostile or broken → the program runs as if nobody watched.
import { EventEmitter, once } from "node:events";
import { createServer, IncomingMessage, type RequestListener, ServerResponse } from "node:http";
import { type AddressInfo, Socket } from "node:net";
import { setTimeout as sleep } from "node:timers/promises";
import { beforeEach, describe, expect, onTestFinished, test } from "vitest";
import * as forExpress from "../../src/http/express.ts";
import * as forFastify from "../../src/http/fastify.ts";
import * as forHono from "../../src/http/hono.ts";
import * as forKoa from "../../src/http/koa.ts";
import { traceRequests, traceUpgrades, type UpgradeListener } from "../../src/http/node.ts";
import { configure, flush } from "../../src/index.ts";
import { memorySink } from "../../src/testing.ts";
import type { WireTrace } from "../../src/wire.ts";

let sink = memorySink();
beforeEach(() => {
  sink = memorySink();
  configure({ sink, projectId: "shop" });
});

/** Whatever stands in a framework's context. */
type Parts = { readonly request: unknown; readonly response: unknown };

/** Calls one integration as its framework would; `handler` is what comes behind it. */
type Call = (parts: Parts, handler: () => unknown, options?: unknown) => unknown;

const INTEGRATIONS: Readonly<Record<string, Call>> = {
  "node:http"({ request, response }, handler, options) {
    const listener: RequestListener = () => handler();
    return traceRequests(listener, options as never)(request as never, response as never);
  },
  "an upgrade"({ request, response }, handler, options) {
    const listener: UpgradeListener = () => handler();
    const upgrade = traceUpgrades(listener, options as never);
    return upgrade(request as never, response as never, Buffer.alloc(0));
  },
  Express({ request, response }, handler, options) {
    const middleware = forExpress.traceRequests(options as never);
    let returned: unknown;
    middleware(request as never, response as never, () => {
      returned = handler();
    });
    forExpress.traceErrors()(new Error("told"), request as never, response as never, () => {});
    return returned;
  },
  Fastify({ request, response }, handler, options) {
    const hooks: Record<string, (...values: unknown[]) => void> = {};
    const fastify = { addHook: (name: string, hook: never) => (hooks[name] = hook) };
    forFastify.traceRequests(fastify, options as never, () => {});
    const context = around(request, "raw");
    let returned: unknown;
    hooks["onRequest"]?.(context, { raw: response }, () => {
      returned = handler();
    });
    hooks["onError"]?.(context, { raw: response }, new Error("told"), () => {});
    return returned;
  },
  Koa({ request, response }, handler, options) {
    const context = { ...around(request, "req"), res: response, body: request };
    return forKoa.traceRequests(options as never)(context as never, async () => handler());
  },
  Hono({ request, response }, handler, options) {
    const env = { incoming: request, outgoing: response };
    const context = { req: request, env, res: response, error: undefined };
    return forHono.traceRequests(options as never)(context as never, async () => {
      await handler();
    });
  },
  "Hono without Node"({ request, response }, handler, options) {
    const context = { req: request, env: undefined, res: response, error: undefined };
    return forHono.traceRequests(options as never)(context as never, async () => {
      await handler();
    });
  },
};

/** A context whose other members are as hostile as the request. */
function around(request: unknown, name: string): object {
  const context = { [name]: request };
  for (const key of ["originalUrl", "ip", "is404", "routeOptions", "_matchedRoute"])
    Object.defineProperty(context, key, { get: thrower, enumerable: false });
  return context;
}

function thrower(): never {
  throw new Error("hostile");
}

/** Each operation on it throws. */
const refusing = (): object => new Proxy({}, new Proxy({}, { get: () => thrower }));

function messages(): { request: IncomingMessage; response: ServerResponse } {
  const request = new IncomingMessage(new Socket());
  request.method = "GET";
  request.url = "/x";
  return { request, response: new ServerResponse(request) };
}

/** A message some of whose members throw or are of a wrong kind. */
function broken(members: Readonly<Record<string, unknown>>): Parts {
  const { request, response } = messages();
  for (const [name, value] of Object.entries(members)) {
    const descriptor = value === thrower ? { get: thrower } : { value };
    Object.defineProperty(request, name, { ...descriptor, configurable: true });
    Object.defineProperty(response, name, { ...descriptor, configurable: true });
  }
  return { request, response };
}

const HOSTILE: Readonly<Record<string, () => Parts>> = {
  "nothing there": () => ({ request: {}, response: {} }),
  "no objects at all": () => ({ request: undefined, response: null }),
  "proxies that throw": () => ({ request: refusing(), response: refusing() }),
  frozen() {
    const { request, response } = messages();
    return { request: Object.freeze(request), response: Object.freeze(response) };
  },
  "without a prototype": () => ({
    request: Object.create(null) as object,
    response: Object.create(null) as object,
  }),
  "members that throw": () =>
    broken({
      url: thrower,
      method: thrower,
      headers: thrower,
      socket: thrower,
      statusCode: thrower,
      headersSent: thrower,
      writableFinished: thrower,
      route: thrower,
      ip: thrower,
    }),
  "members of a wrong kind": () =>
    broken({
      url: Symbol("url"),
      originalUrl: 7,
      method: {},
      headers: null,
      socket: null,
      ip: () => 1,
      route: { path: Symbol("path") },
      baseUrl: null,
      statusCode: "200",
    }),
  "headers that throw": () =>
    broken({
      headers: {
        get host() {
          return thrower();
        },
        "user-agent": refusing(),
        accept: Symbol("accept"),
        traceparent: refusing(),
      },
    }),
  "no way to emit": () => broken({ emit: undefined }),
  "an emit that throws": () => broken({ emit: thrower }),
  "lists of listeners that throw": () => broken({ _events: refusing() }),
};

describe.each(Object.entries(INTEGRATIONS))("%s", (_, call) => {
  test.each(Object.entries(HOSTILE))(
    "%s: the handler runs once, and nothing is thrown",
    async (__, make) => {
      let calls = 0;
      await call(make(), () => void calls++);
      expect(calls).toBe(1);
      await flush();
    },
  );

  test.each(Object.entries(HOSTILE))(
    "%s: what the handler throws comes through as it is",
    async (__, make) => {
      const own = new Error("own");
      const run = async (): Promise<unknown> =>
        call(make(), () => {
          throw own;
        });
      await expect(run()).rejects.toBe(own);
      await flush();
    },
  );

  test.each([
    ["null", null],
    ["a proxy that throws", refusing()],
    ["names that are none", { headers: [Symbol("x"), 7, null], serviceName: 7 }],
    ["of a wrong kind", { headers: 7, ignore: 7, userId: 7, sessionId: {} }],
    ["functions that throw", { ignore: thrower, userId: thrower, sessionId: thrower }],
  ])("options: %s", async (__, options) => {
    let calls = 0;
    await call(messages(), () => void calls++, options);
    expect(calls).toBe(1);
    await flush();
  });
});

/** The traces of requests to a server, once they are there. */
async function serving(listener: RequestListener, paths: readonly string[]): Promise<WireTrace[]> {
  const server = createServer(traceRequests(listener));
  server.listen(0, "127.0.0.1");
  await once(server, "listening");
  onTestFinished(() => {
    server.close();
    server.closeAllConnections();
  });
  const { port } = server.address() as AddressInfo;
  for (const path of paths) await (await fetch(`http://127.0.0.1:${port}${path}`)).text();
  for (let tries = 0; tries < 200 && sink.traces().length < paths.length; tries++) {
    await sleep(5);
    await flush();
  }
  return sink.traces();
}

describe("programs that treat their messages badly", () => {
  test("ended twice, written to behind the end", async () => {
    const [trace, ...others] = await serving(
      (_request, response) => {
        response.on("error", () => {});
        response.end("x");
        response.end("y");
        response.write("z");
      },
      ["/twice"],
    );
    expect(others).toEqual([]);
    expect(trace?.metadata["http"]).toMatchObject({ path: "/twice", status_code: 200 });
  });

  test("listeners removed, all of them", async () => {
    const [trace] = await serving(
      (request, response) => {
        request.removeAllListeners();
        const finished = response.listeners("finish");
        response.removeAllListeners();
        // Node's own, without which the connection would wait for ever.
        for (const one of finished) response.on("finish", one as () => void);
        response.end("x");
      },
      ["/removed"],
    );
    expect(trace?.metadata["http"]).toMatchObject({ path: "/removed", aborted: false });
  });

  test("`emit` replaced before and behind us", async () => {
    const heard: unknown[] = [];
    const watch = (emitter: EventEmitter): void => {
      const { emit } = emitter;
      emitter.emit = function (this: EventEmitter, ...values: Parameters<typeof emit>) {
        heard.push(values[0]);
        return Reflect.apply(emit, this, values);
      };
    };
    const listener = traceRequests((_request, response) => {
      watch(response);
      response.end("x");
    });
    const traces = await serving(
      (request, response) => {
        watch(response);
        listener(request, response);
      },
      ["/replaced"],
    );
    expect(traces).toHaveLength(1);
    expect(heard.filter((event) => event === "finish")).toHaveLength(2);
  });

  test("the request's facts written over", async () => {
    const [trace] = await serving(
      (request, response) => {
        request.url = "/other";
        request.method = "PUT";
        Object.defineProperty(response, "statusCode", { get: thrower, set() {} });
        response.writeHead(201).end("x");
      },
      ["/facts"],
    ).catch(() => []);
    expect(trace?.metadata["http"]).toMatchObject({ path: "/facts", method: "GET" });
  });
});
