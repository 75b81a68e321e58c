// The processor against a real queue on loopback and the real SDK: what it hands over, deletes and leaves, and what it prints.
import { randomUUID } from "node:crypto";
import {
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { consume, decode, render, WireError, type ConsumeOptions } from "llmops-processor";
import { encode, type WireSpan, type WireTrace } from "llmops-observability/wire";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startQueue, type LocalQueue } from "../../demo/queue.ts";

function span(fields: Partial<WireSpan> = {}): WireSpan {
  return {
    span_id: randomUUID(),
    span_name: "step",
    span_type: "span",
    parent_span_id: null,
    start_time: 1_790_000_000,
    end_time: 1_790_000_001,
    duration_ms: 1000,
    input_data: { args: [], kwargs: {}, locals: {} },
    output_data: { output: null },
    error: null,
    model_id: null,
    metadata: {},
    tags: [],
    usage: null,
    cost: null,
    prompt: null,
    response: null,
    status: "success",
    status_message: null,
    level: "DEFAULT",
    ...fields,
  };
}

function trace(fields: Partial<WireTrace> = {}): WireTrace {
  const spans = fields.spans ?? [];
  return {
    trace_id: randomUUID(),
    trace_name: "question",
    project_id: "project",
    environment: "test",
    user_id: null,
    session_id: null,
    start_time: 1_790_000_000,
    end_time: 1_790_000_001,
    duration_ms: 1234,
    trace_input: null,
    trace_output: null,
    token_usage: { total_input_tokens: 0, total_output_tokens: 0, total_tokens: 0 },
    cost: { total_cost: null },
    spans,
    metadata: {},
    tags: [],
    total_spans: spans.length,
    total_generations: spans.filter(({ span_type }) => span_type === "generation").length,
    sdk_name: "llmops-observability",
    sdk_version: "0.0.0",
    ...fields,
  };
}

async function bodyOf(sent: WireTrace): Promise<string> {
  const [body = ""] = await encode(sent.trace_id, JSON.stringify(sent));
  return body;
}

