// The real @aws-sdk/client-sqs, as delivery drives it, against two SQS servers that were written independently. Neither is AWS.
// Known differences (2026-11): local-aws-sqs 2.0.2 hands out later messages of a FIFO group before earlier ones are deleted, and
// takes characters that SQS forbids; fauxqs 2.4.1 refuses characters above U+FFFF. None of them is met here: bodies are ASCII.
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import {
  CreateQueueCommand,
  DeleteMessageBatchCommand,
  ReceiveMessageCommand,
  SQSClient,
  type Message,
} from "@aws-sdk/client-sqs";
import { buildApp } from "fauxqs";
import { createSqsServer } from "local-aws-sqs";
import { describe, expect, onTestFinished, test } from "vitest";
import { waitingIn } from "../../runtime/test/delivery/waiting.ts";
import { decode } from "../../runtime/src/wire/message.ts";
import {
  accept,
  balanced,
  delivery,
  idsIn,
  json,
  names,
  temporary,
} from "../../runtime/test/delivery/setup.ts";

interface Server {
  readonly endpoint: string;
  /** Of a queue with this name, whatever host its own URL names. */
  queueUrl(url: string): string;
}

const SERVERS: Readonly<Record<string, () => Promise<Server>>> = {
  async fauxqs() {
    const app = buildApp({ logger: false });
    const endpoint = await app.listen({ host: "127.0.0.1", port: 0 });
    onTestFinished(() => app.close());
    return { endpoint, queueUrl: (url) => endpoint + new URL(url).pathname };
  },
  async "local-aws-sqs"() {
    const server = await createSqsServer({ hostname: "127.0.0.1", port: 0 });
    onTestFinished(() => void server.close());
    const { port } = server.address() as AddressInfo;
    const endpoint = `http://127.0.0.1:${port}`;
    return { endpoint, queueUrl: (url) => endpoint + new URL(url).pathname };
  },
};

async function queue(
  start: () => Promise<Server>,
  name: string,
  attributes: Record<string, string> = {},
): Promise<{ url: string; receive: () => Promise<Message[]> }> {
  const server = await start();
  const client = new SQSClient({ region: "us-east-1", endpoint: server.endpoint });
  onTestFinished(() => client.destroy());
  const create = new CreateQueueCommand({ QueueName: name, Attributes: attributes });
  const { QueueUrl = "" } = await client.send(create);
  const receive = async (): Promise<Message[]> => {
    const all: Message[] = [];
    for (;;) {
      const command = new ReceiveMessageCommand({
        QueueUrl,
        MaxNumberOfMessages: 10,
        MessageAttributeNames: ["All"],
        MessageSystemAttributeNames: ["All"],
      });
      const { Messages = [] } = await client.send(command);
      if (Messages.length === 0) return all;
      all.push(...Messages);
      const entries = Messages.map(({ ReceiptHandle }, n) => ({ Id: `${n}`, ReceiptHandle }));
      // Else the rest of a FIFO group stays behind its first message.
      await client.send(new DeleteMessageBatchCommand({ QueueUrl, Entries: entries }));
    }
  };
  return { url: server.queueUrl(QueueUrl), receive };
}

const bodies = (messages: readonly Message[]): string[] => messages.map(({ Body = "" }) => Body);

describe.each(Object.entries(SERVERS))("%s", (_, start) => {
  test("traces arrive once, intact, with their attributes", async () => {
    const { url, receive } = await queue(start, "traces");
    const under = delivery({ sqs: { url } });
    accept(under, names(37), "é漢😀 lorem ipsum ".repeat(300));
    expect(await under.flush(10_000)).toBe(true);
    const messages = await receive();
    expect(idsIn(bodies(messages))).toEqual(names(37).toSorted());
    for (const { Body = "", MessageAttributes } of messages) {
      expect(decode(Body)).toMatchObject(
        JSON.parse(json(decode(Body).trace_id, "é漢😀 lorem ipsum ".repeat(300))),
      );
      expect(MessageAttributes?.["trace_id"]?.StringValue).toBe(decode(Body).trace_id);
      expect(MessageAttributes?.["sdk_version"]?.StringValue).toBe("0.1.0");
    }
    expect(balanced(under)).toMatchObject({ acked: 37, pending: 0, dropped: {} });
  });

  test("what was dropped is told with the next message", async () => {
    const { url, receive } = await queue(start, "traces");
    const under = delivery({ sqs: { url } });
    under.accept({ traceId: "not an id", json: "{}" });
    accept(under, ["next"]);
    expect(await under.flush(10_000)).toBe(true);
    const [message] = await receive();
    expect(message?.MessageAttributes?.["llmops_dropped"]?.StringValue).toBe('{"invalid":1}');
  });

  test("a FIFO queue takes parts of a trace once each, also when they are sent again", async () => {
    const { url, receive } = await queue(start, "traces.fifo", { FifoQueue: "true" });
    const under = delivery({ sqs: { url } });
    accept(under, ["a", "b"]);
    under.accept({ traceId: "a", json: json("a", "a late part") });
    expect(await under.flush(10_000)).toBe(true);
    // As a process does that takes over what another had sent, but could not acknowledge.
    const again = delivery({ sqs: { url } });
    accept(again, ["a", "b"]);
    expect(await again.flush(10_000)).toBe(true);
    expect(balanced(again).acked).toBe(2);
    const messages = await receive();
    expect(idsIn(bodies(messages))).toEqual(["a", "a", "b"]);
    for (const { Body = "", Attributes } of messages) {
      // Some servers leave it out.
      expect([undefined, decode(Body).trace_id]).toContain(Attributes?.["MessageGroupId"]);
    }
  });

  test("large messages up to 1 MiB go, alone where they have to", async () => {
    const { url, receive } = await queue(start, "traces");
    const under = delivery({ sqs: { url, batchBytes: 1024 * 1024 } });
    accept(under, names(3), noise(600_000));
    accept(under, ["small"]);
    expect(await under.flush(10_000)).toBe(true);
    expect(idsIn(bodies(await receive()))).toEqual(["small", ...names(3)]);
  });

  test("a queue with a limit of its own refuses what is larger: counted, a copy kept, the others arrive", async () => {
    const { url, receive } = await queue(start, "traces", { MaximumMessageSize: "65536" });
    const directory = temporary();
    const under = delivery({ spoolDir: directory, sqs: { url } });
    accept(under, names(3));
    accept(under, ["large"], noise(100_000));
    expect(await under.flush(20_000)).toBe(true);
    expect(idsIn(bodies(await receive()))).toEqual(names(3));
    expect(balanced(under)).toMatchObject({ acked: 3, pending: 0, dropped: { rejected: 1 } });
    expect(waitingIn(join(directory, "dead")).map(({ traceId }) => traceId)).toEqual(["large"]);
  });

  test("a queue that does not exist keeps everything, and gets it once it does", async () => {
    const { url } = await queue(start, "traces");
    const under = delivery({ sqs: { url: `${url}-missing` } });
    accept(under, names(3));
    expect(await under.flush(300)).toBe(false);
    expect(balanced(under)).toMatchObject({ acked: 0, pending: 3, dropped: {} });
  });
});

/** Text that hardly shrinks. */
function noise(bytes: number): string {
  return Array.from({ length: bytes / 2 }, () => Math.random().toString(36).slice(2, 4)).join("");
}
