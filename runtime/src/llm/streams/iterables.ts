// Async iterables, iterators and event emitters of SDKs → watched while the program reads them.
// Invariant: `asyncIterator` returns what it would; the iterator is the SDK's own object.
import { methodOf, type Method } from "../../platform/patch.ts";
import type { Tap } from "./tap.ts";
import { isObject } from "../../platform/own-properties.ts";

/**
 * An iterator, or generator, which is its own iterable.
 * @param leaves whether its consumer's `return` ends what it reads
 */
export function watchIterator(iterator: object, tap: Tap, leaves = true): boolean {
  const next = methodOf(iterator, "next");
  if (next === undefined || !tap.place(iterator, "next", next, (result) => tap.step(result)))
    return false;
  for (const name of leaves ? ["return", "throw"] : []) {
    const method = methodOf(iterator, name);
    if (method === undefined) continue;
    tap.place(iterator, name, method, (result) => {
      tap.cancel();
      return result;
    });
  }
  return true;
}

/** Each call of its `asyncIterator` makes an iterator. */
export function watchIterable(iterable: object, open: Method, tap: Tap): boolean {
  const opened = (result: unknown): unknown => {
    if (isObject(result) && result !== iterable) watchIterator(result, tap);
    return result;
  };
  // OpenAI's, Anthropic's and Groq's streams are read through this one, also by `tee()` and
  // `toReadableStream()`.
  const source = Object.hasOwn(iterable, "iterator") ? methodOf(iterable, "iterator") : undefined;
  return source !== undefined
    ? tap.place(iterable, "iterator", source, opened)
    : tap.place(iterable, Symbol.asyncIterator, open, opened);
}

/** Names under which the helpers emit what the provider streamed, each chunk once. */
const CHUNKS: ReadonlySet<unknown> = new Set(["streamEvent", "chunk", "event"]);

/** What `runTools()` emits that does not stream: each answer of its loop. */
const WHOLE: ReadonlySet<unknown> = new Set(["chatCompletion"]);

/**
 * `client.messages.stream()`, `client.chat.completions.stream()`, `client.responses.stream()`,
 * `runTools()`.
 */
export function watchEmitter(emitter: object, tap: Tap): boolean {
  const emit = methodOf(emitter, "_emit");
  if (emit === undefined) return false;
  const chunks = methodOf(emitter, Symbol.asyncIterator) === undefined ? WHOLE : CHUNKS;
  return tap.replace(emitter, "_emit", emit, (args) => {
    const [event, value] = args;
    if (chunks.has(event)) tap.chunk(value);
    else if (event === "abort") tap.finish("cancelled");
    else if (event === "error") tap.fail(value);
    else if (event === "end") tap.finish("complete");
    return Reflect.apply(emit, emitter, args);
  });
}
