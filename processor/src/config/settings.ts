// What the user set, in options and in the environment → what a processor works by.
// Invariant: a mistake is thrown at once, with the name of what is wrong; nothing is loaded here.
import type { Settings } from "../deliver/processor.ts";
import { ConfigError, type Report, reporting } from "../failure.ts";
import type { Sink } from "../sink.ts";
import type { Store } from "../store.ts";
import { memoryStore } from "../stores/memory.ts";
import { type Environment, sinksFrom, storeFrom } from "./environment.ts";

/** Sinks, store, limits, and who hears of failures. */
export interface ProcessorOptions {
  /** Where traces go. @default what the environment names */
  readonly sinks?: readonly Sink[] | undefined;
  /**
   * What was sent where, for all processes at the queue. @default DynamoDB where LLMOPS_TABLE is
   * set, else memoryStore()
   */
  readonly store?: Store | undefined;
  /** Of one sink within one invocation. @default 3 */
  readonly attempts?: number | undefined;
  /** Longest wait for the answer of one send. @default 10,000 */
  readonly sinkTimeoutMs?: number | undefined;
  /** Kept of the invocation's time for answering. @default 1,000 */
  readonly reserveMs?: number | undefined;
  /** Longest trace, decompressed; what is longer is no trace. @default 64 MiB */
  readonly maxTraceBytes?: number | undefined;
  /** Hears of what went wrong. @default one line of JSON on stderr */
  readonly onError?: Report | undefined;
}

const ATTEMPTS = 3;
const SINK_TIMEOUT_MS = 10_000;
const RESERVE_MS = 1000;
/** A message of 1 MiB may decompress to a gigabyte. */
const MAX_TRACE_BYTES = 64 * 1024 * 1024;

/** @throws {ConfigError} LLMOPS4007 */
export function settingsOf(
  options: ProcessorOptions = {},
  env: Environment = process.env,
): Settings {
  const { sinks = sinksFrom(env, reporting(options.onError)) } = options;
  if (sinks.length === 0)
    throw new ConfigError(
      options.sinks === undefined
        ? "The environment names no sink: set LLMOPS_S3_BUCKET, LANGFUSE_PUBLIC_KEY and LANGFUSE_SECRET_KEY, or another one"
        : "`sinks` is empty",
    );
  return {
    sinks: distinct(sinks),
    store: options.store ?? storeFrom(env) ?? memoryStore(),
    attempts: Math.floor(positive("attempts", options.attempts, ATTEMPTS)),
    sinkTimeoutMs: positive("sinkTimeoutMs", options.sinkTimeoutMs, SINK_TIMEOUT_MS),
    reserveMs: options.reserveMs === 0 ? 0 : positive("reserveMs", options.reserveMs, RESERVE_MS),
    maxTraceBytes: positive("maxTraceBytes", options.maxTraceBytes, MAX_TRACE_BYTES),
    onError: options.onError,
  };
}

/** Marks are kept by a sink's name. */
function distinct(sinks: readonly Sink[]): readonly Sink[] {
  const names = new Set<string>();
  for (const { name, send } of sinks) {
    if (typeof name !== "string" || name === "" || typeof send !== "function")
      throw new ConfigError("Each of `sinks` needs a `name` and `send`");
    if (names.has(name)) throw new ConfigError(`Two of \`sinks\` have the name ${name}`);
    names.add(name);
  }
  return sinks;
}

function positive(name: string, value: number | undefined, otherwise: number): number {
  if (value === undefined) return otherwise;
  if (!(typeof value === "number" && value > 0 && Number.isFinite(value)))
    throw new ConfigError(`\`${name}\` is a number above 0, not ${String(value)}`);
  return value;
}
