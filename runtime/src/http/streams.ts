// A stream that is the body of a response → its source works in the request's trace, whoever pulls.
// Invariant: the stream is the same object, and its chunks are the same.
import type { ServerRequest } from "./request.ts";

/** Where a stream of Node's asks its source for more. */
interface NodeStream {
  _read(this: unknown, size: number): unknown;
}

export function bindSource<R>(body: unknown, server: ServerRequest<R>): void {
  if (isNodeStream(body)) {
    const { _read: read } = body;
    define(body, "_read", function (this: unknown, size: number) {
      return server.within(() => Reflect.apply(read, this, [size]));
    });
  } else if (body instanceof ReadableStream) bindReaders(body, server);
}

/** @param done hears that the last chunk was handed over; `left`: the consumer left before */
export function bindReaders<R>(
  stream: ReadableStream,
  server: ServerRequest<R>,
  done?: (left: boolean) => void,
): void {
  const { getReader } = stream;
  define(stream, "getReader", function (this: unknown, ...options: unknown[]) {
    const reader = Reflect.apply(getReader, this, options) as ReadableStreamDefaultReader;
    const { read, cancel } = reader;
    define(reader, "read", function (this: unknown, ...view: unknown[]) {
      const result = server.within(
        () => Reflect.apply(read, this, view) as ReturnType<typeof reader.read>,
      );
      if (done !== undefined) void notify(result, done);
      return result;
    });
    define(reader, "cancel", function (this: unknown, ...reason: unknown[]) {
      done?.(true);
      return server.within(() => Reflect.apply(cancel, this, reason));
    });
    return reader;
  });
}

async function notify(
  result: Promise<{ readonly done: boolean }>,
  done: (left: boolean) => void,
): Promise<void> {
  try {
    if ((await result).done) done(false);
  } catch {
    done(true);
  }
}

/** Whether its text was known before: such a body is read as bytes. */
export function isOfBytes(stream: ReadableStream): boolean {
  try {
    stream.getReader({ mode: "byob" }).releaseLock();
    return true;
  } catch {
    return false;
  }
}

function isNodeStream(body: unknown): body is NodeStream {
  return (
    typeof body === "object" &&
    body !== null &&
    "pipe" in body &&
    "_read" in body &&
    typeof body._read === "function"
  );
}

function define(object: object, name: string, value: unknown): void {
  Object.defineProperty(object, name, {
    configurable: true,
    writable: true,
    enumerable: false,
    value,
  });
}
