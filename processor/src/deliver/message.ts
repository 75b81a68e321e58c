// The readable records of a batch → what one sink gets of them, each message once.
import { keyOf } from "../key.ts";
import type { Entry } from "../sink.ts";

export interface Message {
  readonly messageId: string;
  readonly entry: Entry;
}

/** One delivery: what a sink gets once, though several records may hold it. */
export interface Delivery {
  readonly key: string;
  readonly entry: Entry;
  readonly messages: readonly Message[];
}

export function deliveriesOf(sink: string, messages: readonly Message[]): readonly Delivery[] {
  const byKey = new Map<string, Message[]>();
  for (const message of messages) {
    const { traceId, part = 0, digest } = message.entry;
    const key = keyOf(sink, traceId, part, digest);
    const same = byKey.get(key);
    if (same === undefined) byKey.set(key, [message]);
    else same.push(message);
  }
  return Array.from(byKey, ([key, same]) => {
    const [first] = same;
    return { key, messages: same, entry: (first as Message).entry };
  });
}
