// Ways in that other programs use: OTLP over HTTP, and MCP.
import { BOUNDS, readBody } from "../body.ts";
import { json } from "../answer.ts";
import type { Routes } from "../routes.ts";
import { OTLP_PATH } from "../guard.ts";
import type { Parts } from "../parts.ts";

export function ingestRoutes({ ingest, mcp }: Parts): Routes {
  return {
    [OTLP_PATH]: {
      POST: async (context) => {
        const { incoming } = context.env;
        const [type = ""] = (incoming.headers["content-type"] ?? "").toLowerCase().split(";");
        if (type.trim() !== "application/json") {
          incoming.resume();
          return json(context, { code: 3, message: ONLY_JSON }, 415);
        }
        const answer = await ingest.otlp(await readBody(incoming, BOUNDS.otlp));
        return json(context, answer.body, answer.status);
      },
    },
    "/mcp": {
      GET: ({ req }) => mcp(req.raw),
      POST: async ({ req, env }) => {
        const body = new Uint8Array(await readBody(env.incoming, BOUNDS.command));
        return mcp(new Request(req.raw.url, { method: "POST", headers: req.raw.headers, body }));
      },
      DELETE: ({ req }) => mcp(req.raw),
    },
  };
}

const ONLY_JSON =
  "Only OTLP as JSON is read here: set OTEL_EXPORTER_OTLP_TRACES_PROTOCOL=http/json.";
