// Opik's SDK as its documentation has it: `track` around the function, batches sent in the background.
import { disableLogger, flushAll, track } from "opik";
import type { Session } from "../contenders.ts";

export const session: Session = {
  start(collector) {
    disableLogger();
    // `track` makes its client from these, at the first call.
    process.env["OPIK_URL_OVERRIDE"] = collector;
    process.env["OPIK_API_KEY"] = "bench";
  },
  wrap: (fn, name) => track({ name }, fn) as typeof fn,
  trace: (body) => track({ name: "bench" }, body)() as Promise<void>,
  flush: () => flushAll(),
};
