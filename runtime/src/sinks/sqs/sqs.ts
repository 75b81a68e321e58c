// Entries → SendMessageBatch (the SDK is imported at the first send) → an outcome for each. It is
// sent once: waiting, repeating and giving up are delivery's.
import type { Options } from "../../config/options.ts";
import { retry, type Entry, type Outcome, type Sink } from "../../sink.ts";
import type { Connection } from "./connection.ts";
import { isAboutContent, outcomesOf, paceOf, reasonOf } from "./outcome.ts";

export function sqsSink(url: string, options: Options["sqs"]): Sink {
  let closed = false;
  let connection: Connection | undefined;
  let loading: Promise<Connection> | undefined;

  async function load(): Promise<Connection> {
    // Not before: node:http alone takes longer to load than all of the runtime.
    const [sdk, { connect }] = await Promise.all([
      import("@aws-sdk/client-sqs"),
      import("./connection.ts"),
    ]);
    return (connection = await connect(sdk, url, options));
  }

  async function send(entries: readonly Entry[]): Promise<readonly Outcome[]> {
    if (closed) return entries.map(() => retry("closed"));
    try {
      const { sendBatch } = await (loading ??= load());
      return outcomesOf(entries, await sendBatch(entries));
    } catch (error) {
      if (connection === undefined) loading = undefined;
      const reason = reasonOf(error);
      return isAboutContent(error)
        ? halves(entries, reason)
        : entries.map(() => retry(reason, paceOf(reason)));
    }
  }

  /** One bad message must neither hold up nor take along the others of its batch. */
  async function halves(entries: readonly Entry[], reason: string): Promise<readonly Outcome[]> {
    if (entries.length === 1) return [{ state: "rejected", reason }];
    const middle = Math.ceil(entries.length / 2);
    return [...(await send(entries.slice(0, middle))), ...(await send(entries.slice(middle)))];
  }

  return {
    name: "sqs",
    send,
    async warm() {
      await (loading ??= load()).catch(() => (loading = undefined));
    },
    close() {
      closed = true;
      connection?.close();
    },
  };
}
