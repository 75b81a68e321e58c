// The second thread: what takes long and needs nothing but what it is asked.
import { parentPort } from "node:worker_threads";
import { compareTraces } from "../compare/compare.ts";
import { instrumentText } from "../source/instrumented.ts";
import type { TraceReader } from "../store.ts";
import { openReader } from "../store/open.ts";
import type { Answered, Asked, Tasks } from "./tasks.ts";

/**
 * Of the one database that is served. Kept: V8 may abort the process when threads come and go
 * (`Check failed: jit_page.has_value()`, Node 24 where the processor has memory protection keys).
 */
let reader: Promise<TraceReader> | undefined;

const DOES: { [N in keyof Tasks]: (ask: Tasks[N]["ask"]) => Promise<Tasks[N]["answer"]> } = {
  instrument: instrumentText,
  async compare({ database, a, b }) {
    try {
      reader ??= openReader({ path: database });
      return await compareTraces(await reader, a, b);
    } catch (error) {
      reader = undefined;
      throw error;
    }
  },
};

parentPort?.on("message", ({ id, name, ask }: Asked) => {
  const does = DOES[name] as (ask: unknown) => Promise<unknown>;
  does(ask).then(
    (answer) => reply({ id, answer: answer === undefined ? undefined : JSON.stringify(answer) }),
    (error: unknown) =>
      reply({ id, error: error instanceof Error ? error.message : String(error) }),
  );
});

function reply(answered: Answered): void {
  parentPort?.postMessage(answered);
}
