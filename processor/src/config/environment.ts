// Environment variables → sinks and a store, each loaded when it is used first.
// Invariant: half of what a sink needs is a mistake, not silence; no value of a variable that may
// be a key stands in a sentence.
import { CODE, ConfigError, type Report } from "../failure.ts";
import { resolveOptions } from "../from-runtime.ts";
import type { Sink } from "../sink.ts";
import type { Store } from "../store.ts";
import { lateSink, lateStore } from "./late.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {ConfigError} */
export function sinksFrom(env: Environment, report: Report): readonly Sink[] {
  return [
    ...likeTheRuntime(env, report),
    s3From(env),
    newRelicFrom(env),
    datadogFrom(env),
    cloudwatchFrom(env),
    localFrom(env),
  ].filter((sink) => sink !== undefined);
}

/** Langfuse and OTLP are set by the same variables on both sides of the queue. */
function likeTheRuntime(env: Environment, report: Report): readonly (Sink | undefined)[] {
  const { options, warnings } = resolveOptions({}, env);
  for (const warning of warnings)
    if (/^(?:OTEL|LANGFUSE)_/.test(warning)) report({ code: CODE.configuration, reason: warning });
  const { langfuse, otlp } = options;
  const { publicKey, secretKey } = langfuse;
  const half = publicKey === undefined ? secretKey : publicKey;
  if (half !== undefined && (publicKey === undefined || secretKey === undefined)) {
    const missing = publicKey === undefined ? "LANGFUSE_PUBLIC_KEY" : "LANGFUSE_SECRET_KEY";
    throw new ConfigError(`Langfuse needs ${missing} too`);
  }
  const { endpoint } = otlp;
  return [
    publicKey === undefined || secretKey === undefined
      ? undefined
      : lateSink("langfuse", async () => {
          const { langfuseSink } = await import("llmops-observability/langfuse");
          return langfuseSink({ ...langfuse, publicKey, secretKey });
        }),
    endpoint === undefined
      ? undefined
      : lateSink("otlp", async () => {
          const { otlpSink } = await import("llmops-observability/otlp");
          return otlpSink({ ...otlp, endpoint });
        }),
  ];
}

function s3From(env: Environment): Sink | undefined {
  const { LLMOPS_S3_BUCKET: bucket, LLMOPS_S3_PREFIX: prefix } = env;
  if (!bucket) return undefined;
  const layout = env["LLMOPS_S3_LAYOUT"] || "partitioned";
  if (layout !== "partitioned" && layout !== "flat")
    throw new ConfigError(`LLMOPS_S3_LAYOUT is "partitioned" or "flat"`);
  const endpoint = env["AWS_ENDPOINT_URL_S3"] || undefined;
  const load = async (): Promise<Sink> => {
    const { s3Sink } = await import("../sinks/s3.ts");
    return s3Sink({ bucket, prefix, layout, endpoint });
  };
  return lateSink("s3", load, layout === "flat");
}

function newRelicFrom(env: Environment): Sink | undefined {
  const { NEW_RELIC_LICENSE_KEY: licenseKey } = env;
  if (!licenseKey) return undefined;
  const endpoint = url(env, "NEW_RELIC_OTLP_ENDPOINT");
  return lateSink("new-relic", async () => {
    const { newRelicSink } = await import("../sinks/new-relic.ts");
    return newRelicSink({ licenseKey, endpoint });
  });
}

function datadogFrom(env: Environment): Sink | undefined {
  const { DD_API_KEY: apiKey, DD_SITE: site, DD_LLMOBS_ML_APP: mlApp } = env;
  if (!apiKey) return undefined;
  const endpoint = url(env, "LLMOPS_DATADOG_ENDPOINT");
  return lateSink("datadog", async () => {
    const { datadogSink } = await import("../sinks/datadog.ts");
    return datadogSink({
      apiKey,
      site: site || undefined,
      mlApp: mlApp || undefined,
      endpoint,
    });
  });
}

function cloudwatchFrom(env: Environment): Sink | undefined {
  const { LLMOPS_METRICS: metrics, LLMOPS_METRICS_NAMESPACE: namespace } = env;
  if (!metrics) return undefined;
  if (metrics !== "emf") throw new ConfigError(`LLMOPS_METRICS is "emf", or not set`);
  return lateSink("cloudwatch", async () => {
    const { cloudwatchSink } = await import("../sinks/cloudwatch.ts");
    return cloudwatchSink({ namespace: namespace || undefined });
  });
}

function localFrom({ LLMOPS_DB: path }: Environment): Sink | undefined {
  if (!path) return undefined;
  return lateSink("local", async () => {
    const { localSink } = await import("../sinks/local.ts");
    return localSink({ path });
  });
}

export function storeFrom(env: Environment): Store | undefined {
  const { LLMOPS_TABLE: tableName } = env;
  if (!tableName) return undefined;
  const endpoint = url(env, "AWS_ENDPOINT_URL_DYNAMODB");
  return lateStore(async () => {
    const { dynamoStore } = await import("../stores/dynamodb.ts");
    return dynamoStore({ tableName, endpoint });
  });
}

function url(env: Environment, name: string): string | undefined {
  const text = env[name] || undefined;
  if (text !== undefined && !URL.canParse(text)) throw new ConfigError(`${name} is no URL`);
  return text;
}
