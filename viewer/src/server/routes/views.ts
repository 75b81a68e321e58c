// What is made of spans and manifests: source, chat, comparison, coverage; and the editor.
import type { Context } from "hono";
import { chatOf } from "../../chat/chat.ts";
import { coverageOf } from "../../coverage/coverage.ts";
import { isEditable } from "../../source/paths.ts";
import type { StoredSpan } from "../../store.ts";
import { json, jsonStream } from "../answer.ts";
import type { Routes } from "../routes.ts";
import { BOUNDS, jsonIn, readBody } from "../body.ts";
import { text } from "../parameters.ts";
import type { Env, Parts } from "../parts.ts";
import { badParameter, Problem } from "../problem.ts";
import { idOf, there } from "./traces.ts";

export function viewRoutes(parts: Parts): Routes {
  const { store, sources } = parts;
  const spanOf = async (context: Context<Env>): Promise<StoredSpan> =>
    there(await store.span(idOf(context), idOf(context, "span")), "span");
  return {
    "/api/traces/:id/spans/:span/source": {
      GET: async (context) =>
        json(context, await sources.view(idOf(context), await spanOf(context))),
    },
    "/api/traces/:id/spans/:span/chat": {
      GET: async (context) => {
        const span = await spanOf(context);
        if (span.span_type !== "generation")
          throw new Problem(404, "not_a_generation", "This span is no model call.");
        return json(context, chatOf(span));
      },
    },
    "/api/compare": {
      GET: async (context) => {
        const [a, b] = [text(context.req, "a"), text(context.req, "b")];
        return jsonStream(context, there(await parts.compare(a, b), "trace"));
      },
    },
    "/api/coverage": {
      GET: async (context) => {
        const [manifests, calls] = await Promise.all([sources.manifests(), store.functionCalls()]);
        return json(context, coverageOf(manifests, calls));
      },
    },
    "/api/open": {
      POST: async (context) => {
        const asked = jsonIn(await readBody(context.env.incoming, BOUNDS.command));
        await open(asked, parts);
        return context.body(null, 204);
      },
    },
  };
}

async function open(asked: unknown, parts: Parts): Promise<void> {
  if (typeof asked !== "object" || asked === null)
    throw new Problem(400, "bad_request", "The body is an object.");
  const {
    trace_id: traceId,
    span_id: spanId,
    file,
    line,
    column,
  } = asked as Record<string, unknown>;
  const at = { line: place("line", line), column: place("column", column) };
  if (typeof file === "string") {
    const found = pathOf(parts.sources.locate(file));
    if (!isEditable(found)) throw refused("Only source files are opened.");
    parts.edit(found, at.line ?? 1, at.column ?? 1);
    return;
  }
  if (typeof traceId !== "string" || typeof spanId !== "string")
    throw badParameter("file", "The body has a file, or trace_id and span_id.");
  const span = there(await parts.store.span(traceId, spanId), "span");
  const { code } = span;
  if (code == null) throw new Problem(404, "not_found", "The span does not say where it is.");
  const path = pathOf(parts.sources.locate(code.file, code));
  parts.edit(path, at.line ?? code.line, at.column ?? (at.line === undefined ? code.column : 1));
}

function place(name: string, value: unknown): number | undefined {
  if (value === undefined || value === null) return undefined;
  if (!(typeof value === "number" && Number.isInteger(value) && value >= 1 && value <= 10_000_000))
    throw badParameter(name, `${name} is a whole number from 1.`);
  return value;
}

function pathOf(located: ReturnType<Parts["sources"]["locate"]>): string {
  if (located.state === "found") return located.path;
  if (located.state === "refused") throw refused(located.message);
  throw new Problem(404, "not_found", "There is no such file.");
}

const refused = (message: string): Problem =>
  new Problem(422, "refused_path", `This path is not opened. ${message}`);
