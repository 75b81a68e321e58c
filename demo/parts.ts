// The demo's parts one by one, for trying the processor by hand: a queue that stays, a consumer,
// and one trace.
import { consume } from "llmops-processor";
import { startQueue } from "./queue.ts";

type Part = (signal: AbortSignal) => Promise<void>;

/** Where the queue is when it is started by itself; SQS emulators often take this port. */
const PORT = 9324;

export const PARTS: Readonly<Record<"queue" | "consumer" | "send", Part>> = {
  async queue(signal) {
    const queue = await startQueue(PORT);
    process.stdout.write(`A queue on this machine: AWS_SQS_URL=${queue.url}\n`);
    await ended(signal);
    await queue.close();
  },

  async consumer(signal) {
    const queueUrl = queueSet();
    process.stdout.write(`Consuming ${queueUrl}\n`);
    await consume({ queueUrl, signal });
  },

  async send() {
    queueSet();
    const { currentTrace, shutdown, track, withTrace } = await import("llmops-observability");
    const greet = track(function greet(name: string) {
      return `Hello, ${name}!`;
    });
    withTrace({ name: "greeting", projectId: "demo" }, () => {
      currentTrace()?.update({ output: greet("Ada") });
    });
    await shutdown();
    process.stdout.write("Sent one trace.\n");
  },
};

function queueSet(): string {
  const url = process.env["AWS_SQS_URL"];
  if (!url) throw new Error("AWS_SQS_URL is not set: `npm run demo -- --queue` says what it is.");
  return url;
}

async function ended(signal: AbortSignal): Promise<void> {
  // A listener alone does not keep the process alive; the queue's server does.
  await new Promise((resolve) => signal.addEventListener("abort", resolve, { once: true }));
}
