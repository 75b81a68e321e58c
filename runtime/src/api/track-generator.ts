// The generator that a function returned → the same object; each of its steps runs in the span.
// Invariant: the consumer gets the generator's own results and errors. The span opens at the first
// `next()` and closes when the generator is done.
import { runAt } from "../context/context.ts";
import type { Waiting } from "../promises/follow.ts";
import { isOwnPromise } from "../promises/native-promise.ts";
import { replaced } from "../promises/replace.ts";
import type { Method } from "../platform/patch.ts";
import { count } from "../platform/report.ts";
import type { Span } from "../tracing/span.ts";
import { whenOutcome } from "../promises/outcome.ts";

interface Result {
  readonly done?: boolean;
  readonly value?: unknown;
}

/** @param begin enters the span, where the run is recorded */
export function recordGenerator(
  generator: unknown,
  async: boolean,
  begin: () => Span | undefined,
): unknown {
  if (typeof generator !== "object" || generator === null) return generator;
  const steps = async ? asyncSteps(begin) : syncSteps(begin);
  for (const name of ["next", "return", "throw"] as const) {
    const method = (generator as Record<string, unknown>)[name] as Method;
    const standIn = {
      [name](this: unknown, ...args: unknown[]): unknown {
        const step = (): unknown => Reflect.apply(method, this, args);
        return this === generator ? steps(step, name === "next") : step();
      },
    }[name];
    const placed = { value: standIn, writable: true, configurable: true };
    if (!Reflect.defineProperty(generator, name, placed)) count("internal_error");
  }
  return generator;
}

type Steps = (step: () => unknown, isNext: boolean) => unknown;

function syncSteps(begin: () => Span | undefined): Steps {
  let state: "new" | "open" | "done" = "new";
  let span: Span | undefined;
  return (step, isNext) => {
    if (state === "open") {
      if (isNext) span?.generation?.resumed();
      span?.resume();
    } else if (state === "new" && isNext) {
      span = begin();
      state = "open";
    } else state = "done"; // `return` or `throw` before the first `next()`: it never runs.
    if (state === "done" || span === undefined) return step();
    let result: Result;
    try {
      result = step() as Result;
    } catch (error) {
      state = "done";
      span.threw(error);
      span.exit();
      throw error;
    }
    if (result.done === true) {
      state = "done";
      span.returned(result.value);
      span.exit();
    } else span.yielding(result.value);
    return result;
  };
}

function asyncSteps(begin: () => Span | undefined): Steps {
  let span: Span | undefined;
  let begun = false;
  return (step, isNext) => {
    if (!begun && !isNext) begun = true;
    if (begun && span === undefined) return step();
    let promise: unknown;
    if (begun) promise = runAt(span, step);
    else {
      begun = true;
      span = begin();
      promise = step();
      // The consumer goes on where it was; the generator goes on in its span after each await.
      span?.suspend(undefined);
    }
    const open = span;
    if (open === undefined || open.closed) return promise;
    if (!isNext) open.generation?.left();
    const waiting: Waiting = {
      settled(ended, rejected, value) {
        if (rejected) open.settled(ended, true, value);
        else if ((value as Result).done === true)
          open.settled(ended, false, (value as Result).value);
        else {
          open.chunks++;
          open.generation?.streamedItem((value as Result).value);
        }
      },
    };
    // Each step makes a new promise, and only the caller of the step sees it.
    if (isOwnPromise(promise)) return replaced(promise, waiting);
    whenOutcome(promise, waiting);
    return promise;
  };
}
