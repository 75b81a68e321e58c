// The second thread: what takes long and needs nothing but what it is asked.
import { parentPort } from "node:worker_threads";
import { compareTraces, comparisonJson } from "../compare/compare.ts";
import { instrumentText } from "../source/instrumented.ts";
import type { TraceReader } from "../store.ts";
import { openReader } from "../store/open.ts";
import { JsonText, messagesOf } from "../store/worker-calls.ts";
import type { Asked, TaskName, Tasks } from "./tasks.ts";

/**
 * Of the one database that is served. Kept: V8 may abort the process when threads come and go
 * (`Check failed: jit_page.has_value()`, Node 24 where the processor has memory protection keys).
 */
let reader: Promise<TraceReader> | undefined;

const DOES: { [N in TaskName]: (ask: Tasks[N]["ask"]) => Promise<Tasks[N]["answer"] | JsonText> } =
  {
    instrument: instrumentText,
    async compare({ database, a, b }) {
      try {
        reader ??= openReader({ path: database });
        const found = await compareTraces(await reader, a, b);
        return found && new JsonText(() => comparisonJson(found));
      } catch (error) {
        reader = undefined;
        throw error;
      }
    },
  };

parentPort?.on("message", ({ id, name, ask }: Asked) => {
  const does = DOES[name] as (ask: unknown) => Promise<unknown>;
  does(ask).then(
    (answer) => {
      for (const [message, given] of messagesOf(id, answer))
        parentPort?.postMessage(message, given);
    },
    (error: unknown) => {
      const message = error instanceof Error ? error.message : String(error);
      parentPort?.postMessage({ id, error: { name: "Error", message } });
    },
  );
});
