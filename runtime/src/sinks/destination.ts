// Options → the destinations that they name, each with its sink.
// Invariant: a program's own sinks replace all others; else all that are set are used, each once.
import type { Options } from "../config/options.ts";
import { report } from "../platform/report.ts";
import type { Destinations, Sink } from "../sink.ts";
import { langfuseSink } from "./otlp/langfuse.ts";
import { otlpSink } from "./otlp/otlp.ts";
import { sqsSink } from "./sqs/sqs.ts";

interface Destination {
  readonly sink: Sink;
  readonly key: string;
}

export function destinationsOf(
  options: Pick<Options, "sinks" | "sqs" | "langfuse" | "otlp">,
): Destinations {
  const { sinks } = options;
  if (sinks.length > 0) return { sinks, key: `sinks ${sinks.map(({ name }) => name).join(" ")}` };
  const found = [sqsOf(options), langfuseOf(options), otlpOf(options)].filter(
    (one) => one !== undefined,
  );
  return {
    sinks: found.map(({ sink }) => sink),
    key: found.length === 0 ? undefined : found.map(({ key }) => key).join(" "),
  };
}

function sqsOf({ sqs }: Pick<Options, "sqs">): Destination | undefined {
  return sqs.url === undefined ? undefined : { sink: sqsSink(sqs.url, sqs), key: sqs.url };
}

function langfuseOf({ langfuse }: Pick<Options, "langfuse">): Destination | undefined {
  const { publicKey, secretKey, baseUrl, verifySsl } = langfuse;
  if (publicKey !== undefined && secretKey !== undefined) {
    const sink = langfuseSink({ publicKey, secretKey, baseUrl, verifySsl });
    return { sink, key: `langfuse ${baseUrl} ${publicKey}` };
  }
  if (publicKey !== undefined || secretKey !== undefined) {
    const missing = publicKey === undefined ? "LANGFUSE_PUBLIC_KEY" : "LANGFUSE_SECRET_KEY";
    report(
      "langfuse_half_set",
      `Langfuse not configured: ${missing} is missing; traces go where else they would (LLMOPS3001)`,
    );
  }
  return undefined;
}

function otlpOf({ otlp, sqs }: Pick<Options, "otlp" | "sqs">): Destination | undefined {
  const { endpoint } = otlp;
  // `llmops dev` is both: its endpoint is for other SDKs in the program; ours uses the queue.
  if (endpoint === undefined || originOf(endpoint) === originOf(sqs.url)) return undefined;
  return { sink: otlpSink({ ...otlp, endpoint }), key: `otlp ${endpoint}` };
}

function originOf(url: string | undefined): string | undefined {
  return url !== undefined && URL.canParse(url) ? new URL(url).origin : undefined;
}
