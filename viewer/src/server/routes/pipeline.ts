// How the parts are, what waits in the dead-letter queue, and the stream of changes.
import { RESPONSE_ALREADY_SENT } from "@hono/node-server/utils/response";
import type { Health, Pipeline } from "../../views.ts";
import { json } from "../answer.ts";
import type { Routes } from "../routes.ts";
import { integer } from "../parameters.ts";
import type { Parts } from "../parts.ts";
import { Problem } from "../problem.ts";

const DEAD_SHOWN = 50;

export function pipelineRoutes(parts: Parts): Routes {
  const { store, ingest, events, about } = parts;
  return {
    "/api/health": {
      GET: async (context) => {
        const health: Health = {
          name: "llmops-dev",
          pid: process.pid,
          ...about,
          db: await store.health(),
          sqs_url: ingest.queue.url,
        };
        return json(context, health);
      },
    },
    "/api/pipeline": { GET: async (context) => json(context, await pipelineOf(parts)) },
    "/api/pipeline/dead": {
      GET: async (context) => {
        const limit = integer(context.req, "limit", { from: 1, to: 500 }) ?? DEAD_SHOWN;
        return json(context, { messages: await ingest.queue.dead(limit) });
      },
      DELETE: async (context) => json(context, { deleted: await ingest.queue.removeDead() }),
    },
    "/api/pipeline/dead/redrive": {
      POST: async (context) => json(context, { redriven: await ingest.queue.redrive() }),
    },
    "/api/events": {
      GET: async (context) => {
        const { req, env } = context;
        if (req.raw.method === "HEAD") return context.body(null);
        if (events.isFull)
          throw new Problem(503, "too_many_streams", "Too many pages are listening already.");
        // EventSource sends it by itself; a page that begins anew may send what it has seen.
        const lastId = req.header("last-event-id");
        const { traces: total } = await store.health();
        events.attach(env.outgoing, { version: about.version, total }, lastId);
        return RESPONSE_ALREADY_SENT;
      },
    },
  };
}

export async function pipelineOf({ store, ingest, child }: Parts): Promise<Pipeline> {
  const ways = await ingest.state();
  try {
    const { bytes, max_bytes, evicted } = await store.health();
    return { ...ways, store: { bytes, max_bytes, evicted, state: "ok" }, child: child() };
  } catch {
    const none = { bytes: 0, max_bytes: 0, evicted: 0 };
    return { ...ways, store: { ...none, state: "failing" }, child: child() };
  }
}
