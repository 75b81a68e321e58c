// A result that is a stream → watched by stand-ins on its own methods while the program reads it.
// Invariant: the same object, of the same class, with the same chunks at the same pace; we read
// nothing that the program does not read.
import { count } from "../../platform/report.ts";
import { methodOf } from "../../platform/patch.ts";
import { watchEmitter, watchIterable, watchIterator } from "./iterables.ts";
import { Observation, type StreamListener, tokenOf } from "./observation.ts";
import { isAborted } from "./abort.ts";
import { field, firstMember, isObject } from "../../platform/own-properties.ts";
import { isReadableStream, watchReadable } from "./web-streams.ts";
import { rawResponseFacts } from "../provider-error.ts";
import { type Source, Tap } from "./tap.ts";

/** Watches a result that is a stream, or holds one; undefined for all others. */
export function observeStream(
  result: unknown,
  listener: StreamListener,
  signal: AbortSignal | undefined,
): Observation | undefined {
  const value = answerIn(result);
  if (!isObject(value) || Array.isArray(value)) return undefined;
  try {
    return observed(value, listener, signal, 0);
  } catch {
    count("internal_error");
    return undefined;
  }
}

function observed(
  value: object,
  listener: StreamListener,
  signal: AbortSignal | undefined,
  depth: number,
): Observation | undefined {
  const watch = watchFor(value);
  if (watch !== undefined) {
    const observation = new Observation(listener);
    const source: Source = {
      observation,
      token: tokenOf(observation),
      aborted: () => isAborted(signal) || isAborted(signalOf(value)),
      abortedByCaller: () => isAborted(signal),
    };
    if (watch(source)) return observation;
    // Nothing could be placed on it: what is collected next says nothing of a stream.
    observation.forget();
    return undefined;
  }
  // Bedrock's results hold their stream beside other facts.
  const inner = depth === 0 ? (field(value, "stream") ?? field(value, "body")) : undefined;
  return isObject(inner) ? observed(inner, listener, signal, 1) : undefined;
}

/**
 * What asks a model by itself once it is made, and several times where it calls tools: helpers of
 * OpenAI's and Anthropic's SDKs, also those that can be awaited.
 */
export function isHelper(value: unknown): value is object {
  return isObject(value) && (isEmitter(value) || isLoop(value));
}

/** Runs by itself and tells by events. */
function isEmitter(value: object): boolean {
  return methodOf(value, "_emit") !== undefined && methodOf(value, "abort") !== undefined;
}

/** Anthropic's `toolRunner()`: runs when it is awaited or iterated. */
export function isLoop(value: object): boolean {
  return (
    methodOf(value, "runUntilDone") !== undefined &&
    methodOf(value, "then") !== undefined &&
    methodOf(value, Symbol.asyncIterator) !== undefined
  );
}

/** A stream that another one yields: see `StreamListener`. */
export function watchInside(chunk: unknown, listener: StreamListener, outer: Observation): boolean {
  if (!isObject(chunk) || !isEmitter(chunk)) return false;
  const never = (): boolean => false;
  const observation = new Observation(listener, outer);
  return watchEmitter(
    chunk,
    new Tap({ observation, token: {}, aborted: never, abortedByCaller: never }),
  );
}

type Watch = (source: Source) => boolean;

/** How a stream is watched; undefined for what is none. */
function watchFor(value: object): Watch | undefined {
  if (isReadableStream(value)) return (source) => watchReadable(value, new Tap(source));
  // `streamText` and `streamObject`: getters start their consumption, by way of this stream.
  const base = field(value, "baseStream");
  const aiSdk = firstMember(value, ["_totalUsage", "_usage"]) !== undefined;
  if (aiSdk && isObject(base) && isReadableStream(base))
    return (source) => watchReadable(base, new Tap(source, { replays: true }));
  if (isNodeStream(value)) return undefined;
  if (isEmitter(value)) return (source) => watchEmitter(value, new Tap(source));
  const iterable = methodOf(value, Symbol.asyncIterator);
  if (iterable === undefined) return undefined;
  return methodOf(value, "next") === undefined
    ? (source) => watchIterable(value, iterable, new Tap(source))
    : (source) => watchIterator(value, new Tap(source));
}

/** Bytes, read by events and pipes: nothing in it is a chunk of an answer. */
function isNodeStream(value: object): boolean {
  return field(value, "_readableState") !== undefined || methodOf(value, "pipe") !== undefined;
}

const signalGetter = Object.getOwnPropertyDescriptor(AbortController.prototype, "signal")?.get;

/**
 * The signal of the stream's own controller: OpenAI's streams end as if they were complete when it
 * is aborted.
 */
function signalOf(value: object): unknown {
  const controller = field(value, "controller") ?? field(value, "abortController");
  if (!isObject(controller)) return undefined;
  try {
    // OpenAI's puts one in its place that the caller's signal aborts, too.
    return field(controller, "signal") ?? signalGetter?.call(controller);
  } catch {
    return undefined;
  }
}

/**
 * What the SDKs' `withResponse()` and `withRawResponse()` resolve to holds the answer beside the
 * response.
 */
export function answerIn(result: unknown): unknown {
  const inside = field(result, "data");
  if (inside === undefined || inside === null) return result;
  const raw =
    isObject(field(result, "rawResponse")) ||
    rawResponseFacts(field(result, "response")) !== undefined;
  return raw ? inside : result;
}
