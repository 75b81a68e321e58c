// S3: keys and contents, against an emulator with the real SDK, and what its errors mean.
import { gunzipSync } from "node:zlib";
import { GetObjectCommand, ListObjectsV2Command, S3Client } from "@aws-sdk/client-s3";
import type { WireTrace } from "llmops-observability/wire";
import { createHandler, memoryStore } from "llmops-processor";
import { s3Key, s3Sink } from "llmops-processor/s3";
import { buildApp } from "fauxqs";
import { beforeEach, describe, expect, test } from "vitest";
import { record } from "../deliver/setup.ts";
import { span, trace } from "../setup.ts";
import { entryOf, signal, told } from "./setup.ts";

describe("a key", () => {
  const day = Date.UTC(2026, 10, 28, 23, 59, 59) / 1000;
  const one = trace({ trace_id: "id-1", start_time: day, project_id: "shop", environment: "prod" });

  test("is by project, UTC day of the trace's start, environment, trace, part and digest", () => {
    const place = "project=shop/date=2026-11-28/env=prod/";
    expect(s3Key(one, { digest: "d1" })).toBe(`${place}id-1.d1.ndjson.gz`);
    expect(s3Key(one, { digest: "d1", part: 2, prefix: "a/" })).toBe(
      `a/${place}id-1.2.d1.ndjson.gz`,
    );
    expect(s3Key(one, { layout: "flat", prefix: "a/" })).toBe("a/id-1.json");
  });

  test("keeps any text one segment, and names what is empty", () => {
    const odd = trace({
      trace_id: "../../x",
      project_id: "a/b c",
      environment: "",
      start_time: 1e300,
    });
    expect(s3Key(odd, { digest: "d" })).toBe(
      "project=a%2Fb%20c/date=unknown/env=unknown/..%2F..%2Fx.d.ndjson.gz",
    );
    expect(s3Key(odd, { layout: "flat" })).toBe("..%2F..%2Fx.json");
    expect(s3Key(trace({ trace_id: "\ud800" }), { layout: "flat" })).toBe("%EF%BF%BD.json");
  });

  test("of an event is that of its span's day", () => {
    const event = {
      event_type: "span_created",
      trace_id: "t",
      span_id: "s",
      start_time: day,
      metadata: { project_id: "shop", environment: "prod" },
    };
    expect(s3Key(told(event), { digest: "d" })).toBe(
      "project=shop/date=2026-11-28/env=prod/t.d.ndjson.gz",
    );
  });
});

describe("with a bucket", () => {
  let endpoint: string;
  let client: S3Client;
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  beforeEach(async () => {
    const app = buildApp({ logger: false });
    endpoint = await app.listen({ host: "127.0.0.1", port: 0 });
    await app.inject({ method: "PUT", url: "/traces" });
    client = new S3Client({ region: "us-east-1", endpoint, forcePathStyle: true, credentials });
    return async () => {
      client.destroy();
      await app.close();
    };
  });
  const keys = async (): Promise<readonly string[]> => {
    const { Contents = [] } = await client.send(new ListObjectsV2Command({ Bucket: "traces" }));
    return Contents.map(({ Key = "" }) => Key);
  };
  const read = async (key: string): Promise<{ type: string | undefined; bytes: Uint8Array }> => {
    const {
      Body,
      ContentType: type,
      ContentEncoding,
    } = await client.send(new GetObjectCommand({ Bucket: "traces", Key: key }));
    expect(ContentEncoding ?? "").not.toContain("gzip");
    return { type, bytes: (await Body?.transformToByteArray()) ?? new Uint8Array() };
  };

  test("a message is one object: gzip of one line, the trace with every key", async () => {
    const sink = s3Sink({ bucket: "traces", endpoint, prefix: "p/" });
    const sent = trace({ spans: [span()] });
    const entry = entryOf(sent);
    for (let time = 0; time < 2; time++)
      expect(await sink.send([entry], { signal })).toEqual([{ state: "sent" }]);
    const [key = "", ...others] = await keys();
    expect(others).toEqual([]);
    expect(key).toBe(`p/${s3Key(sent, { digest: entry.digest })}`);
    const { type, bytes } = await read(key);
    expect(type).toBe("application/x-ndjson");
    const text = gunzipSync(bytes).toString("utf8");
    expect(text.endsWith("}\n")).toBe(true);
    expect(JSON.parse(text)).toEqual(sent);
    sink.close?.();
  });

  test("flat: one document a trace, with all that came of it so far", async () => {
    const sink = s3Sink({ bucket: "traces", endpoint, layout: "flat" });
    const handler = createHandler({ sinks: [sink], store: memoryStore() });
    const parts = [1, 2, 3].map(() => trace({ trace_id: "t", spans: [span()], total_spans: 3 }));
    for (const part of parts)
      expect(await handler({ Records: [record(JSON.stringify(part))] })).toEqual({
        batchItemFailures: [],
      });
    expect(await keys()).toEqual(["t.json"]);
    const { type, bytes } = await read("t.json");
    expect(type).toBe("application/json");
    const whole = JSON.parse(Buffer.from(bytes).toString("utf8")) as WireTrace;
    expect(whole.spans).toHaveLength(3);
    sink.close?.();
  });

  test("a bucket that is not there: kept, and not asked for again at once", async () => {
    const sink = s3Sink({ bucket: "none", endpoint });
    expect(await sink.send([entryOf(trace())], { signal })).toMatchObject([
      { state: "retry", pace: "refused", reason: "NoSuchBucket" },
    ]);
    sink.close?.();
  });
});

test.each([
  ["EntityTooLarge", { state: "rejected" }],
  ["KeyTooLongError", { state: "rejected" }],
  ["AccessDenied", { state: "retry", pace: "refused" }],
  ["SlowDown", { state: "retry", pace: "network" }],
  ["InternalError", { state: "retry", pace: "network" }],
])("takes %s for %o", async (name, outcome) => {
  const client = { send: () => Promise.reject(Object.assign(new Error("x"), { name })) };
  const sink = s3Sink({ bucket: "b", client });
  expect(await sink.send([entryOf(trace())], { signal })).toMatchObject([outcome]);
});

test("the start of a trace, in the older form, is no object of its own", async () => {
  const sink = s3Sink({ bucket: "b", client: { send: () => Promise.resolve({}) } });
  const entries = ["trace_start", "trace_end"].map((event_type) =>
    entryOf({ event_type, trace_id: "t", trace_name: "n" }),
  );
  const outcomes = await sink.send(entries, { signal });
  expect(outcomes.map(({ state }) => state)).toEqual(["skipped", "sent"]);
});
