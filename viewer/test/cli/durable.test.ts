import { type ChildProcess, spawn } from "node:child_process";
import { once } from "node:events";
import { join } from "node:path";
import { createInterface } from "node:readline";
import { SendMessageBatchCommand, SQSClient } from "@aws-sdk/client-sqs";
import { encode } from "llmops-observability/wire";
import { expect, onTestFinished, test } from "vitest";
import type { TracePage } from "../../src/model.ts";
import { scratch, trace } from "../store/setup.ts";

interface Dev {
  readonly child: ChildProcess;
  readonly url: string;
  readonly sqs_url: string;
  readonly otlp_url: string;
}

async function dev(root: string): Promise<Dev> {
  const args = ["dev", "--port", "0", "--json", "--no-open", "--no-spool"];
  const child = spawn(process.execPath, [join(import.meta.dirname, "llmops.child.ts"), ...args], {
    cwd: root,
    stdio: ["ignore", "pipe", "inherit"],
  });
  onTestFinished(() => void child.kill("SIGKILL"));
  for await (const line of createInterface(child.stdout)) {
    const event = JSON.parse(line) as { event: string } & Omit<Dev, "child">;
    if (event.event === "ready") return { ...event, child };
  }
  throw new Error("It ended before it was ready.");
}

async function idsOf({ url }: Dev): Promise<readonly string[]> {
  const ids: string[] = [];
  let cursor = "";
  do {
    const response = await fetch(`${url}/api/traces?limit=500&cursor=${cursor}`);
    const page = (await response.json()) as TracePage;
    ids.push(...page.traces.map((row) => row.trace_id));
    cursor = page.next ?? "";
  } while (cursor !== "");
  return ids;
}

const hex = (number: number, digits: number): string => number.toString(16).padStart(digits, "0");

test("what SQS and OTLP answered for is there after kill −9 and a new start", async () => {
  const root = scratch();
  const first = await dev(root);
  const client = new SQSClient({
    region: "us-east-1",
    endpoint: new URL(first.sqs_url).origin,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
    maxAttempts: 1,
  });
  onTestFinished(() => client.destroy());
  const answered: string[] = [];
  const bySqs = async (batch: number): Promise<void> => {
    const ids = Array.from({ length: 10 }, (_, at) => `sqs-${batch}-${at}`);
    const bodies = await Promise.all(
      ids.map((id) => encode(id, JSON.stringify(trace(id, [{ span_id: "1" }])))),
    );
    const entries = bodies.map(([body], at) => ({ Id: `${at}`, MessageBody: body }));
    const command = new SendMessageBatchCommand({ QueueUrl: first.sqs_url, Entries: entries });
    const { Successful = [] } = await client.send(command);
    answered.push(...Successful.map(({ Id }) => `sqs-${batch}-${Id}`));
  };
  const byOtlp = async (batch: number): Promise<void> => {
    const traceId = hex(batch + 1, 32);
    const span = {
      traceId,
      spanId: hex(1, 16),
      name: "otlp",
      startTimeUnixNano: "1795000000000000000",
    };
    const response = await fetch(first.otlp_url, {
      method: "POST",
      headers: { "content-type": "application/json" },
      body: JSON.stringify({ resourceSpans: [{ scopeSpans: [{ spans: [span] }] }] }),
    });
    if (response.ok) answered.push(`00000000-0000-0000-0000-${traceId.slice(20)}`);
  };
  const sending = Array.from({ length: 4 }, async (_, lane) => {
    for (let batch = lane; ; batch += 4) await Promise.all([bySqs(batch), byOtlp(batch)]);
  });
  const stopped = Promise.allSettled(sending);
  await expect.poll(() => answered.length).toBeGreaterThan(300);
  first.child.kill("SIGKILL");
  await once(first.child, "exit");
  await stopped;
  const second = await dev(root);
  await expect.poll(() => idsOf(second)).toEqual(expect.arrayContaining(answered));
});
