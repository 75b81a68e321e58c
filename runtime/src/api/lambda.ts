// A Lambda handler → the same handler, which sends its traces before Lambda freezes the process.
// Result, error, name and arity stay the handler's own. What could not be sent in time lies in /tmp, for the next invocation.
import { flushBefore, warm } from "../tracing/outbox.ts";

/** Of the remaining time of an invocation: kept for Lambda and for returning the result. */
const RESERVED_MS = 200;

type Callback = (...results: unknown[]) => void;

/**
 * Wraps a Lambda handler: with promises, with a callback, or a streaming one (inside of `streamifyResponse`).
 * At most `sqs.shutdownTimeoutMs` and the invocation's remaining time less 200 ms is waited for.
 */
export function withLambda<H extends (...args: never[]) => unknown>(handler: H): H {
  // While Lambda initialises, the CPU is not throttled: the first invocation need not load the AWS client.
  void warm();
  const wrapped = function (this: unknown, ...args: unknown[]): unknown {
    const flush = (): Promise<unknown> => flushBefore(remainingMs(args) - RESERVED_MS);
    const last = args.at(-1);
    if (typeof last === "function" && handler.length >= 3) {
      const callback = last as Callback;
      args[args.length - 1] = async (...results: unknown[]): Promise<void> => {
        await flush();
        callback(...results);
      };
    }
    let result: unknown;
    try {
      result = Reflect.apply(handler, this, args);
    } finally {
      // Lambda waits for what keeps the event loop busy, unless told otherwise.
      if (!settlesLater(result)) void flush();
    }
    return settlesLater(result) ? settled(result, flush) : result;
  };
  const { prototype: _, ...own } = Object.getOwnPropertyDescriptors(
    handler,
  ) as PropertyDescriptorMap;
  return Object.defineProperties(wrapped, own) as unknown as H;
}

function settlesLater(result: unknown): result is PromiseLike<unknown> {
  return typeof (result as { then?: unknown } | null | undefined)?.then === "function";
}

async function settled(
  result: PromiseLike<unknown>,
  flush: () => Promise<unknown>,
): Promise<unknown> {
  try {
    return await result;
  } finally {
    await flush();
  }
}

function remainingMs(args: readonly unknown[]): number {
  for (const arg of args) {
    const { getRemainingTimeInMillis: left } = (arg ?? {}) as {
      getRemainingTimeInMillis?: unknown;
    };
    if (typeof left === "function") return Number(Reflect.apply(left, arg, []));
  }
  return Infinity;
}
