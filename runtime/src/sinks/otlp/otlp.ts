// `otlpSink({ endpoint })`: a backend that takes OTLP over HTTP as JSON → a destination.
// Invariant: what it needs is loaded by the first sending; importing this file costs nothing.
import { report } from "../../platform/report.ts";
import type { Sink } from "../../sink.ts";
import { lazySink } from "./lazy.ts";

/** Where a sink sends OTLP, and what. */
export interface OtlpSinkOptions {
  /** Where requests go, whole: `https://collector:4318/v1/traces`. */
  readonly endpoint: string;
  /** Of each request: an API key, a tenant. */
  readonly headers?: Readonly<Record<string, string>> | undefined;
  /** Of requests above 1 KiB. @default "gzip" */
  readonly compression?: "gzip" | "none" | undefined;
  /** Longest wait for an answer, in ms. @default 10,000 */
  readonly timeoutMs?: number | undefined;
  /** Arguments, results, locals, prompts, responses and tool calls go along. @default false */
  readonly content?: boolean | undefined;
  /** In place of the project id as `service.name`. */
  readonly serviceName?: string | undefined;
  /** More attributes of the resource; its `service.name` wins. */
  readonly resource?: Readonly<Record<string, string>> | undefined;
}

const TIMEOUT_MS = 10_000;

/** A destination: traces as OpenTelemetry's GenAI conventions have them. */
export function otlpSink(options: OtlpSinkOptions): Sink {
  const { endpoint, headers = {}, compression = "gzip", timeoutMs = TIMEOUT_MS } = options;
  return lazySink("otlp", async () => {
    const [{ otlpMapping }, request, { post }, { createAgents }, { sendTraces }, { notice }] =
      await Promise.all([
        import("../../otlp/genai.ts"),
        import("../../otlp/request.ts"),
        import("./post.ts"),
        import("../http/exchange.ts"),
        import("./sender.ts"),
        import("./notice.ts"),
      ]);
    const agents = await createAgents();
    const url = new URL(endpoint);
    const target = { url, headers, agents, timeoutMs, compress: compression === "gzip" };
    const writer = new request.RequestWriter(otlpMapping(options), options);
    const exporter = {
      textOf: (trace: Parameters<typeof writer.textOf>[0]) => writer.textOf(trace),
      post: (json: string, signal?: AbortSignal) => post(target, json, signal),
      answered: notice("the OTLP endpoint", report),
    };
    return {
      send: (entries, signal) => sendTraces(entries, exporter, signal),
      close: () => agents.destroy(),
    };
  });
}
