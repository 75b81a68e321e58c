// Jobs on an SQS queue → work, each in a trace that continues its sender's.
import {
  DeleteMessageCommand,
  type Message,
  ReceiveMessageCommand,
  SendMessageCommand,
  SQSClient,
} from "@aws-sdk/client-sqs";
import { traceHeaders, withTrace } from "llmops-observability";
import OpenAI from "openai";

const QueueUrl = process.env["JOBS_URL"] ?? "";
const queue = new SQSClient({ region: "us-east-1", endpoint: new URL(QueueUrl).origin });
const model = new OpenAI();

/** @trackLlm */
async function summarize(text: string): Promise<OpenAI.ChatCompletion> {
  const messages = [{ role: "user" as const, content: `Summarize: ${text}` }];
  return await model.chat.completions.create({ model: "gpt-4o-mini", messages });
}

/** @track */
async function work(text: string): Promise<string> {
  const completion = await summarize(text);
  return completion.choices[0]?.message.content ?? "";
}

async function handOver(text: string): Promise<void> {
  const { traceparent = "" } = traceHeaders();
  const attribute = { DataType: "String", StringValue: traceparent };
  const MessageAttributes = { traceparent: attribute };
  await queue.send(new SendMessageCommand({ QueueUrl, MessageBody: text, MessageAttributes }));
}

async function take(): Promise<Message | undefined> {
  const asked = { QueueUrl, WaitTimeSeconds: 5, MessageAttributeNames: ["All"] };
  const { Messages = [] } = await queue.send(new ReceiveMessageCommand(asked));
  return Messages[0];
}

async function workOnce(): Promise<void> {
  const message = await take();
  if (message === undefined) return;
  const { Body = "", ReceiptHandle, MessageAttributes } = message;
  await withTrace({ name: "job", parent: MessageAttributes }, async () => {
    console.log(await work(Body));
    await queue.send(new DeleteMessageCommand({ QueueUrl, ReceiptHandle }));
  });
}

if (process.argv.includes("--try")) {
  await withTrace("order", () => handOver("A long text."));
  await workOnce();
} else {
  for (;;) await workOnce();
}
