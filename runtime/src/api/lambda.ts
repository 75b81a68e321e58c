// A Lambda handler → the same handler, which sends its traces before Lambda freezes the process.
// Invariant: result, error, name and arity are the handler's own. What cannot be sent in time stays
// in the spool, for the next invocation.
import { count } from "../platform/report.ts";
import { likeness } from "./likeness.ts";
import { flushBefore, warm } from "../tracing/outbox.ts";

/** Kept back of an invocation's remaining time, for Lambda and for returning the result. */
const RESERVED_MS = 200;

type Callback = (...results: unknown[]) => void;

/**
 * Wraps a Lambda handler: with promises, with a callback, or a streaming one (in
 * `streamifyResponse`). It waits for `sqs.shutdownTimeoutMs` at most, and for the invocation's time
 * that is left less 200 ms.
 */
export function withLambda<H extends (...args: never[]) => unknown>(handler: H): H {
  if (typeof handler !== "function") {
    count("lambda_without_function");
    return handler;
  }
  // Lambda does not throttle the CPU while it initialises: the AWS client is loaded then.
  void warm();
  const takesCallback = isLong(handler);
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    const flush = (): Promise<unknown> => flushBefore(remainingMs(args) - RESERVED_MS);
    const last = args.at(-1);
    if (takesCallback && typeof last === "function") {
      const callback = last as Callback;
      args[args.length - 1] = async (...results: unknown[]): Promise<void> => {
        await flush();
        callback(...results);
      };
    }
    let later = false;
    let result: unknown;
    try {
      result = Reflect.apply(handler, this, args);
      later = settlesLater(result);
    } finally {
      // Lambda waits until the event loop is idle, unless it is configured otherwise.
      if (!later) void flush();
    }
    return later ? settled(result, flush) : result;
  };
  return likeness(wrapped, handler) as unknown as H;
}

/** Whether it takes event, context and callback. */
function isLong(handler: { readonly length: number }): boolean {
  try {
    return handler.length >= 3;
  } catch {
    return false;
  }
}

/** Where reading `then` throws, Lambda gets the result as it is, and the error when it reads it. */
function settlesLater(result: unknown): boolean {
  try {
    return typeof (result as { then?: unknown } | null | undefined)?.then === "function";
  } catch {
    return false;
  }
}

async function settled(result: unknown, flush: () => Promise<unknown>): Promise<unknown> {
  try {
    return await result;
  } finally {
    await flush();
  }
}

function remainingMs(args: readonly unknown[]): number {
  for (const arg of args) {
    try {
      const { getRemainingTimeInMillis: left } = (arg ?? {}) as {
        getRemainingTimeInMillis?: unknown;
      };
      if (typeof left === "function") return Number(Reflect.apply(left, arg, []));
    } catch {
      // A getter or a trap of the program's: this is not the context.
    }
  }
  return Infinity;
}
