// The local queue: the emulator, what it has answered for on disk, and its dead letters.
// Invariant: a message that was answered is on disk until it is deleted from the queue.
import type { DeadMessage } from "../views.ts";
import type { LocalQueue, QueueAnswer, QueueRequest } from "../ingest.ts";
import type { QueueDisk } from "../store/queue-disk.ts";
import { answerOf, type Emulator, refusal, type SqsInput, type SqsReply } from "./emulator.ts";

const MAIN = "llmops";
const DEAD = "llmops-dead";
const ARN = "arn:aws:sqs:us-east-1:000000000000";
/**
 * Seconds until a message that was refused comes again: after three times it is a dead letter,
 * which takes 12 of the 20 that it may.
 */
const VISIBILITY = 4;
const RECEIVES = 3;
const PREVIEW = 200;
/** Receipts and reasons that are remembered at most. */
const REMEMBERED = 100_000;

export interface QueueState {
  readonly visible: number;
  readonly in_flight: number;
  readonly delayed: number;
  readonly dead: number;
}

export class DurableQueue implements LocalQueue {
  readonly url: string;
  readonly #emulator: Emulator;
  readonly #disk: QueueDisk;
  readonly #onSent: (messages: number) => void;
  /** By receipt handle. */
  readonly #messageOf = new Map<string, string>();
  /** Deleted before their send was answered. */
  readonly #gone = new Map<string, true>();
  readonly #reasons = new Map<string, string>();
  /** By the id that the emulator has for a message of an earlier process. */
  readonly #firstIds = new Map<string, string>();

  private constructor(
    url: string,
    emulator: Emulator,
    disk: QueueDisk,
    onSent: (messages: number) => void,
  ) {
    this.url = url;
    this.#emulator = emulator;
    this.#disk = disk;
    this.#onSent = onSent;
  }

  /** With all that was not consumed when the last process ended. */
  static async start(
    url: string,
    emulator: Emulator,
    disk: QueueDisk,
    onSent: (messages: number) => void,
  ): Promise<DurableQueue> {
    const queue = new DurableQueue(url, emulator, disk, onSent);
    await queue.create();
    for (const { id, request } of disk.all()) {
      const input = { ...(JSON.parse(request) as SqsInput), QueueUrl: url };
      const { output } = await emulator.ask("SendMessage", input);
      if (typeof output["MessageId"] === "string") queue.#firstIds.set(output["MessageId"], id);
      // The emulator refuses what it has taken before: it will never be consumed.
      else disk.remove([id]);
    }
    return queue;
  }

