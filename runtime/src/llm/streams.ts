// A result that is a stream → watched by stand-ins on its own methods while the program reads it.
// Invariant: the same object, of the same class, with the same chunks at the same pace; nothing is read that the program does not read.
import { types } from "node:util";
import { count } from "../report.ts";
import { methodOf } from "../stand-in.ts";
import { watchEmitter, watchIterable, watchIterator } from "./iterables.ts";
import { Observation, type StreamListener, tokenOf } from "./observation.ts";
import { field, isObject } from "./read.ts";
import { isReadableStream, watchReadable } from "./readables.ts";
import { rawResponseFacts } from "./errors.ts";
import { Channel } from "./channel.ts";

/** Watches a result that is a stream, or holds one; undefined for all others. */
export function observeStream(result: unknown, listener: StreamListener): Observation | undefined {
  const value = unwrapped(result);
  if (!isObject(value) || Array.isArray(value)) return undefined;
  try {
    return observed(value, listener, 0);
  } catch {
    count("internal_error");
    return undefined;
  }
}

function observed(value: object, listener: StreamListener, depth: number): Observation | undefined {
  const observation = new Observation(listener);
  const channel = new Channel(observation, tokenOf(observation), controllerOf(value));
  if (watch(value, channel)) return observation;
  // Bedrock's results hold their stream beside other facts.
  const inner = depth === 0 ? (field(value, "stream") ?? field(value, "body")) : undefined;
  return isObject(inner) ? observed(inner, listener, 1) : undefined;
}

function watch(value: object, channel: Channel): boolean {
  if (isReadableStream(value)) return watchReadable(value, channel);
  // `streamText`: getters start its consumption, all of them by way of this stream.
  const base = field(value, "baseStream");
  if (isObject(base) && isReadableStream(base) && isObject(field(value, "_totalUsage"))) {
    channel.replays = true;
    return watchReadable(base, channel);
  }
  if (isNodeStream(value)) return false;
  const iterable = methodOf(value, Symbol.asyncIterator);
  if (iterable === undefined) return false;
  // Helpers of OpenAI and Anthropic, which run by themselves and tell by events.
  if (methodOf(value, "_emit") !== undefined && methodOf(value, "abort") !== undefined)
    return watchEmitter(value, channel);
  return methodOf(value, "next") === undefined
    ? watchIterable(value, iterable, channel)
    : watchIterator(value, channel);
}

/** Bytes, read by events and pipes: nothing in it is a chunk of an answer. */
function isNodeStream(value: object): boolean {
  return field(value, "_readableState") !== undefined || methodOf(value, "pipe") !== undefined;
}

const signalOf = Object.getOwnPropertyDescriptor(AbortController.prototype, "signal")?.get;
const abortedOf = Object.getOwnPropertyDescriptor(AbortSignal.prototype, "aborted")?.get;

/** Whether the stream's own controller was told to abort: OpenAI's streams then end as if they were complete. */
function controllerOf(value: object): () => boolean {
  const controller = field(value, "controller") ?? field(value, "abortController");
  if (!isObject(controller) || types.isProxy(controller)) return () => false;
  return () => {
    try {
      return abortedOf?.call(signalOf?.call(controller)) === true;
    } catch {
      return false;
    }
  };
}

/** What the SDKs' `withResponse()` and `withRawResponse()` resolve to holds the answer beside the response. */
export function unwrapped(result: unknown): unknown {
  const inside = field(result, "data");
  if (inside === undefined || inside === null) return result;
  const raw =
    isObject(field(result, "rawResponse")) ||
    rawResponseFacts(field(result, "response")) !== undefined;
  return raw ? inside : result;
}
