// Requests of the AWS JSON protocol → an SQS emulator in this process, which listens nowhere.
// Invariant: nothing but actions of SQS reaches it; what it answers names our address.
import { buildApp } from "fauxqs";
import type { QueueAnswer } from "../ingest.ts";

export type SqsInput = Readonly<Record<string, unknown>>;

export interface SqsReply {
  readonly status: number;
  readonly headers: Readonly<Record<string, string>>;
  readonly output: Readonly<Record<string, unknown>>;
}

export interface Emulator {
  ask(action: string, input: SqsInput): Promise<SqsReply>;
  /** Of a queue, without receiving them. */
  messages(name: string): Promise<readonly HeldMessage[]>;
  close(): Promise<void>;
}

interface HeldMessage {
  readonly messageId: string;
  readonly body: string;
  readonly sentTimestamp: number;
}

const JSON_TYPE = "application/x-amz-json-1.0";
const ACCOUNT = "000000000000";

export function startEmulator(origin: string): Emulator {
  const app = buildApp({ logger: false });
  return {
    async ask(action, input) {
      const answer = await app.inject({
        method: "POST",
        url: "/",
        headers: { "content-type": JSON_TYPE, "x-amz-target": `AmazonSQS.${action}` },
        payload: JSON.stringify(input),
      });
      // A shape that the emulator's own code fell over: the fault is the request's.
      if (answer.statusCode >= 500)
        return refusal("InvalidParameterValue", "The request is malformed");
      const error = answer.headers["x-amzn-query-error"];
      return {
        status: answer.statusCode,
        headers: typeof error === "string" ? { "x-amzn-query-error": error } : {},
        output: addressed(readObject(answer.body), origin),
      };
    },
    async messages(name) {
      const answer = await app.inject({ method: "GET", url: `/_fauxqs/queues/${name}` });
      if (answer.statusCode !== 200) return [];
      const { ready, delayed, inflight } = answer.json<Inspection>().messages;
      return [...ready, ...delayed, ...inflight.map(({ message }) => message)];
    },
    async close() {
      await app.close();
    },
  };
}

interface Inspection {
  readonly messages: {
    readonly ready: readonly HeldMessage[];
    readonly delayed: readonly HeldMessage[];
    readonly inflight: readonly { readonly message: HeldMessage }[];
  };
}

function readObject(text: string): Readonly<Record<string, unknown>> {
  if (text === "") return {};
  const value = JSON.parse(text) as unknown;
  return typeof value === "object" && value !== null ? { ...value } : {};
}

/** The emulator's own URLs have a host name that leads nowhere. */
function addressed(
  output: Readonly<Record<string, unknown>>,
  origin: string,
): Readonly<Record<string, unknown>> {
  const { QueueUrl: url, QueueUrls: urls } = output;
  return {
    ...output,
    ...(typeof url === "string" && { QueueUrl: ours(url, origin) }),
    ...(Array.isArray(urls) && { QueueUrls: urls.map((one) => ours(String(one), origin)) }),
  };
}

function ours(url: string, origin: string): string {
  return `${origin}/${ACCOUNT}/${url.slice(url.lastIndexOf("/") + 1)}`;
}

/** As SQS refuses. */
export function refusal(code: string, message: string): SqsReply {
  return {
    status: 400,
    headers: { "x-amzn-query-error": `${code};Sender` },
    output: { __type: `com.amazonaws.sqs#${code}`, message },
  };
}

export function answerOf({ status, headers, output }: SqsReply): QueueAnswer {
  return {
    status,
    headers: { ...headers, "content-type": JSON_TYPE },
    body: JSON.stringify(output),
  };
}
