// Traces out of the store as files, and files of traces into it.
import type { Context } from "hono";
import { idsIn, type Selection, tracesOf } from "../../formats/select.ts";
import {
  contentTypeOf,
  type ExportOptions,
  exportOf,
  exportOfJson,
  FORMATS,
} from "../../formats/write.ts";
import { sourceText } from "../../mcp/source-text.ts";
import { json } from "../answer.ts";
import { BOUNDS, readBody } from "../body.ts";
import { oneOf } from "../parameters.ts";
import type { Env, Parts } from "../parts.ts";
import type { Routes } from "../routes.ts";
import { idOf, there } from "./traces.ts";

export function transferRoutes(parts: Parts): Routes {
  const { store, ingest } = parts;
  return {
    "/api/export": {
      GET: async (context) => {
        const ids = context.req.query("ids")?.split(",").filter(Boolean);
        const q = context.req.query("q") ?? "";
        // A query that cannot be read is told before the answer begins.
        if (ids === undefined) await store.traces({ q, limit: 1 });
        return file(context, parts, { q, ids });
      },
    },
    "/api/traces/:id/export": {
      GET: async (context) => {
        const id = idOf(context);
        there(await store.trace(id), "trace");
        return file(context, parts, { ids: [id] });
      },
    },
    "/api/import": {
      POST: async (context) => {
        const body = await readBody(context.env.incoming, BOUNDS.import);
        return json(context, await ingest.import(body));
      },
    },
  };
}

function file(context: Context<Env>, parts: Parts, selection: Selection): Response {
  const format = oneOf(context.req, "format", FORMATS) ?? "llmops";
  const { store, about } = parts;
  const options = optionsOf(context, parts);
  const bytes =
    format === "llmops" && options.sourcesOf === undefined
      ? ReadableStream.from(
          exportOfJson(idsIn(store, selection), (id) => store.wireTraceJson(id), about.version),
        )
      : ReadableStream.from(exportOf(format, tracesOf(store, selection), options)).pipeThrough(
          new TextEncoderStream(),
        );
  const ending = format === "markdown" ? "md" : "ndjson";
  return context.body(bytes, 200, {
    "content-type": contentTypeOf(format),
    "content-disposition": `attachment; filename="traces.${ending}"`,
  });
}

function optionsOf(context: Context<Env>, { about, sources, store }: Parts): ExportOptions {
  const withSource = context.req.query("with_source") === "1";
  return {
    version: about.version,
    async failingSource(traceId, spanId) {
      const span = await store.span(traceId, spanId);
      const view = span && (await sources.view(traceId, span));
      if (view === undefined || view.file === null || view.lines.length === 0) return undefined;
      return { file: view.file, text: sourceText(view).join("\n") };
    },
    ...(withSource && {
      sourcesOf: async (trace) => {
        const hashes = new Set(trace.spans.flatMap(({ code }) => code?.hash ?? []));
        const found = await Promise.all([...hashes].map(async (hash) => store.snapshot(hash)));
        return Object.fromEntries(found.flatMap((one) => (one ? [[one.hash, one.text]] : [])));
      },
    }),
  };
}
