import {
  GetQueueUrlCommand,
  ListQueuesCommand,
  PurgeQueueCommand,
  ReceiveMessageCommand,
  SendMessageBatchCommand,
  SendMessageCommand,
} from "@aws-sdk/client-sqs";
import { encode } from "llmops-observability/wire";
import { expect, test } from "vitest";
import { trace } from "../store/setup.ts";
import { type Running, start } from "./setup.ts";

async function send({ client, queueUrl }: Running, ...bodies: readonly string[]): Promise<void> {
  const entries = bodies.map((body, at) => ({ Id: `${at}`, MessageBody: body }));
  await client.send(new SendMessageBatchCommand({ QueueUrl: queueUrl, Entries: entries }));
}

const bodyOf = async (id: string): Promise<string> => {
  const [body = ""] = await encode(id, JSON.stringify(trace(id, [{ span_id: "1" }])));
  return body;
};

test("what a program sends with the SDK is in the store, and gone from the queue", async () => {
  const running = await start();
  const { client, queueUrl, store, ingest } = running;
  await client.send(new SendMessageCommand({ QueueUrl: queueUrl, MessageBody: await bodyOf("a") }));
  await send(running, await bodyOf("b"), await bodyOf("c"), await bodyOf("a"));
  await expect.poll(async () => (await store.traces({})).total).toBe(3);
  await expect.poll(() => ingest.isDrained()).toBe(true);
  expect((await store.trace("a"))?.source).toBe("sqs");
  const { queue, ingest: ways, sinks } = await ingest.state();
  expect(queue).toEqual({
    url: queueUrl,
    state: "up",
    visible: 0,
    in_flight: 0,
    delayed: 0,
    dead: 0,
  });
  expect(ways.sqs).toMatchObject({ received: 4, stored: 4, failed: 0, last_error: null });
  expect(sinks).toMatchObject([{ name: "store", state: "ok", delivered: 4, failed: 0 }]);
});

test("what is no trace is a dead letter within 20 seconds, and stops nothing", async () => {
  const running = await start();
  const { store, ingest } = running;
  const begun = Date.now();
  await send(running, "no trace <script>", await bodyOf("a"), '{"compressed":true,"data":"?"}');
  await expect.poll(async () => (await store.traces({})).total).toBe(1);
  await expect.poll(async () => (await ingest.state()).queue.dead).toBe(2);
  expect(Date.now() - begun).toBeLessThan(20_000);
  expect(await ingest.isDrained()).toBe(true);
  const letters = await ingest.queue.dead(10);
  expect(letters.map(({ preview }) => preview).toSorted()).toEqual([
    "no trace <script>",
    '{"compressed":true,"data":"?"}',
  ]);
  expect(letters.map(({ reason }) => reason).toSorted()).toEqual([
    "Could not read the message body as JSON",
    expect.stringContaining("is not gzip in base64"),
  ]);
  expect((await ingest.state()).ingest.sqs).toMatchObject({ failed: 2 });
  expect(await ingest.queue.redrive()).toBe(2);
  const { queue } = await ingest.state();
  expect(queue.dead).toBe(0);
  expect(queue.visible + queue.in_flight).toBe(2);
});

test("a dead letter has the same id after a restart, and is gone when it was deleted", async () => {
  const first = await start();
  await send(first, "no trace");
  const deadIn = async ({ ingest }: Running): Promise<readonly string[]> =>
    (await ingest.queue.dead(10)).map(({ id }) => id);
  await expect.poll(() => deadIn(first)).toHaveLength(1);
  const ids = await deadIn(first);
  await first.stop();
  const second = await start(first.directory);
  await expect.poll(() => deadIn(second)).toEqual(ids);
  expect(await second.ingest.queue.removeDead()).toBe(1);
  await second.stop();
  const third = await start(first.directory);
  const { queue } = await third.ingest.state();
  expect(queue).toMatchObject({ visible: 0, in_flight: 0, dead: 0 });
});