describe("consume", () => {
  const credentials = { accessKeyId: "test", secretAccessKey: "test" };
  let queue: LocalQueue;
  let client: SQSClient;

  beforeAll(async () => {
    process.env["AWS_ACCESS_KEY_ID"] = "test";
    process.env["AWS_SECRET_ACCESS_KEY"] = "test";
  });
  beforeEach(async () => {
    queue = await startQueue();
    client = new SQSClient({
      region: "us-east-1",
      endpoint: new URL(queue.url).origin,
      credentials,
    });
    return async () => {
      client.destroy();
      await queue.close();
    };
  });
  afterAll(() => {
    delete process.env["AWS_ACCESS_KEY_ID"];
    delete process.env["AWS_SECRET_ACCESS_KEY"];
  });

  async function send(bodies: readonly string[]): Promise<void> {
    for (let at = 0; at < bodies.length; at += 10) {
      const Entries = bodies
        .slice(at, at + 10)
        .map((MessageBody, index) => ({ Id: `${index}`, MessageBody }));
      await client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
    }
  }

  /** Messages that are ready, and those that a consumer took but did not delete. */
  async function left(): Promise<{ ready: number; taken: number }> {
    const { Attributes } = await client.send(
      new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ["All"] }),
    );
    return {
      ready: Number(Attributes?.["ApproximateNumberOfMessages"]),
      taken: Number(Attributes?.["ApproximateNumberOfMessagesNotVisible"]),
    };
  }

  /** Consumes until `enough` calls of onTrace and onError were made. */
  async function consumeUntil(
    enough: number,
    options: Partial<ConsumeOptions> = {},
  ): Promise<{ traces: WireTrace[]; bodies: string[]; errors: unknown[]; failed: unknown[] }> {
    const seen = {
      traces: [] as WireTrace[],
      bodies: [] as string[],
      errors: [] as unknown[],
      failed: [] as unknown[],
    };
    const stop = new AbortController();
    let calls = 0;
    const count = (): void => {
      calls += 1;
      if (calls >= enough) stop.abort();
    };
    await consume({
      queueUrl: queue.url,
      waitSeconds: 1,
      signal: stop.signal,
      ...options,
      onTrace: async (received, body) => {
        try {
          await options.onTrace?.(received, body);
          seen.traces.push(received);
          seen.bodies.push(body);
        } finally {
          count();
        }
      },
      onError: (error, body) => {
        seen.errors.push(error);
        seen.failed.push(body);
        if (error instanceof WireError || body === undefined) count();
      },
    });
    return seen;
  }

  test("hands over every trace with its raw body, and deletes it", async () => {
    const sent = Array.from({ length: 25 }, (_, index) => trace({ trace_name: `trace ${index}` }));
    const bodies = await Promise.all(sent.map(bodyOf));
    await send(bodies);

    const seen = await consumeUntil(25);

    expect(seen.errors).toEqual([]);
    expect(seen.bodies.toSorted()).toEqual(bodies.toSorted());
    expect(seen.traces.map(({ trace_name }) => trace_name).toSorted()).toEqual(
      sent.map(({ trace_name }) => trace_name).toSorted(),
    );
    expect(await left()).toEqual({ ready: 0, taken: 0 });
  });

  test("reads the older type and plain bodies, too", async () => {
    const plain = trace({ trace_name: "plain" });
    const older = trace({ trace_name: "older" });
    const olderBody = (await bodyOf(older)).replace('"type":"trace"', '"type":"SDKTraceData"');
    expect(olderBody).toContain("SDKTraceData");
    await send([JSON.stringify(plain), olderBody]);

    const seen = await consumeUntil(2);

    expect(seen.traces).toHaveLength(2);
    expect(seen.traces).toEqual(expect.arrayContaining([plain, older]));
  });

  test("leaves a message that is no trace on the queue, reports it, and goes on", async () => {
    const good = trace();
    await send(["not even JSON", '{"compressed":true,"data":"AAAA"}', await bodyOf(good)]);

    const seen = await consumeUntil(3);

    expect(seen.traces).toEqual([good]);
    expect(seen.errors).toHaveLength(2);
    for (const error of seen.errors) expect(error).toBeInstanceOf(WireError);
    expect(seen.failed).toEqual(
      expect.arrayContaining(["not even JSON", '{"compressed":true,"data":"AAAA"}']),
    );
    expect(await left()).toEqual({ ready: 0, taken: 2 });
  });

  test("leaves a message for which onTrace failed, and gets it again", async () => {
    await client.send(
      new SetQueueAttributesCommand({
        QueueUrl: queue.url,
        Attributes: { VisibilityTimeout: "0" },
      }),
    );
    const sent = trace();
    await send([await bodyOf(sent)]);
    let refusals = 2;

    const seen = await consumeUntil(3, {
      onTrace: () => {
        if (refusals === 0) return;
        refusals -= 1;
        throw new Error("the sink is down");
      },
    });

    expect(seen.errors).toEqual([new Error("the sink is down"), new Error("the sink is down")]);
    expect(seen.traces).toEqual([sent]);
    expect(await left()).toEqual({ ready: 0, taken: 0 });
  });

  test("deletes what it has in hand when the signal aborts meanwhile", async () => {
    await send([await bodyOf(trace())]);
    const stop = new AbortController();
    await consume({
      queueUrl: queue.url,
      signal: stop.signal,
      onTrace: async () => {
        stop.abort();
        await new Promise((resolve) => setImmediate(resolve));
      },
    });
    expect(await left()).toEqual({ ready: 0, taken: 0 });
  });

  test("resolves at once for an aborted signal, and out of a long poll", async () => {
    const at = { queueUrl: queue.url, onTrace: () => {} };
    await expect(consume({ ...at, signal: AbortSignal.abort() })).resolves.toBeUndefined();

    const stop = new AbortController();
    const consuming = consume({ ...at, signal: stop.signal });
    setImmediate(() => stop.abort());
    await expect(consuming).resolves.toBeUndefined();
  });

  test("reports a failed poll and polls again", async () => {
    const sent = trace();
    await send([await bodyOf(sent)]);
    let polls = 0;
    const flaky: NonNullable<ConsumeOptions["client"]> = Object.create(client, {
      send: {
        value: (command: object, ...rest: []) => {
          if (command instanceof ReceiveMessageCommand && polls++ === 0) {
            return Promise.reject(new Error("connection reset"));
          }
          return client.send(command as ReceiveMessageCommand, ...rest);
        },
      },
    }) as SQSClient;

    const seen = await consumeUntil(2, { client: flaky });

    expect(seen.errors).toEqual([new Error("connection reset")]);
    expect(seen.failed).toEqual([undefined]);
    expect(seen.traces).toEqual([sent]);
  });
});

