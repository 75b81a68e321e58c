// The body of a response: whoever pulls, its source works in the request's trace.
import { AsyncLocalStorage } from "node:async_hooks";
import { Readable } from "node:stream";
import { expect, test } from "vitest";
import type { ServerRequest } from "../../src/http/request.ts";
import { bindReaders, bindSource } from "../../src/http/streams.ts";

const trace = new AsyncLocalStorage<boolean>();
const server = {
  within: <T>(task: () => T): T => trace.run(true, task),
} as ServerRequest<unknown>;

function chunksOfThree(seen: unknown[]): ReadableStream<string> {
  return new ReadableStream(
    {
      pull(controller) {
        seen.push(trace.getStore());
        controller.enqueue("x");
        if (seen.length === 3) controller.close();
      },
      cancel() {
        seen.push(trace.getStore());
      },
    },
    { highWaterMark: 0 },
  );
}

test("a web stream", async () => {
  const seen: unknown[] = [];
  const ends: boolean[] = [];
  const stream = chunksOfThree(seen);
  bindReaders(stream, server, (left) => ends.push(left));
  // As in a server: the stream was made in the handler, which has returned since.
  await new Promise((resolve) => setImmediate(resolve));
  const reader = stream.getReader();
  const chunks: unknown[] = [];
  for (let step = await reader.read(); !step.done; step = await reader.read())
    chunks.push(step.value);
  expect([chunks, seen, ends]).toEqual([["x", "x", "x"], [true, true, true], [false]]);
});

test("a web stream that is left", async () => {
  const seen: unknown[] = [];
  const ends: boolean[] = [];
  const stream = chunksOfThree(seen);
  bindReaders(stream, server, (left) => ends.push(left));
  await stream.getReader().cancel();
  expect([seen, ends]).toEqual([[true], [true]]);
});

test("a stream of Node's", async () => {
  const seen: unknown[] = [];
  const pieces = ["a", "b"];
  const stream = new Readable({
    read() {
      seen.push(trace.getStore());
      this.push(pieces.shift() ?? null);
    },
  });
  bindSource(stream, server);
  expect((await stream.toArray()).map(String)).toEqual(["a", "b"]);
  expect(seen).toEqual([true, true, true]);
});
