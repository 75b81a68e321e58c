// Environment variables → sinks and a store, each loaded when it is used first.
// Invariant: half of what a sink needs is a mistake, not silence; no value of a variable stands in a sentence.
import { ConfigError } from "../failure.ts";
import type { Sink } from "../sink.ts";
import type { Store } from "../store.ts";
import { lateSink } from "./late.ts";

export type Environment = Readonly<Record<string, string | undefined>>;

/** @throws {ConfigError} */
export function sinksFrom(env: Environment): readonly Sink[] {
  return [langfuseFrom(env)].filter((sink) => sink !== undefined);
}

function langfuseFrom(env: Environment): Sink | undefined {
  const { LANGFUSE_PUBLIC_KEY: publicKey, LANGFUSE_SECRET_KEY: secretKey } = env;
  if (!publicKey && !secretKey) return undefined;
  if (!publicKey || !secretKey) {
    const missing = publicKey ? "LANGFUSE_SECRET_KEY" : "LANGFUSE_PUBLIC_KEY";
    throw new ConfigError(`Langfuse needs ${missing} too`);
  }
  const baseUrl = env["LANGFUSE_BASE_URL"] || undefined;
  const verifySsl = env["LANGFUSE_VERIFY_SSL"] !== "false";
  return lateSink("langfuse", async () => {
    const { langfuseSink } = await import("llmops-observability/langfuse");
    return langfuseSink({ publicKey, secretKey, baseUrl, verifySsl });
  });
}

export function dynamoFrom({ LLMOPS_TABLE: tableName }: Environment): Store | undefined {
  if (!tableName) return undefined;
  throw new ConfigError("LLMOPS_TABLE is set, but this version knows no DynamoDB");
}
