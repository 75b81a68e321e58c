// The door `llmops-processor/s3`: traces → objects of a bucket, an archive by day, or one a trace.
// Invariant: the same message has the same key and bytes: a redelivery overwrites itself.
import { promisify } from "node:util";
import { gzip } from "node:zlib";
import type { PutObjectCommandInput, S3Client, S3ClientConfig } from "@aws-sdk/client-s3";
import type { WireTrace } from "llmops-observability/wire";
import { nameOf } from "../failure.ts";
import { identityFor } from "../from-runtime.ts";
import { segment } from "../key.ts";
import type { Entry, Outcome, Sink } from "../sink.ts";
import { inParallel } from "./parallel.ts";

/** What the keys of objects are made of. */
export interface S3KeyOptions {
  /** Before every key. @default "" */
  readonly prefix?: string | undefined;
  /**
   * "partitioned": an object a message, by project, day and environment. "flat": one a trace, all
   * of it. @default "partitioned"
   */
  readonly layout?: "partitioned" | "flat" | undefined;
  /** Which of a trace's messages it is. */
  readonly part?: number | undefined;
  /** Of the message. */
  readonly digest?: string | undefined;
}

/** A bucket, and how its objects are named. */
export interface S3SinkOptions extends Pick<S3KeyOptions, "prefix" | "layout"> {
  /** Its name. */
  readonly bucket: string;
  /** Of the bucket. @default AWS_REGION, else "us-east-1" */
  readonly region?: string | undefined;
  /** Of a server that speaks S3, in place of Amazon's. */
  readonly endpoint?: string | undefined;
  /** A client of your own: `region` and `endpoint` are not used then, and it is not closed. */
  readonly client?: Pick<S3Client, "send"> | undefined;
}

/** As many as the SDK opens connections for. */
const AT_ONCE = 50;

const zip = promisify(gzip);

/** A destination: a bucket. */
export function s3Sink(options: S3SinkOptions): Sink {
  const { bucket, layout = "partitioned" } = options;
  const flat = layout === "flat";
  let own: S3Client | undefined;
  let loading: Promise<typeof import("@aws-sdk/client-s3")> | undefined;
  const load = (): NonNullable<typeof loading> =>
    (loading ??= import("@aws-sdk/client-s3").catch((error: unknown) => {
      loading = undefined;
      throw error;
    }));

  async function put(entry: Entry, signal: AbortSignal): Promise<Outcome> {
    if (!flat && entry.event === "trace_start")
      return { state: "skipped", reason: "nothing to store" };
    try {
      const sdk = await load();
      const client = options.client ?? (own ??= new sdk.S3Client(configOf(options)));
      const { trace, part, digest } = entry;
      const key = s3Key(trace, { ...options, part, digest });
      const content = flat ? documentOf(trace) : await lineOf(trace);
      const input: PutObjectCommandInput = { Bucket: bucket, Key: key, ...content };
      await client.send(new sdk.PutObjectCommand(input), { abortSignal: signal });
      return { state: "sent" };
    } catch (error) {
      return outcomeOf(error);
    }
  }

  return {
    name: "s3",
    whole: flat,
    send: (entries, { signal }) => inParallel(AT_ONCE, entries, (entry) => put(entry, signal)),
    close: () => own?.destroy(),
  };
}

function configOf({ region, endpoint }: S3SinkOptions): S3ClientConfig {
  return {
    region: region ?? process.env["AWS_REGION"] ?? "us-east-1",
    // Attempts are the processor's.
    maxAttempts: 1,
    ...(endpoint !== undefined && {
      endpoint,
      forcePathStyle: true,
      ...identityFor(endpoint, undefined, process.env),
    }),
  };
}

/** Where a message's trace lies; a pure function. */
export function s3Key(trace: WireTrace, options: S3KeyOptions): string {
  const { prefix = "", layout = "partitioned", part, digest } = options;
  const id = named(trace.trace_id);
  if (layout === "flat") return `${prefix}${id}.json`;
  const project = `project=${named(trace.project_id)}`;
  const date = `date=${dayOf(trace.start_time)}`;
  const environment = `env=${named(trace.environment)}`;
  const name = [id, part, digest, "ndjson", "gz"].filter((one) => one !== undefined).join(".");
  return `${prefix}${project}/${date}/${environment}/${name}`;
}

function named(text: string | null | undefined): string {
  return segment(text || "unknown");
}

/**
 * The UTC day on which a trace began: a message that comes again on another day has the same key.
 */
function dayOf(seconds: number | null | undefined): string {
  const date = new Date((seconds ?? 0) * 1000);
  return Number.isNaN(date.getTime()) ? "unknown" : date.toISOString().slice(0, 10);
}

type Content = Pick<PutObjectCommandInput, "Body" | "ContentType">;

async function lineOf(trace: WireTrace): Promise<Content> {
  // No Content-Encoding: readers of ndjson.gz decompress by the name, and twice would be once too
  // often.
  return {
    Body: await zip(`${JSON.stringify(trace)}\n`),
    ContentType: "application/x-ndjson",
  };
}

function documentOf(trace: WireTrace): Content {
  return { Body: Buffer.from(JSON.stringify(trace)), ContentType: "application/json" };
}

/** Speaks of the object itself, so that no waiting helps. */
const UNACCEPTABLE = /EntityTooLarge|KeyTooLong/;
/** Goes away when somebody mends permissions, credentials, the bucket or the installation. */
const REFUSED =
  /AccessDenied|Forbidden|NoSuchBucket|Credential|Expired|InvalidAccessKeyId|Signature|InvalidToken|Redirect|Kms|MODULE_NOT_FOUND/i;

function outcomeOf(error: unknown): Outcome {
  const reason = nameOf(error);
  if (UNACCEPTABLE.test(reason)) return { state: "rejected", reason };
  return { state: "retry", reason, pace: REFUSED.test(reason) ? "refused" : "network" };
}
