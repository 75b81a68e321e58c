// The same small application in each framework, with the integration or bare → a server on loopback.
import { createServer, type IncomingMessage, type Server } from "node:http";
import type { AddressInfo } from "node:net";
import { Readable } from "node:stream";
import { setTimeout as sleep } from "node:timers/promises";
import { Router } from "@koa/router";
import { serve } from "@hono/node-server";
import express from "express";
import fastify from "fastify";
import { Hono } from "hono";
import { HTTPException } from "hono/http-exception";
import { streamSSE } from "hono/streaming";
import Koa from "koa";
import * as forExpress from "../../src/http/express.ts";
import * as forFastify from "../../src/http/fastify.ts";
import * as forHono from "../../src/http/hono.ts";
import * as forKoa from "../../src/http/koa.ts";
import * as forNode from "../../src/http/node.ts";
import { track } from "../../src/index.ts";

export interface Running {
  readonly origin: string;
  close(): Promise<void>;
}

/** Whatever options of the integration a test wants; undefined: bare. */
export type Options = Record<string, unknown> | undefined;
export type Start = (options: Options) => Promise<Running>;

const answer = track(
  async function answer(id: string) {
    await sleep(1);
    return lookUp(id);
  },
  { name: "answer" },
);
const lookUp = track((id: string) => ({ id }), { name: "look_up" });
const chunk = track(
  async (at: number) => {
    await sleep(1);
    return `data: ${at}\n\n`;
  },
  { name: "chunk" },
);
const onFinish = track(() => {}, { name: "on_finish" });

class Broken extends Error {
  override readonly name = "Broken";
}

async function* events(): AsyncGenerator<string> {
  for (let at = 0; at < 3; at++) yield await chunk(at);
}

async function listening(server: Server): Promise<Running> {
  await new Promise<void>((done) => server.listen(0, "127.0.0.1", done));
  const { port } = server.address() as AddressInfo;
  return {
    origin: `http://127.0.0.1:${port}`,
    close: () =>
      new Promise((done) => {
        server.close(() => done());
        server.closeAllConnections();
      }),
  };
}

function bodyOf(request: IncomingMessage): Promise<string> {
  return new Promise((done) => {
    let text = "";
    request.on("data", (bytes: Buffer) => (text += bytes.toString()));
    request.on("end", () => {
      lookUp("end");
      done(text);
    });
  });
}

const node: Start = (options) => {
  const listener = async (
    request: IncomingMessage,
    response: import("node:http").ServerResponse,
  ): Promise<void> => {
    const path = request.url?.split("?")[0] ?? "";
    if (path.startsWith("/users/")) {
      const body = JSON.stringify(await answer(path.slice(7)));
      response.writeHead(200, { "content-type": "application/json" }).end(body);
    } else if (path === "/echo") {
      response.end(JSON.stringify(await answer(await bodyOf(request))));
    } else if (path === "/stream") {
      response.writeHead(200, { "content-type": "text/event-stream" });
      Readable.from(events()).pipe(response);
    } else if (path === "/finish") {
      response.on("finish", () => onFinish());
      response.on("close", () => onFinish());
      response.end("x");
    } else if (path === "/hang") response.write("a");
    else if (path === "/fail") response.writeHead(500).end();
    else response.writeHead(404).end("no");
  };
  return listening(createServer(options ? forNode.traceRequests(listener, options) : listener));
};

const inExpress: Start = (options) => {
  const app = express();
  if (options) app.use(forExpress.traceRequests(options));
  app.use(express.json());
  const users = express.Router();
  users.get("/:id", async (request, response) => {
    response.json(await answer(request.params.id));
  });
  app.use("/users", users);
  app.post("/echo", async (request, response) => {
    response.json(await answer((request.body as { id: string }).id));
  });
  app.get("/stream", (_request, response) => {
    response.type("text/event-stream");
    Readable.from(events()).pipe(response);
  });
  app.get("/finish", (_request, response) => {
    response.on("finish", () => onFinish());
    response.on("close", () => onFinish());
    response.send("x");
  });
  app.get("/hang", (_request, response) => void response.write("a"));
  app.get("/fail", () => {
    throw new Broken("no luck");
  });
  app.get("/teapot", () => {
    throw Object.assign(new Broken("short and stout"), { status: 418, expose: true });
  });
  if (options) app.use(forExpress.traceErrors());
  app.use(((error: Error & { status?: number }, _request, response, next) => {
    if (response.headersSent) next(error);
    else response.status(error.status ?? 500).send(error.message);
  }) satisfies express.ErrorRequestHandler);
  return listening(createServer(app));
};

