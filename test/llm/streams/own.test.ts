// Streams of the program's own, and web streams: read in every way, at the consumer's pace;
// rejections stay as unhandled as they were.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { PIECES, PROMPTS, TEXT } from "../provider.ts";
import { groq } from "../providers/groq.ts";
import { instrumentedCalls, lateSpansOf, recordAll, spanOf } from "../recorded.ts";
import { startLlmServer } from "../server.ts";

const SO_FAR = PIECES.slice(0, 2).join("");
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
let tracked: typeof Calls;

beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
  process.on("unhandledRejection", onUnhandled);
});
afterAll(() => {
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
});

describe("a web stream", () => {
  const chunks = ["a", "b", "c"];
  const made = (): ReadableStream<string> =>
    new ReadableStream({
      start(controller) {
        for (const chunk of chunks) controller.enqueue(chunk);
        controller.close();
      },
    });

  const WAYS: Readonly<Record<string, (stream: ReadableStream<string>) => Promise<string[]>>> = {
    "`for await`": (stream) => drained(stream),
    "a reader": async (stream) => {
      const reader = stream.getReader();
      const read: string[] = [];
      for (let step = await reader.read(); !step.done; step = await reader.read())
        read.push(step.value);
      return read;
    },
    "`tee`": async (stream) => {
      const [left, right] = stream.tee();
      const [one, other] = await Promise.all([drained(left), drained(right)]);
      expect(other).toEqual(one);
      return one;
    },
    "`pipeThrough`": (stream) => drained(stream.pipeThrough(new TransformStream<string, string>())),
    "`pipeTo`": async (stream) => {
      const read: string[] = [];
      await stream.pipeTo(new WritableStream({ write: (chunk) => void read.push(chunk) }));
      expect(stream.locked).toBe(false);
      return read;
    },
    "`values`": (stream) => drained(stream.values()),
  };

  test.each(Object.entries(WAYS))("by %s", async (_name, way) => {
    const span = await spanOf(async () => {
      const stream = made();
      expect(tracked.returned(stream)).toBe(stream);
      expect(Object.keys(stream)).toEqual([]);
      expect(stream.locked).toBe(false);
      expect(await way(stream)).toEqual(chunks);
    });
    expect(span).toMatchObject({ status: "success", status_message: null, response: "abc" });
    expect(span.stream?.chunks).toBe(3);
  });

  test("is locked by a pipe at once, and refuses another reader as ever", async () => {
    await spanOf(async () => {
      const stream = tracked.returned(made()) as ReadableStream<string>;
      const piped = stream.pipeThrough(new TransformStream<string, string>());
      expect(stream.locked).toBe(true);
      expect(() => stream.getReader()).toThrow(TypeError);
      await expect(stream.pipeTo(new WritableStream())).rejects.toThrow(TypeError);
      await drained(piped);
    });
  });

  test("is read at the pace of its consumer", async () => {
    let pulled = 0;
    const span = await spanOf(async () => {
      const stream = new ReadableStream<string>(
        {
          pull(controller) {
            controller.enqueue(String(pulled++));
            if (pulled === 100) controller.close();
          },
        },
        { highWaterMark: 0 },
      );
      const reader = (tracked.returned(stream) as ReadableStream<string>).getReader();
      await reader.read();
      await reader.read();
      expect(pulled).toBe(2);
      await reader.cancel();
    });
    expect(span).toMatchObject({ status_message: "cancelled", response: "01" });
  });

  test("is piped at the pace of its destination", async () => {
    const pulledBy = async (
      around: (stream: ReadableStream<string>) => ReadableStream<string>,
    ): Promise<number> => {
      let pulled = 0;
      const stream = new ReadableStream<string>(
        {
          pull(controller) {
            controller.enqueue(String(pulled++));
            if (pulled === 10) controller.close();
          },
        },
        { highWaterMark: 0 },
      );
      let free = (): void => {};
      const busy = new Promise<void>((resolve) => (free = resolve));
      const piped = around(stream).pipeTo(new WritableStream({ write: () => busy }));
      for (let turns = 0; turns < 20; turns++) await new Promise((done) => setImmediate(done));
      const meanwhile = pulled;
      free();
      await piped;
      return meanwhile;
    };
    const bare = await pulledBy((stream) => stream);
    await spanOf(async () => {
      const traced = await pulledBy((stream) => tracked.returned(stream) as ReadableStream<string>);
      expect(traced).toBe(bare);
    });
  });
});

