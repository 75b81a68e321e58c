// The least that anyone would write by hand: a context, two clock reads, the JSON of arguments and result. Nothing is delivered.
import { AsyncLocalStorage } from "node:async_hooks";
import type { Callable, Session } from "../contenders.ts";

interface NaiveSpan {
  readonly name: string;
  readonly parent: NaiveSpan | undefined;
  readonly began: number;
  ended: number;
  readonly input: string;
  output: string;
}

const current = new AsyncLocalStorage<NaiveSpan>();
/** Kept until the flush, as those that deliver keep theirs. */
let spans: NaiveSpan[] = [];

export const session: Session = {
  start() {},
  wrap<F extends Callable>(fn: F, name: string): F {
    const wrapped: Callable = (...args) => {
      const span = begun(name, JSON.stringify(args));
      return current.run(span, () => {
        const result = fn(...args);
        if (!(result instanceof Promise)) return ended(span, result);
        return result.then((value: unknown) => ended(span, value));
      });
    };
    return wrapped as F;
  },
  trace: (body) => current.run(begun("bench", "[]"), body),
  flush() {
    spans = [];
    return Promise.resolve();
  },
};

function begun(name: string, input: string): NaiveSpan {
  const parent = current.getStore();
  return { name, parent, began: performance.now(), ended: 0, input, output: "" };
}

function ended<T>(span: NaiveSpan, result: T): T {
  span.output = JSON.stringify(result);
  span.ended = performance.now();
  spans.push(span);
  return result;
}
