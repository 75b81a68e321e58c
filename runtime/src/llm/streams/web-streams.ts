// Web streams and their subclasses → watched through readers, iterators, branches and pipes.
// Invariant: locked and unlocked as without us; a pipe is fed chunk by chunk, at the pace of its
// destination.
import { descendsFrom, field, isObject } from "../../platform/own-properties.ts";
import { type Method, methodOf } from "../../platform/patch.ts";
import type { Tap } from "./tap.ts";
import { watchIterator } from "./iterables.ts";

/** The platform's own methods, asked for late: it loads its streams with them. */
interface Native {
  readonly prototype: object;
  readonly getReader: Method;
  /** Methods that read by no other method. */
  readonly direct: ReadonlySet<unknown>;
  readonly locked: Method;
}

let native: Native | undefined;

function nativeMethods(): Native {
  if (native !== undefined) return native;
  const { prototype } = ReadableStream;
  native = {
    prototype,
    getReader: methodOf(prototype, "getReader") as Method,
    direct: new Set(["tee", "pipeTo", "pipeThrough"].map((name) => methodOf(prototype, name))),
    locked: Object.getOwnPropertyDescriptor(prototype, "locked")?.get as Method,
  };
  return native;
}

export function isReadableStream(value: object): value is ReadableStream {
  return (
    typeof methodOf(value, "getReader") === "function" &&
    typeof methodOf(value, "pipeThrough") === "function" &&
    descendsFrom(value, nativeMethods().prototype)
  );
}

export function watchReadable(stream: ReadableStream, tap: Tap): boolean {
  const reader = methodOf(stream, "getReader");
  const read =
    reader !== undefined &&
    tap.place(stream, "getReader", reader, (made) => {
      if (isObject(made)) watchReader(made, tap);
      return made;
    });
  if (!read) return false;
  for (const name of [Symbol.asyncIterator, "values"]) watchMaker(stream, name, tap);
  watchBranches(stream, tap);
  for (const name of ["pipeTo", "pipeThrough"]) watchPipe(stream, name, tap);
  watchCancel(stream, tap);
  return true;
}

/** What makes an iterator, by itself or, where a subclass has its own, by a reader. */
function watchMaker(stream: object, name: string | symbol, tap: Tap): void {
  const make = methodOf(stream, name);
  if (make === undefined) return;
  tap.replace(stream, name, make, (args) => {
    const made = Reflect.apply(make, stream, args);
    // With `preventCancel` the program reads on after it has left the iterator.
    const leaves = field(args[0], "preventCancel") !== true;
    if (isObject(made) && made !== stream) watchIterator(made, tap, leaves);
    return made;
  });
}

function watchReader(reader: object, tap: Tap): void {
  const read = methodOf(reader, "read");
  if (read === undefined) return;
  tap.place(reader, "read", read, (result) => tap.step(result));
  watchCancel(reader, tap);
}

function watchCancel(target: object, tap: Tap): void {
  const cancel = methodOf(target, "cancel");
  if (cancel === undefined) return;
  tap.place(target, "cancel", cancel, (result) => {
    tap.cancel();
    return result;
  });
}

function watchBranches(stream: object, tap: Tap): void {
  const tee = methodOf(stream, "tee");
  if (tee === undefined || !nativeMethods().direct.has(tee)) return;
  tap.place(stream, "tee", tee, (branches) => {
    if (!Array.isArray(branches)) return branches;
    const ways = tap.split();
    for (let at = 0; at < ways.length; at++) {
      const branch: unknown = branches[at];
      const way = ways[at];
      if (way !== undefined && isObject(branch) && isReadableStream(branch))
        watchReadable(branch, way);
    }
    return branches;
  });
}

/** A pipe reads by no method that we could stand in for, so we give it a stream that reads. */
function watchPipe(stream: ReadableStream, name: string, tap: Tap): void {
  const pipe = methodOf(stream, name);
  if (pipe === undefined || !nativeMethods().direct.has(pipe)) return;
  tap.replace(stream, name, pipe, (args) => {
    const prevents = isObject(args[1]) && Object.getOwnPropertyDescriptor(args[1], "preventCancel");
    // With `preventCancel` the program may read on after the pipe, and behind a getter we cannot
    // know. We leave the stream alone then; its observation ends when V8 collects it.
    const alone = prevents && (!("value" in prevents) || Boolean(prevents.value));
    if (alone || Reflect.apply(nativeMethods().locked, stream, []) === true)
      return Reflect.apply(pipe, stream, args);
    return piped(stream, pipe, args, tap);
  });
}

function piped(stream: ReadableStream, pipe: Method, args: readonly unknown[], tap: Tap): unknown {
  tap.use();
  let reader: ReadableStreamDefaultReader<unknown> | undefined;
  const source = (): ReadableStreamDefaultReader<unknown> =>
    (reader ??= Reflect.apply(
      nativeMethods().getReader,
      stream,
      [],
    ) as ReadableStreamDefaultReader<unknown>);
  const relay = new ReadableStream<unknown>(
    {
      async pull(controller) {
        try {
          const { done, value } = await source().read();
          if (!done) {
            tap.chunk(value);
            controller.enqueue(value);
            return;
          }
          tap.finish("complete");
          source().releaseLock();
          controller.close();
        } catch (error) {
          tap.fail(error);
          source().releaseLock();
          controller.error(error);
        }
      },
      async cancel(reason) {
        tap.cancel();
        const cancelled = source().cancel(reason);
        source().releaseLock();
        await cancelled;
      },
    },
    { highWaterMark: 0 },
  );
  const result = Reflect.apply(pipe, relay, args);
  // Locked at once, as by a pipe of its own.
  source();
  return result;
}
