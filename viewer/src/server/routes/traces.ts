// Traces and their spans, as the store has them.
import type { Context } from "hono";
import { SORT_KEYS } from "../../model.ts";
import { idOf as idIn } from "../../segment.ts";
import { json, jsonStream } from "../answer.ts";
import type { Routes } from "../routes.ts";
import { integer, oneOf, seconds, text } from "../parameters.ts";
import type { Env, Parts } from "../parts.ts";
import { notFound } from "../problem.ts";

const LONGEST_PAGE = 500;
/** More spans than a trace may have. */
const MOST_SPANS = 50_000;

export function traceRoutes({ store }: Parts): Routes {
  return {
    "/api/traces": {
      GET: async (context) => {
        const { req } = context;
        const query = {
          q: req.query("q"),
          sort: oneOf(req, "sort", SORT_KEYS),
          order: oneOf(req, "order", ["desc", "asc"]),
          limit: integer(req, "limit", { from: 1, to: LONGEST_PAGE }),
          cursor: req.query("cursor"),
          since: seconds(req, "since"),
        };
        return json(context, await store.traces(given(query)));
      },
      DELETE: async (context) => {
        const removed = await store.remove({ q: text(context.req, "q") });
        return json(context, { deleted: removed.length });
      },
    },
    "/api/traces/:id": {
      GET: async (context) => {
        const trace = await store.trace(idOf(context));
        return json(context, { trace: there(trace, "trace") });
      },
      DELETE: async (context) => {
        const removed = await store.remove({ ids: [idOf(context)] });
        if (removed.length === 0) throw notFound("trace");
        return json(context, { deleted: removed.length });
      },
    },
    "/api/traces/:id/spans": {
      GET: async (context) => {
        const page = {
          limit: integer(context.req, "limit", { from: 1, to: MOST_SPANS }),
          offset: integer(context.req, "offset", { from: 0, to: Number.MAX_SAFE_INTEGER }),
        };
        const spans = there(await store.spansJson(idOf(context), given(page)), "trace");
        return jsonStream(context, spans);
      },
    },
    "/api/traces/:id/spans/:span": {
      GET: async (context) => {
        const span = await store.span(idOf(context), idOf(context, "span"));
        return json(context, { span: there(span, "span") });
      },
    },
    "/api/traces/:id/search": {
      GET: async (context) => {
        const id = idOf(context);
        const words = text(context.req, "q");
        there(await store.trace(id), "trace");
        return json(
          context,
          words === "" ? { span_ids: [], total: 0 } : await store.searchTrace(id, words),
        );
      },
    },
    "/api/facets": { GET: async (context) => json(context, await store.facets()) },
    "/api/stats": {
      GET: async (context) => {
        const { req } = context;
        const bucket = req.query("bucket");
        const query = {
          by: oneOf(req, "by", ["model", "project", "env", "name", "fn"]),
          from: seconds(req, "from"),
          to: seconds(req, "to"),
          bucket:
            bucket === "auto" ? undefined : integer(req, "bucket", { from: 1, to: 366 * 86_400 }),
        };
        return json(context, await store.stats(given(query)));
      },
    },
  };
}

export function idOf(context: Context<Env>, name: "id" | "span" = "id"): string {
  return idIn(context.req.param(name) ?? "");
}

export function there<T>(found: T | undefined, what: string): T {
  if (found === undefined) throw notFound(what);
  return found;
}

/** Without what is undefined. */
function given<T extends object>(values: T): { [K in keyof T]?: Exclude<T[K], undefined> } {
  return Object.fromEntries(Object.entries(values).filter(([, value]) => value !== undefined)) as {
    [K in keyof T]?: Exclude<T[K], undefined>;
  };
}
