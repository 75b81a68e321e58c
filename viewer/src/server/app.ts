// Routes → the application that answers requests which have passed the guard.
// Invariant: without the token nothing is changed; a method that a route has not is 405.
import { createHash, timingSafeEqual } from "node:crypto";
import { type Context, Hono, type MiddlewareHandler } from "hono";
import { json, problemOf } from "./answer.ts";
import { isPage } from "./page.ts";
import type { Env, Parts } from "./parts.ts";
import { PAGE_POLICY } from "./headers.ts";
import { notFound, Problem } from "./problem.ts";
import type { Routes } from "./routes.ts";
import { ingestRoutes } from "./routes/ingest.ts";
import { pipelineRoutes } from "./routes/pipeline.ts";
import { traceRoutes } from "./routes/traces.ts";
import { transferRoutes } from "./routes/transfer.ts";
import { viewRoutes } from "./routes/views.ts";

export function appOf(parts: Parts): Hono<Env> {
  const app = new Hono<Env>();
  app.onError((error, context) => {
    const problem = problemOf(error);
    if (problem.status === 500) parts.onError(error);
    return json(context, problem.told, problem.status, problem.headers);
  });
  app.use("/api/*", neverKept, permitted(parts.token));
  const routes: Routes = {
    ...traceRoutes(parts),
    ...viewRoutes(parts),
    ...pipelineRoutes(parts),
    ...transferRoutes(parts),
    ...ingestRoutes(parts),
    "/assets/:name": { GET: (context) => asset(context, parts) },
  };
  for (const [path, methods] of Object.entries(routes)) add(app, path, methods);
  app.all("/api/*", () => {
    throw notFound("route");
  });
  app.all("*", (context) => page(context, parts));
  return app;
}

function add(app: Hono<Env>, path: string, methods: Routes[string]): void {
  for (const [method, handler] of Object.entries(methods)) app.on(method, path, handler);
  const names = Object.keys(methods).flatMap((name) => (name === "GET" ? ["GET", "HEAD"] : [name]));
  app.all(path, () => {
    throw wrongMethod(names);
  });
}

function wrongMethod(allowed: readonly string[]): Problem {
  const message = `This takes ${allowed.join(", ")}.`;
  return new Problem(405, "method_not_allowed", message, {
    headers: { allow: allowed.join(", ") },
  });
}

const neverKept: MiddlewareHandler<Env> = async (context, next) => {
  context.header("cache-control", "no-store");
  await next();
  context.header("cache-control", "no-store");
};

/** Who changes something has read the token in the page, or in the file that its user alone reads. */
function permitted(token: string): MiddlewareHandler<Env> {
  const expected = digest(token);
  return async (context, next) => {
    const { method } = context.req;
    if (method !== "GET" && method !== "HEAD") {
      const given = /^Bearer +(\S+)$/i.exec(context.req.header("authorization") ?? "")?.[1] ?? "";
      if (!timingSafeEqual(digest(given), expected))
        throw new Problem(401, "unauthorized", "This needs the token of .llmops/dev-token.", {
          headers: { "www-authenticate": "Bearer" },
        });
      refuseOtherTypes(context);
    }
    await next();
  };
}

const digest = (text: string): Buffer => createHash("sha256").update(text).digest();

/** Forms of foreign pages cannot send these types without asking first. */
function refuseOtherTypes({ req }: Context<Env>): void {
  const {
    "content-length": length = "0",
    "transfer-encoding": encoding,
    "content-type": type = "",
  } = req.header();
  if (length === "0" && encoding === undefined) return;
  const [name = ""] = type.toLowerCase().split(";");
  const taken = [
    "application/json",
    ...(req.path === "/api/import" ? ["application/x-ndjson"] : []),
  ];
  if (!taken.includes(name.trim()))
    throw new Problem(
      415,
      "unsupported_media_type",
      `The body's content-type is ${taken.join(" or ")}.`,
    );
}

function page(context: Context<Env>, { page: { html } }: Parts): Response {
  const { method, path } = context.req;
  if (method !== "GET" && method !== "HEAD") throw wrongMethod(["GET", "HEAD"]);
  return context.body(html, isPage(path) ? 200 : 404, {
    "content-type": "text/html; charset=utf-8",
    "content-security-policy": PAGE_POLICY,
    // The token changes with the directory; the page is small.
    "cache-control": "no-store",
  });
}

function asset(context: Context<Env>, { page: files }: Parts): Response {
  const found = files.asset(context.req.param("name") ?? "");
  if (found === undefined) throw notFound("file");
  return context.body(found.bytes, 200, {
    "content-type": found.type,
    "cache-control": "no-cache",
  });
}