test("a chunk that passes through two layers of an SDK counts once", async () => {
  const helper = {
    abort() {},
    _emit(event: string, value: unknown) {
      if (event === "chunk") this._emit("event", value);
    },
    [Symbol.asyncIterator]: () => ({ next: () => Promise.resolve({ done: true }) }),
  };
  const span = await spanOf(async () => {
    await tracked.asyncFunction(PROMPTS.plain, () => helper);
    for (const text of ["a", "b"]) helper._emit("chunk", text);
    helper._emit("end", undefined);
  });
  expect(span).toMatchObject({ response: "ab", stream: { chunks: 2 } });
});

describe("a generator", () => {
  test("of the program's own streams its pieces", async () => {
    const span = await spanOf(async () => void (await drained(tracked.ownStream(PIECES))));
    expect(span).toMatchObject({ status: "success", response: TEXT });
    expect(span.stream).toMatchObject({ chunks: PIECES.length });
    expect(span.output_data.output).toBe(TEXT);
  });

  test("left by its consumer is cancelled", async () => {
    const span = await spanOf(async () => {
      for await (const piece of tracked.ownStream(PIECES)) if (piece === ", ") break;
    });
    expect(span).toMatchObject({
      status: "success",
      status_message: "cancelled",
      response: SO_FAR,
    });
  });

  test("that fails has failed, with what it said before", async () => {
    const failing = async function* (): AsyncGenerator<string> {
      yield* PIECES.slice(0, 2);
      throw new Error("no more");
    };
    const span = await spanOf(async () => {
      const read = drained(
        tracked.delegatingGenerator("?", failing, (it) => it as AsyncIterable<string>),
      );
      await expect(read).rejects.toThrow("no more");
    });
    expect(span).toMatchObject({ status: "error", status_message: "no more", response: SO_FAR });
  });

  test("that delegates to a provider's stream folds its chunks", async () => {
    const server = await startLlmServer(groq);
    const client = await groq.connect(server.url);
    const { signal } = new AbortController();
    const span = await spanOf(async () => {
      const generator = tracked.delegatingGenerator(
        PROMPTS.plain,
        (prompt) => client.stream(prompt, signal),
        (answer) => answer as AsyncIterable<unknown>,
      );
      expect((await drained(generator)).length).toBe(6);
    });
    await server.close();
    expect(span).toMatchObject({ status: "success", response: TEXT });
    expect(span.usage).toEqual(groq.usage);
    expect(span.stream?.chunks).toBe(6);
  });

  test("returned as a result is read as it is", async () => {
    const own = async function* (): AsyncGenerator<string, number> {
      yield "a";
      yield "b";
      return 7;
    };
    const span = await spanOf(async () => {
      const generator = own();
      expect(tracked.returned(generator)).toBe(generator);
      expect(generator[Symbol.asyncIterator]()).toBe(generator);
      expect(await generator.next()).toEqual({ value: "a", done: false });
      expect(await generator.next()).toEqual({ value: "b", done: false });
      expect(await generator.next()).toEqual({ value: 7, done: true });
    });
    expect(span).toMatchObject({ status: "success", response: "ab" });
  });
});

test("a rejected step that nobody handles is unhandled as ever, and once", async () => {
  const own = async function* (): AsyncGenerator<string> {
    yield "a";
    throw new Error("unhandled on purpose");
  };
  const span = await spanOf(async () => {
    const generator = tracked.returned(own()) as AsyncGenerator<string>;
    await generator.next();
    void generator.next();
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
  expect(unhandled.splice(0).map(String)).toEqual(["Error: unhandled on purpose"]);
  expect(span).toMatchObject({ status: "error", response: "a" });
});

test("a promise that nobody awaits is unhandled as ever", async () => {
  const span = await spanOf(async () => {
    void tracked.promiseReturning("?", () => Promise.reject(new Error("nobody waits")));
    await new Promise((resolve) => setTimeout(resolve, 20));
  });
  expect(unhandled.splice(0).map(String)).toEqual(["Error: nobody waits"]);
  expect(span).toMatchObject({ status: "error", status_message: "nobody waits" });
});

test("spans of streams that outlive their trace follow in a part of their own", async () => {
  const [span] = await lateSpansOf(async () => {
    const stream = tracked.returned(
      (async function* () {
        yield "late";
      })(),
    ) as AsyncGenerator<string>;
    setTimeout(() => void drained(stream), 300);
  }, 100);
  expect(span).toMatchObject({ status: "success", response: "late" });
});

async function drained<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const chunk of iterable) all.push(chunk);
  return all;
}
