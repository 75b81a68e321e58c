// Nothing in → an SQS queue on loopback, in this process, out. Its server is gone when `close` resolves.
import { buildApp } from "fauxqs";

export interface LocalQueue {
  url: string;
  /** Of the emulator: S3 is there as well. */
  origin: string;
  /** True when no message is there, nor in the hands of a consumer that has not deleted it. */
  isEmpty(): Promise<boolean>;
  close(): Promise<void>;
}

const NAME = "llmops-demo";

interface Inspection {
  messages: { ready: unknown[]; delayed: unknown[]; inflight: unknown[] };
}

/** @param port 0: any that is free */
export async function startQueue(port: number = 0): Promise<LocalQueue> {
  // Not `startFauxqs`: that one listens on every interface, and asks nobody for a password.
  const server = buildApp({ logger: false });
  const origin = await server.listen({ host: "127.0.0.1", port });
  const created = await server.inject({
    method: "POST",
    url: "/",
    headers: {
      "content-type": "application/x-amz-json-1.0",
      "x-amz-target": "AmazonSQS.CreateQueue",
    },
    payload: JSON.stringify({ QueueName: NAME }),
  });
  if (created.statusCode !== 200) throw new Error(`Could not create the queue: ${created.body}`);
  return {
    // The URL in the reply holds a host name of the emulator's own.
    url: `${origin}/000000000000/${NAME}`,
    origin,
    async isEmpty() {
      const reply = await server.inject({ method: "GET", url: `/_fauxqs/queues/${NAME}` });
      const { ready, delayed, inflight } = reply.json<Inspection>().messages;
      return ready.length + delayed.length + inflight.length === 0;
    },
    close: () => server.close(),
  };
}
