// A trace of 20,000 spans: a program's calls → the queue, with the real client → the processor, and a consumer that knows only the format.
import { randomBytes } from "node:crypto";
import { gunzipSync } from "node:zlib";
import { SendMessageCommand, SQSClient } from "@aws-sdk/client-sqs";
import { configure, finalizeAndSend, flush, startTrace, stats, track } from "llmops-observability";
import { join } from "llmops-observability/wire";
import { consume } from "llmops-processor";
import { expect, onTestFinished, test } from "vitest";
import { startQueue } from "../../demo/queue.ts";

process.env["AWS_ACCESS_KEY_ID"] = "test";
process.env["AWS_SECRET_ACCESS_KEY"] = "test";

const SPANS = 20_000;
const MESSAGE_BYTES = 200_000;

/** What the Python SDK's documentation tells a consumer to do, and the fields that it shows. */
function readAsDocumented(body: string): {
  trace: Record<string, unknown>;
  spans: readonly Record<string, unknown>[];
} {
  const message = JSON.parse(body) as Record<string, unknown>;
  expect(message["compressed"]).toBe(true);
  expect(message["type"]).toBe("trace");
  const text = gunzipSync(Buffer.from(message["data"] as string, "base64")).toString("utf8");
  const trace = JSON.parse(text) as Record<string, unknown>;
  expect(trace["trace_id"]).toBe(message["trace_id"]);
  const spans = trace["spans"] as readonly Record<string, unknown>[];
  return { trace, spans };
}

test("it arrives whole, in parts that each can be read", async () => {
  const queue = await startQueue();
  onTestFinished(() => queue.close());
  configure({
    sqs: { url: queue.url, region: "us-east-1" },
    projectId: "p",
    environment: "uat",
    durability: "memory",
    limits: { message: MESSAGE_BYTES },
  });
  const step = track(function step(number: number, noise: string) {
    return { number, noise };
  });
  const traceId = startTrace({ name: "large", userId: "ada", metadata: { version: "1" } });
  const noise = Array.from({ length: SPANS }, () => randomBytes(20).toString("hex"));
  for (let number = 0; number < SPANS; number++) step(number, noise[number] ?? "");
  finalizeAndSend({ traceInput: "in", traceOutput: "out" });
  expect(await flush(60_000)).toBe(true);
  expect(stats()).toMatchObject({ accepted: 1, acked: 1, pending: 0, dropped: {} });

  const bodies: string[] = [];
  const enough = new AbortController();
  const received = consume({
    queueUrl: queue.url,
    signal: enough.signal,
    waitSeconds: 1,
    onTrace(_, body) {
      bodies.push(body);
      // Delivery is at least once: two of the parts come a second time.
      if (bodies.length === 2 || bodies.length === 4) void again(body);
      const { parts } = JSON.parse(body) as { parts: number };
      if (bodies.length === parts + 2) enough.abort();
    },
  });
  const client = new SQSClient({ region: "us-east-1", endpoint: new URL(queue.url).origin });
  onTestFinished(() => client.destroy());
  const again = (body: string): Promise<unknown> =>
    client.send(new SendMessageCommand({ QueueUrl: queue.url, MessageBody: body }));
  await received;

  const parts = new Set<unknown>();
  for (const body of bodies) {
    expect(Buffer.byteLength(body)).toBeLessThanOrEqual(MESSAGE_BYTES);
    parts.add((JSON.parse(body) as { part: unknown }).part);
    const { trace, spans } = readAsDocumented(body);
    expect(trace).toMatchObject({
      trace_id: traceId,
      trace_name: "large",
      project_id: "p",
      environment: "uat",
      user_id: "ada",
      trace_input: "in",
      trace_output: "out",
      total_spans: SPANS,
      metadata: { version: "1" },
    });
    expect(spans.length).toBeGreaterThan(0);
    for (const { span_name, input_data, output_data } of spans) {
      expect(span_name).toBe("step");
      const [number, text] = (input_data as { args: [number, string] }).args;
      expect(text).toBe(noise[number]);
      expect(output_data).toEqual({ output: { number, noise: text } });
    }
  }
  expect(parts.size).toBeGreaterThan(4);
  expect(bodies.length).toBe(parts.size + 2);

  const [whole, ...others] = join(bodies.toReversed());
  expect(others).toEqual([]);
  const numbers = (whole?.spans ?? []).map(({ input_data }) => (input_data.args as number[])[0]);
  expect(new Set(numbers)).toEqual(new Set(noise.keys()));
  expect(new Set(whole?.spans.map(({ span_id }) => span_id)).size).toBe(SPANS);
  expect(whole?.total_spans).toBe(SPANS);
});