const inFastify: Start = async (options) => {
  const app = fastify();
  if (options) await app.register(forFastify.traceRequests, options);
  app.get<{ Params: { id: string } }>("/users/:id", (request) => answer(request.params.id));
  app.post<{ Body: { id: string } }>("/echo", (request) => answer(request.body.id));
  app.get("/stream", (_request, reply) =>
    reply.type("text/event-stream").send(Readable.from(events())),
  );
  app.get("/finish", (_request, reply) => {
    reply.raw.on("finish", () => onFinish());
    reply.raw.on("close", () => onFinish());
    return reply.send("x");
  });
  app.addHook("onResponse", (request, _reply, done) => {
    if (request.url === "/hook") onFinish();
    done();
  });
  app.get("/hook", () => "x");
  app.get("/hang", (_request, reply) => {
    reply.hijack();
    reply.raw.write("a");
  });
  app.get("/fail", () => {
    throw new Broken("no luck");
  });
  app.get("/teapot", () => {
    throw Object.assign(new Broken("short and stout"), { statusCode: 418 });
  });
  const origin = await app.listen({ port: 0, host: "127.0.0.1" });
  return {
    origin,
    async close() {
      app.server.closeAllConnections();
      await app.close();
    },
  };
};

const inKoa: Start = (options) => {
  const app = new Koa();
  app.silent = true;
  if (options) app.use(forKoa.traceRequests(options));
  const router = new Router();
  router.get("/users/:id", async (context) => {
    context.body = await answer(String(context.params["id"]));
  });
  router.post("/echo", async (context) => {
    const { id } = JSON.parse(await bodyOf(context.req)) as { id: string };
    context.body = await answer(id);
  });
  router.get("/stream", (context) => {
    context.type = "text/event-stream";
    context.body = Readable.from(events());
  });
  router.get("/finish", (context) => {
    context.res.on("finish", () => onFinish());
    context.res.on("close", () => onFinish());
    context.body = "x";
  });
  router.get("/hang", (context) => {
    context.respond = false;
    context.res.statusCode = 200;
    context.res.write("a");
  });
  router.get("/fail", () => {
    throw new Broken("no luck");
  });
  router.get("/teapot", (context) => context.throw(418, "short and stout"));
  app.use(router.routes());
  return listening(createServer((request, response) => void app.callback()(request, response)));
};

export function honoApp(options: Options): Hono {
  const app = new Hono();
  if (options) app.use(forHono.traceRequests(options));
  app.get("/users/:id", async (context) => context.json(await answer(context.req.param("id"))));
  app.post("/echo", async (context) => {
    const { id } = await context.req.json<{ id: string }>();
    return context.json(await answer(id));
  });
  app.get("/stream", (context) =>
    streamSSE(context, async (stream) => {
      for await (const data of events()) await stream.writeSSE({ data });
    }),
  );
  app.get("/pulled", (context) => {
    const source = events();
    return context.body(
      new ReadableStream<Uint8Array>({
        async pull(controller) {
          const { done, value } = await source.next();
          if (done) controller.close();
          else controller.enqueue(new TextEncoder().encode(value));
        },
      }),
    );
  });
  app.get("/hang", (context) =>
    context.body(new ReadableStream({ start: (c) => c.enqueue(new Uint8Array([97])) })),
  );
  app.get("/fail", () => {
    throw new Broken("no luck");
  });
  app.get("/teapot", () => {
    throw new HTTPException(418, { message: "short and stout" });
  });
  return app;
}

const inHono: Start = (options) => {
  const app = honoApp(options);
  app.onError((error, context) =>
    error instanceof HTTPException ? error.getResponse() : context.text(error.message, 500),
  );
  return new Promise((done) => {
    const server = serve({ fetch: app.fetch, port: 0, hostname: "127.0.0.1" }, ({ port }) =>
      done({
        origin: `http://127.0.0.1:${port}`,
        close: () =>
          new Promise((closed) => {
            server.close(() => closed());
            (server as Server).closeAllConnections();
          }),
      }),
    );
  });
};

export const APPS: Readonly<Record<string, Start>> = {
  "node:http": node,
  Express: inExpress,
  Fastify: inFastify,
  Koa: inKoa,
  Hono: inHono,
};
