// `consume` with sinks, against a real queue on loopback: once to every sink, and deleted only
// then.
import {
  GetQueueAttributesCommand,
  SendMessageBatchCommand,
  SetQueueAttributesCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { ConfigError, consume, memoryStore, type ConsumeOptions } from "llmops-processor";
import { beforeEach, expect, test } from "vitest";
import { startQueue, type LocalQueue } from "../../../demo/queue.ts";
import { always, bodyOf, fakeSink, listening } from "../deliver/setup.ts";
import { span, trace } from "../setup.ts";

let queue: LocalQueue;
let client: SQSClient;
beforeEach(async () => {
  queue = await startQueue();
  client = new SQSClient({
    region: "us-east-1",
    endpoint: new URL(queue.url).origin,
    credentials: { accessKeyId: "test", secretAccessKey: "test" },
  });
  return async () => {
    client.destroy();
    await queue.close();
  };
});

async function send(...bodies: readonly string[]): Promise<void> {
  const Entries = bodies.map((MessageBody, at) => ({ Id: `${at}`, MessageBody }));
  await client.send(new SendMessageBatchCommand({ QueueUrl: queue.url, Entries }));
}

async function setVisibility(seconds: number): Promise<void> {
  const Attributes = { VisibilityTimeout: String(seconds) };
  await client.send(new SetQueueAttributesCommand({ QueueUrl: queue.url, Attributes }));
}

async function left(): Promise<number> {
  const { Attributes } = await client.send(
    new GetQueueAttributesCommand({ QueueUrl: queue.url, AttributeNames: ["All"] }),
  );
  return (
    Number(Attributes?.["ApproximateNumberOfMessages"]) +
    Number(Attributes?.["ApproximateNumberOfMessagesNotVisible"])
  );
}

/** Consumes until `isDone`. */
async function consumeUntil(
  isDone: () => boolean | Promise<boolean>,
  options: Partial<ConsumeOptions>,
): Promise<void> {
  const stop = new AbortController();
  const { signal } = stop;
  const consuming = consume({ queueUrl: queue.url, client, waitSeconds: 0, ...options, signal });
  while (!(await isDone())) await new Promise((resolve) => setTimeout(resolve, 10));
  stop.abort();
  await consuming;
}

test("each trace reaches every sink once, and the queue is empty", async () => {
  const [one, other] = [fakeSink("one"), fakeSink("other")];
  const bodies = await Promise.all(
    Array.from({ length: 10 }, () => bodyOf(trace({ spans: [span()] }))),
  );
  await send(...bodies);
  await consumeUntil(async () => (await left()) === 0, { sinks: [one, other] });
  for (const sink of [one, other]) expect(new Set(sink.taken).size).toBe(10);
  expect(one.taken).toHaveLength(10);
});

test("what a sink fails stays; when it comes again, the others do not get it", async () => {
  await setVisibility(1);
  const [well, ill] = [fakeSink("well"), fakeSink("ill")];
  ill.answer = always({ state: "retry", reason: "down", pace: "refused" });
  const { onError, heard } = listening();
  await send(await bodyOf(trace({ spans: [span()] })));
  setTimeout(() => (ill.answer = always({ state: "sent" })), 1500);
  await consumeUntil(async () => (await left()) === 0, {
    sinks: [well, ill],
    onError: (error) => onError(error as never),
  });
  expect(well.taken).toHaveLength(1);
  expect(ill.taken).toHaveLength(1);
  expect(heard[0]).toMatchObject({ code: "LLMOPS4002", sink: "ill" });
});

test("poison stays for the redrive policy, and is reported", async () => {
  const { onError, heard } = listening();
  await send("no trace");
  await consumeUntil(() => heard.length > 0, {
    sinks: [fakeSink()],
    onError: (error) => onError(error as never),
  });
  expect(heard).toMatchObject([{ code: "LLMOPS4001" }]);
  expect(await left()).toBe(1);
});

test("a slow sink is called once: the message is kept from other consumers for as long as it takes", async () => {
  await setVisibility(1);
  const sink = fakeSink();
  sink.answer = async (entries) => {
    await new Promise((resolve) => setTimeout(resolve, 2500));
    return entries.map(() => ({ state: "sent" }));
  };
  await send(await bodyOf(trace({ spans: [span()] })));
  const isEmpty = async (): Promise<boolean> => (await left()) === 0;
  // Two consumers with memories of their own: nothing but the queue keeps the second from it.
  await Promise.all(
    [1, 2].map(() => consumeUntil(isEmpty, { sinks: [sink], store: memoryStore() })),
  );
  expect(sink.calls).toHaveLength(1);
});

test("onTrace and sinks: a message is deleted when both have it", async () => {
  await setVisibility(1);
  const sink = fakeSink();
  let calls = 0;
  await send(await bodyOf(trace({ spans: [span()] })));
  await consumeUntil(async () => (await left()) === 0, {
    sinks: [sink],
    onError: () => undefined,
    onTrace: () => {
      if (++calls === 1) throw new Error("not yet");
    },
  });
  expect(calls).toBe(2);
  expect(sink.taken).toHaveLength(1);
});

test("without onTrace, sinks or environment it says so", async () => {
  const { signal } = new AbortController();
  await expect(consume({ queueUrl: queue.url, client, signal })).rejects.toThrow(ConfigError);
});
