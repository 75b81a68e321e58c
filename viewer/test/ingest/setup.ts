// What tests of the ways in share: a store, its ways in, and a server that hands requests over as
// the viewer's does.
import { createServer } from "node:http";
import type { AddressInfo } from "node:net";
import { buffer } from "node:stream/consumers";
import { SQSClient } from "@aws-sdk/client-sqs";
import { onTestFinished } from "vitest";
import type { Ingest } from "../../src/ingest.ts";
import { startIngest } from "../../src/ingest/start.ts";
import type { Store } from "../../src/store.ts";
import { scratch, storeIn } from "../store/setup.ts";

export interface Running {
  readonly store: Store;
  readonly ingest: Ingest;
  readonly queueUrl: string;
  readonly client: SQSClient;
  readonly directory: string;
  stop(): Promise<void>;
}

export async function start(
  directory: string = scratch(),
  spools: readonly string[] = [],
): Promise<Running> {
  const store = await storeIn(directory);
  let ingest: Ingest | undefined;
  const server = createServer(async (request, response) => {
    const { method = "", url = "" } = request;
    const headers = Object.fromEntries(
      Object.entries(request.headers).map(([name, value]) => [name, String(value)]),
    );
    const away = new AbortController();
    response.on("close", () => away.abort());
    const body = await buffer(request);
    const answer = await ingest?.queue.answer({ method, url, headers, body }, away.signal);
    response.writeHead(answer?.status ?? 503, answer?.headers);
    response.end(answer?.body);
  });
  await new Promise<void>((resolve) => void server.listen(0, "127.0.0.1", resolve));
  const { port } = server.address() as AddressInfo;
  const queueUrl = `http://127.0.0.1:${port}/000000000000/llmops`;
  ingest = await startIngest(store, { queueUrl, directory, spools });
  const ways = ingest;
  const client = new SQSClient({
    region: "us-east-1",
    endpoint: `http://127.0.0.1:${port}`,
    credentials: { accessKeyId: "a", secretAccessKey: "b" },
  });
  let stopped: Promise<void> | undefined;
  const stop = (): Promise<void> =>
    (stopped ??= (async () => {
      client.destroy();
      await ways.close();
      server.closeAllConnections();
      server.close();
      await store.close();
    })());
  onTestFinished(stop);
  return { store, ingest, queueUrl, client, directory, stop };
}
