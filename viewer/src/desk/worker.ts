// The second thread: what takes long and needs nothing but what it is asked.
import { parentPort } from "node:worker_threads";
import { compareTraces } from "../compare/compare.ts";
import { instrumentText } from "../source/instrumented.ts";
import { openReader } from "../store/open.ts";
import type { Answered, Asked, Tasks } from "./tasks.ts";

const DOES: { [N in keyof Tasks]: (ask: Tasks[N]["ask"]) => Promise<Tasks[N]["answer"]> } = {
  instrument: instrumentText,
  async compare({ database, a, b }) {
    const reader = await openReader({ path: database });
    try {
      return await compareTraces(reader, a, b);
    } finally {
      await reader.close();
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
