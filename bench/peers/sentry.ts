// Sentry's SDK as its documentation has it: a span around the body, input and output as JSON
// attributes.
import * as Sentry from "@sentry/node";
import type { Callable, Session } from "../contenders.ts";

export const session: Session = {
  start(collector) {
    Sentry.init({
      dsn: `${collector.replace("://", "://bench@")}/1`,
      tracesSampleRate: 1,
      // The default would drop what a busy second makes.
      transportOptions: { bufferSize: 1_000_000 },
    });
  },
  wrap<F extends Callable>(fn: F, name: string): F {
    const wrapped: Callable = (...args) =>
      Sentry.startSpan({ name, attributes: { input: JSON.stringify(args) } }, (span) => {
        const result: unknown = fn(...args);
        const noted = <T>(value: T): T => {
          span.setAttribute("output", JSON.stringify(value));
          return value;
        };
        return result instanceof Promise ? result.then(noted) : noted(result);
      });
    return wrapped as F;
  },
  trace: (body) => Sentry.startSpan({ name: "bench" }, body),
  async flush() {
    await Sentry.flush(60_000);
  },
};