describe("render", () => {
  const parent = span({ span_name: "answer", start_time: 1, duration_ms: 250 });
  const late = span({ span_name: "late", parent_span_id: parent.span_id, start_time: 3 });
  const call = span({
    span_name: "Model.chat",
    span_type: "generation",
    parent_span_id: parent.span_id,
    start_time: 2,
    duration_ms: 41,
    model_id: "gpt-4o-mini",
    usage: { input_tokens: 1200, output_tokens: 34, total_tokens: 1234 },
    cost: { input_cost: 0.00018, output_cost: 0.0000204, total_cost: 0.0002004 },
    input_data: {
      args: ["hi"],
      kwargs: {},
      locals: { request: { n: 1 }, tries: 2 },
      self: { id: 7 },
    },
  });
  const failed = span({
    span_name: "quote",
    parent_span_id: call.span_id,
    status: "error",
    error: { type: "TypeError", message: "no passage", stack: null },
  });

  test("draws children below their parents, in the order of their start", () => {
    const text = render(trace({ trace_name: "ask", spans: [late, failed, parent, call] }));
    const labels = text.split("\n").filter((line) => /─ /.test(line));
    expect(labels).toEqual([
      "└─ answer  span  250 ms",
      "   ├─ Model.chat  generation  gpt-4o-mini  41 ms  1,200 + 34 tokens  $0.0002",
      "   │  └─ quote  span  1.00 s  ✗",
      "   └─ late  span  1.00 s",
    ]);
  });

  test("shows arguments, locals, own fields and the error below the span", () => {
    const lines = render(trace({ spans: [parent, call, failed] })).split("\n");
    const at = lines.findIndex((line) => line.includes("Model.chat"));
    expect(lines.slice(at + 1, at + 7)).toEqual([
      '      │ called with ["hi"]',
      "      │ this.id = 7",
      '      │ request = {"n":1}',
      "      │ tries = 2",
      "      └─ quote  span  1.00 s  ✗",
      "           TypeError: no passage",
    ]);
  });

  test("heads the tree with the trace's figures", () => {
    const [title, about, input, output] = render(
      trace({
        trace_name: "ask",
        user_id: "reader-1",
        session_id: "s",
        spans: [call],
        token_usage: { total_input_tokens: 1200, total_output_tokens: 34, total_tokens: 1234 },
        cost: { total_cost: 0.0002004 },
        trace_input: { question: "why?" },
        trace_output: "because",
      }),
    ).split("\n");
    expect(title).toBe("ask  1.23 s  1 span  1 model call  1,234 tokens  $0.0002");
    expect(about).toMatch(/^│ trace [0-9a-f-]{36} · user reader-1 · session s · project\/test$/);
    expect(input).toBe('│ input = {"question":"why?"}');
    expect(output).toBe('│ output = "because"');
  });

  test("shows every span once, also with a parent that is missing, itself, or below it", () => {
    const [a, b] = [randomUUID(), randomUUID()];
    const spans = [
      span({ span_name: "orphan", parent_span_id: randomUUID() }),
      span({ span_name: "own parent", span_id: a, parent_span_id: a }),
      span({ span_name: "circle 1", span_id: b, parent_span_id: "other" }),
      span({ span_name: "circle 2", span_id: "other", parent_span_id: b }),
      span({ span_name: "below the circle", parent_span_id: b }),
    ];
    const text = render(trace({ spans }));
    for (const { span_name } of spans) expect(text.split(span_name)).toHaveLength(2);
  });

  test("shortens long values, and by whole characters", () => {
    const locals = { long: "👩‍👩‍👧‍👦".repeat(5000) };
    const text = render(
      trace({ spans: [span({ input_data: { args: [], kwargs: {}, locals } })] }),
      {
        valueWidth: 5,
      },
    );
    expect(text).toMatch(/long = "👩‍👩‍👧‍👦👩‍👩‍👧‍👦👩‍👩‍👧‍👦…$/u);
  });

  test("lets no control character through, and no colour unless asked", () => {
    const hostile = "\u001b]0;owned\u0007 \u202Ereversed\nnext";
    const spans = [
      span({
        span_name: hostile,
        status: "error",
        error: { type: hostile, message: hostile, stack: null },
        input_data: { args: [hostile], kwargs: {}, locals: { [hostile]: hostile } },
      }),
    ];
    const received = trace({ trace_name: hostile, user_id: hostile, trace_input: hostile, spans });
    // oxlint-disable-next-line no-control-regex -- the characters that must not be there
    expect(render(received)).not.toMatch(/[\u0000-\u0009\u000b-\u001f\u007f-\u009f\u202e]/);
    const colored = render(received, { color: true });
    expect(colored).toContain("\u001b[1m");
    expect(colored).not.toContain("\u001b]");
  });
});

test("decode is the runtime's own", async () => {
  const sent = trace({ spans: [span()] });
  expect(decode(await bodyOf(sent))).toEqual(sent);
  expect(() => decode("[]")).toThrow(WireError);
});