  /** Makes both queues where they are not there. */
  async create(): Promise<void> {
    await this.#emulator.ask("CreateQueue", { QueueName: DEAD });
    const policy = { deadLetterTargetArn: `${ARN}:${DEAD}`, maxReceiveCount: RECEIVES };
    await this.#emulator.ask("CreateQueue", {
      QueueName: MAIN,
      Attributes: { VisibilityTimeout: String(VISIBILITY), RedrivePolicy: JSON.stringify(policy) },
    });
  }

  async answer({ method, headers, body }: QueueRequest): Promise<QueueAnswer> {
    const [service, action] = (headers["x-amz-target"] ?? "").split(".");
    const isSqs = method === "POST" && service === "AmazonSQS" && action !== undefined;
    if (!isSqs || !(headers["content-type"] ?? "").includes("application/x-amz-json-1.0"))
      return answerOf(
        refusal("InvalidAction", "Only actions of SQS by the AWS JSON protocol are answered here"),
      );
    const input = inputOf(body);
    if (input === undefined)
      return answerOf(refusal("InvalidParameterValue", "The request's body is no JSON object"));
    return answerOf(await this.ask(action, input));
  }

  /** An action, for those in this process. */
  ask(action: string, input: SqsInput): Promise<SqsReply> {
    const ofMain = nameOf(input) === MAIN;
    if (action === "SendMessage" && ofMain) return this.#send(input);
    if (action === "SendMessageBatch" && ofMain) return this.#sendBatch(input);
    if (action === "ReceiveMessage") return this.#receive(input);
    if (action === "DeleteMessage" || action === "DeleteMessageBatch")
      return this.#delete(action, input);
    return action === "PurgeQueue" ? this.#purge(input) : this.#emulator.ask(action, input);
  }

  async #send(input: SqsInput): Promise<SqsReply> {
    const { QueueUrl: _url, ...request } = input;
    const reply = await this.#emulator.ask("SendMessage", { ...request, QueueUrl: this.url });
    const { MessageId: id } = reply.output;
    if (reply.status === 200 && typeof id === "string") this.#keep([{ id, request }]);
    return reply;
  }

  async #sendBatch(input: SqsInput): Promise<SqsReply> {
    const reply = await this.#emulator.ask("SendMessageBatch", input);
    const entries = new Map(itemsOf(input["Entries"]).map((entry) => [entry["Id"], entry]));
    const sent = itemsOf(reply.output["Successful"]).flatMap(({ Id: entryId, MessageId: id }) => {
      const { Id: _id, ...request } = entries.get(entryId) ?? {};
      return typeof id === "string" ? [{ id, request }] : [];
    });
    this.#keep(sent);
    return reply;
  }

  #keep(sent: readonly { readonly id: string; readonly request: SqsInput }[]): void {
    const there = sent.filter(({ id }) => !this.#gone.delete(id));
    this.#disk.keep(there.map(({ id, request }) => ({ id, request: JSON.stringify(request) })));
    this.#onSent(sent.length);
  }

  async #receive(input: SqsInput): Promise<SqsReply> {
    const reply = await this.#emulator.ask("ReceiveMessage", input);
    for (const { ReceiptHandle: receipt, MessageId: id } of itemsOf(reply.output["Messages"]))
      if (typeof receipt === "string" && typeof id === "string")
        remember(this.#messageOf, receipt, this.#idOf(id));
    return reply;
  }

  async #delete(action: string, input: SqsInput): Promise<SqsReply> {
    const reply = await this.#emulator.ask(action, input);
    if (reply.status !== 200) return reply;
    const failed = new Set(itemsOf(reply.output["Failed"]).map((one) => one["Id"]));
    const entries = action === "DeleteMessage" ? [input] : itemsOf(input["Entries"]);
    const ids = entries.flatMap(({ ReceiptHandle: receipt, Id: id }) => {
      if (typeof receipt !== "string" || failed.has(id)) return [];
      const messageId = this.#messageOf.get(receipt);
      this.#messageOf.delete(receipt);
      return messageId ?? [];
    });
    for (const id of ids) if (!this.#disk.has(id)) remember(this.#gone, id, true);
    this.#disk.remove(ids);
    return reply;
  }

  async #purge(input: SqsInput): Promise<SqsReply> {
    const messages = await this.#emulator.messages(nameOf(input));
    const ids = messages.map(({ messageId }) => this.#idOf(messageId));
    const reply = await this.#emulator.ask("PurgeQueue", input);
    if (reply.status === 200) this.#disk.remove(ids);
    return reply;
  }

  /** The id that it was sent under, also in an earlier process. */
  #idOf(id: string): string {
    return this.#firstIds.get(id) ?? id;
  }

  /** Why a message that will be a dead letter is none of ours. */
  noteReason(id: string, reason: string): void {
    remember(this.#reasons, id, reason);
  }

  async dead(limit: number): Promise<readonly DeadMessage[]> {
    const letters = await this.#emulator.messages(DEAD);
    return letters
      .toSorted((a, b) => b.sentTimestamp - a.sentTimestamp)
      .slice(0, limit)
      .map(({ messageId: id, body, sentTimestamp }) => ({
        id: this.#idOf(id),
        reason: this.#reasons.get(id) ?? "It could not be stored three times.",
        received_at: sentTimestamp / 1000,
        preview: body.slice(0, PREVIEW),
        bytes: Buffer.byteLength(body),
      }));
  }

  async redrive(): Promise<number> {
    const letters = await this.#emulator.messages(DEAD);
    for (const { body } of letters) await this.#send({ MessageBody: body });
    await this.#purge({ QueueUrl: this.#deadUrl });
    return letters.length;
  }

  async removeDead(): Promise<number> {
    const { length } = await this.#emulator.messages(DEAD);
    await this.#purge({ QueueUrl: this.#deadUrl });
    return length;
  }

  get #deadUrl(): string {
    return `${this.url.slice(0, this.url.lastIndexOf("/"))}/${DEAD}`;
  }

  /** Undefined where the queue was deleted. */
  async state(): Promise<QueueState | undefined> {
    const [main, dead] = await Promise.all([
      this.#countsOf(this.url),
      this.#countsOf(this.#deadUrl),
    ]);
    return main === undefined ? undefined : { ...main, dead: dead?.visible ?? 0 };
  }

  async #countsOf(url: string): Promise<Omit<QueueState, "dead"> | undefined> {
    const { status, output } = await this.#emulator.ask("GetQueueAttributes", {
      QueueUrl: url,
      AttributeNames: ["All"],
    });
    if (status !== 200) return undefined;
    const attributes = output["Attributes"] as Readonly<Record<string, string>>;
    return {
      visible: Number(attributes["ApproximateNumberOfMessages"]),
      in_flight: Number(attributes["ApproximateNumberOfMessagesNotVisible"]),
      delayed: Number(attributes["ApproximateNumberOfMessagesDelayed"]),
    };
  }
}

function remember<Value>(map: Map<string, Value>, key: string, value: Value): void {
  map.set(key, value);
  if (map.size <= REMEMBERED) return;
  const oldest = map.keys().next();
  if (oldest.done !== true) map.delete(oldest.value);
}

function inputOf(body: Uint8Array): SqsInput | undefined {
  try {
    const value = JSON.parse(Buffer.from(body).toString("utf8")) as unknown;
    return isObject(value) ? value : undefined;
  } catch {
    return undefined;
  }
}

function nameOf({ QueueUrl: url }: SqsInput): string {
  return typeof url === "string" ? url.slice(url.lastIndexOf("/") + 1) : "";
}

function itemsOf(list: unknown): readonly SqsInput[] {
  return Array.isArray(list) ? list.filter(isObject) : [];
}

function isObject(value: unknown): value is SqsInput {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}
