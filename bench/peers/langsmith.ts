// LangSmith's SDK as its documentation has it: `traceable` around the function, batches sent in the background.
import { Client } from "langsmith";
import { traceable } from "langsmith/traceable";
import type { Callable, Session } from "../contenders.ts";

let client: Client;

export const session: Session = {
  start(collector) {
    client = new Client({ apiUrl: collector, apiKey: "bench" });
  },
  wrap: (fn, name) =>
    traceable(fn, { name, client, tracingEnabled: true }) as Callable as typeof fn,
  trace: (body) => traceable(body, { name: "bench", client, tracingEnabled: true })(),
  flush: () => client.awaitPendingTraceBatches(),
};
