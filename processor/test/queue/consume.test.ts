// `consume` against a real queue on loopback and the real SDK: what it hands over, deletes and
// leaves.
import {
  DeleteMessageBatchCommand,
  GetQueueAttributesCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { consume, decode, WireError, type ConsumeOptions } from "llmops-processor";
import { encode, type WireTrace } from "llmops-observability/wire";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import { startQueue, type LocalQueue } from "../../../demo/queue.ts";
import { span, trace } from "../setup.ts";

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

  /** The real client, but for the commands that `answer` answers. */
  function standIn(
    answer: (command: object) => Promise<object> | undefined,
  ): NonNullable<ConsumeOptions["client"]> {
    const value = (command: object, ...rest: []): Promise<object> =>
      answer(command) ?? client.send(command as ReceiveMessageCommand, ...rest);
    return Object.create(client, { send: { value } }) as SQSClient;
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

  test("reports a message that was not deleted, with its body", async () => {
    const bodies = await Promise.all([trace(), trace()].map(bodyOf));
    await send(bodies);
    const refusing = standIn((command) =>
      command instanceof DeleteMessageBatchCommand
        ? Promise.resolve({ Failed: [{ Id: "1", Code: "InternalError" }] })
        : undefined,
    );

    const seen = await consumeUntil(2, { client: refusing });

    expect(seen.traces).toHaveLength(2);
    expect(seen.errors).toEqual([new Error("Could not delete a message: InternalError")]);
    expect(seen.failed).toEqual([seen.bodies[1]]);
  });

  test("reports each message of a batch whose deletion failed", async () => {
    await send(await Promise.all([trace(), trace()].map(bodyOf)));
    const refusing = standIn((command) =>
      command instanceof DeleteMessageBatchCommand
        ? Promise.reject(new Error("connection reset"))
        : undefined,
    );

    const seen = await consumeUntil(2, { client: refusing });

    expect(seen.errors).toEqual([new Error("connection reset"), new Error("connection reset")]);
    expect(seen.failed).toEqual(seen.bodies);
  });

  test("reports a failed poll and polls again", async () => {
    const sent = trace();
    await send([await bodyOf(sent)]);
    let polls = 0;
    const flaky = standIn((command) =>
      command instanceof ReceiveMessageCommand && polls++ === 0
        ? Promise.reject(new Error("connection reset"))
        : undefined,
    );

    const seen = await consumeUntil(2, { client: flaky });

    expect(seen.errors).toEqual([new Error("connection reset")]);
    expect(seen.failed).toEqual([undefined]);
    expect(seen.traces).toEqual([sent]);
  });
});

test("decode is the runtime's own", async () => {
  const sent = trace({ spans: [span()] });
  expect(decode(await bodyOf(sent))).toEqual(sent);
  expect(() => decode("[]")).toThrow(WireError);
});
