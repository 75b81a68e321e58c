// Web streams and their subclasses → watched through whatever reads them: readers, iterators, branches, pipes.
// Invariant: locked and unlocked as without us; a pipe is fed chunk by chunk, at the pace of its destination.
import { descendsFrom } from "../../platform/own-properties.ts";
import { type Method, methodOf } from "../../platform/patch.ts";
import type { Channel } from "./tap.ts";
import { watchIterator } from "./iterables.ts";
import { field, isObject } from "../../platform/foreign-fields.ts";

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

export function watchReadable(stream: ReadableStream, channel: Channel): boolean {
  const reader = methodOf(stream, "getReader");
  const read =
    reader !== undefined &&
    channel.place(stream, "getReader", reader, (made) => {
      if (isObject(made)) watchReader(made, channel);
      return made;
    });
  if (!read) return false;
  for (const name of [Symbol.asyncIterator, "values"]) watchMaker(stream, name, channel);
  watchBranches(stream, channel);
  for (const name of ["pipeTo", "pipeThrough"]) watchPipe(stream, name, channel);
  watchCancel(stream, channel);
  return true;
}

/** What makes an iterator, by itself or, where a subclass has its own, by a reader. */
function watchMaker(stream: object, name: string | symbol, channel: Channel): void {
  const make = methodOf(stream, name);
  if (make === undefined) return;
  channel.replace(stream, name, make, (args) => {
    const made = Reflect.apply(make, stream, args);
    // Who asks for it reads on after having left.
    const leaves = field(args[0], "preventCancel") !== true;
    if (isObject(made) && made !== stream) watchIterator(made, channel, leaves);
    return made;
  });
}

function watchReader(reader: object, channel: Channel): void {
  const read = methodOf(reader, "read");
  if (read === undefined) return;
  channel.place(reader, "read", read, (result) => channel.step(result));
  watchCancel(reader, channel);
}

function watchCancel(target: object, channel: Channel): void {
  const cancel = methodOf(target, "cancel");
  if (cancel === undefined) return;
  channel.place(target, "cancel", cancel, (result) => {
    channel.cancel();
    return result;
  });
}

function watchBranches(stream: object, channel: Channel): void {
  const tee = methodOf(stream, "tee");
  if (tee === undefined || !nativeMethods().direct.has(tee)) return;
  channel.place(stream, "tee", tee, (branches) => {
    if (!Array.isArray(branches)) return branches;
    const ways = channel.split();
    for (let at = 0; at < ways.length; at++) {
      const branch: unknown = branches[at];
      const way = ways[at];
      if (way !== undefined && isObject(branch) && isReadableStream(branch))
        watchReadable(branch, way);
    }
    return branches;
  });
}

/** A pipe reads by no method that could be stood in for: it is given a stream that reads for it. */
function watchPipe(stream: ReadableStream, name: string, channel: Channel): void {
  const pipe = methodOf(stream, name);
  if (pipe === undefined || !nativeMethods().direct.has(pipe)) return;
  channel.replace(stream, name, pipe, (args) => {
    const prevents = isObject(args[1]) && Object.getOwnPropertyDescriptor(args[1], "preventCancel");
    // Then the stream may be read on after the pipe: it is left alone, and ends when it is collected. So it is with a getter.
    const alone = prevents && (!("value" in prevents) || Boolean(prevents.value));
    if (alone || Reflect.apply(nativeMethods().locked, stream, []) === true)
      return Reflect.apply(pipe, stream, args);
    return piped(stream, pipe, args, channel);
  });
}

function piped(
  stream: ReadableStream,
  pipe: Method,
  args: readonly unknown[],
  channel: Channel,
): unknown {
  channel.use();
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
            channel.chunk(value);
            controller.enqueue(value);
            return;
          }
          channel.finish("complete");
          source().releaseLock();
          controller.close();
        } catch (error) {
          channel.fail(error);
          source().releaseLock();
          controller.error(error);
        }
      },
      async cancel(reason) {
        channel.cancel();
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
