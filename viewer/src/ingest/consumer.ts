// The local queue → the store, by the code that does it in production: `consume` of
// llmops-processor, with the store as its sink.
// Invariant: a message is deleted after its trace is in the store, and not before.
import { setTimeout as sleep } from "node:timers/promises";
import type { SQSClient } from "@aws-sdk/client-sqs";
import { consume, type Failure, type Sink, type Store as Marks } from "llmops-processor";
import type { Store } from "../store.ts";
import type { SqsInput } from "./emulator.ts";
import type { DurableQueue } from "./queue.ts";

/** While one of them stores, another receives. */
const CONSUMERS = 2;
/** Of one poll, in seconds: as long the end of the process may wait for it. */
const WAIT = 1;
/** Between the queue's loss and its return, in ms. */
const HEAL_MS = 10_000;

export interface ConsumerEvents {
  stored(messages: number): void;
  /** The store did not take them; they come again. */
  storeFailed(reason: string): void;
  poison(messageId: string, reason: string): void;
  /** Undefined: polls are answered. */
  polled(failure: string | undefined): void;
}

/** Resolves after the signal, when what is in hand is dealt with. */
export async function consumeInto(
  store: Store,
  queue: DurableQueue,
  events: ConsumerEvents,
  signal: AbortSignal,
): Promise<void> {
  const onError = (error: unknown): void => {
    if (isFailure(error)) {
      if (error.sink === undefined) events.poison(error.messageId ?? "", error.reason);
      return;
    }
    events.polled(error instanceof Error ? error.message : String(error));
    void heal(queue, signal);
  };
  const one = (): Promise<void> =>
    consume({
      queueUrl: queue.url,
      client: clientOf(queue, events),
      sinks: [sinkOf(store, events)],
      store: FORGETFUL,
      waitSeconds: WAIT,
      signal,
      onError,
    });
  await Promise.all(Array.from({ length: CONSUMERS }, one));
}

function isFailure(error: unknown): error is Failure {
  return !(error instanceof Error) && typeof error === "object" && error !== null;
}

function sinkOf(store: Store, events: ConsumerEvents): Sink {
  return {
    name: "store",
    async send(entries) {
      try {
        await store.ingest(
          entries.map(({ trace, part, parts }) => ({ trace, source: "sqs", part, parts })),
        );
        events.stored(entries.length);
        return entries.map(() => ({ state: "sent" }));
      } catch (error) {
        const reason = error instanceof Error ? error.message : String(error);
        events.storeFailed(reason);
        return entries.map(() => ({ state: "retry", reason }));
      }
    },
  };
}

/** The store knows its messages itself: what was deleted there may come again. */
const FORGETFUL: Marks = {
  begin: () => Promise.resolve("mine"),
  finish: () => Promise.resolve(),
  abandon: () => Promise.resolve(),
  keep: (_trace, _digest, body) => Promise.resolve([body]),
};

/** The SDK's commands, carried to the queue in this process: no request leaves it. */
function clientOf(queue: DurableQueue, events: ConsumerEvents): Pick<SQSClient, "send"> {
  const send = async (command: {
    readonly constructor: { readonly name: string };
    readonly input: SqsInput;
  }): Promise<unknown> => {
    const action = command.constructor.name.replace(/Command$/, "");
    const { status, output } = await queue.ask(action, command.input);
    if (status !== 200) {
      const { message = `status ${status}` } = output;
      throw new Error(String(message));
    }
    if (action === "ReceiveMessage") events.polled(undefined);
    return output;
  };
  return { send };
}

/** Programs on this machine may delete the queue. */
async function heal(queue: DurableQueue, signal: AbortSignal): Promise<void> {
  await sleep(HEAL_MS, undefined, { signal, ref: false }).catch(() => {});
  if (!signal.aborted && (await queue.state()) === undefined) await queue.create();
}