test("what was answered and not consumed comes after a restart", async () => {
  const first = await start();
  const { client, queueUrl, directory } = first;
  // Held back, as what arrives while the store is busy.
  const held = new SendMessageCommand({
    QueueUrl: queueUrl,
    MessageBody: await bodyOf("late"),
    DelaySeconds: 3,
  });
  await client.send(held);
  await send(first, await bodyOf("soon"));
  await expect.poll(async () => (await first.store.traces({})).total).toBe(1);
  await first.stop();
  const second = await start(directory);
  await expect.poll(async () => (await second.store.traces({})).total).toBe(2);
  await second.stop();
  const third = await start(directory);
  expect((await third.ingest.state()).ingest.sqs.received).toBe(0);
});

test("only SQS is answered, and by our address", async () => {
  const { client, queueUrl, ingest } = await start();
  const { QueueUrl } = await client.send(new GetQueueUrlCommand({ QueueName: "llmops" }));
  expect(QueueUrl).toBe(queueUrl);
  const { QueueUrls } = await client.send(new ListQueuesCommand({}));
  expect(QueueUrls?.toSorted()).toEqual([queueUrl, `${queueUrl}-dead`]);
  const url = new URL(queueUrl).origin;
  const asked = async (
    target: string | undefined,
    body: string,
    path = "/",
    type = "application/x-amz-json-1.0",
  ): Promise<number> => {
    const headers = { "content-type": type, ...(target && { "x-amz-target": target }) };
    return (await fetch(url + path, { method: "POST", headers, body })).status;
  };
  expect(await asked("AmazonSNS.CreateTopic", "{}")).toBe(400);
  expect(await asked("AmazonSQS.Nothing", "{}")).toBe(400);
  expect(await asked(undefined, "{}")).toBe(400);
  expect(
    await asked(
      "AmazonSQS.SendMessage",
      "Action=GetCallerIdentity",
      "/",
      "application/x-www-form-urlencoded",
    ),
  ).toBe(400);
  for (const body of [
    "",
    "null",
    "[]",
    "{",
    '{"QueueUrl":{}}',
    '{"QueueUrl":"llmops","Entries":1}',
    '{"QueueUrl":"llmops","MessageBody":{"a":1}}',
  ])
    for (const action of [
      "SendMessage",
      "SendMessageBatch",
      "ReceiveMessage",
      "DeleteMessageBatch",
      "PurgeQueue",
    ])
      expect(await asked(`AmazonSQS.${action}`, body), `${action} ${body}`).toBeLessThan(500);
  for (const path of ["/_fauxqs/queues", "/bucket", "/health"])
    expect((await fetch(url + path)).status, path).toBe(400);
  expect(await ingest.isDrained()).toBe(true);
});

test("a queue that a program deletes is down, and comes back", async () => {
  const running = await start();
  const { client, queueUrl, ingest, store } = running;
  const { DeleteQueueCommand } = await import("@aws-sdk/client-sqs");
  await client.send(new DeleteQueueCommand({ QueueUrl: queueUrl }));
  await expect.poll(async () => (await ingest.state()).queue.state).toBe("down");
  await expect.poll(async () => (await ingest.state()).queue.state).toBe("up");
  await send(running, await bodyOf("a"));
  await expect.poll(async () => (await store.traces({})).total).toBe(1);
});

test("a program may read the queue itself; what it purges does not come back", async () => {
  const running = await start();
  const { client, queueUrl, directory } = running;
  const delayed = { QueueUrl: queueUrl, MessageBody: await bodyOf("a"), DelaySeconds: 60 };
  await client.send(new SendMessageCommand(delayed));
  const none = await client.send(new ReceiveMessageCommand({ QueueUrl: queueUrl }));
  expect(none.Messages ?? []).toEqual([]);
  await client.send(new PurgeQueueCommand({ QueueUrl: queueUrl }));
  await running.stop();
  const again = await start(directory);
  expect((await again.ingest.state()).ingest.sqs.received).toBe(0);
});
