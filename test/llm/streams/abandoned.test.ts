// Streams that nobody reads to their end are collected, with all that their spans kept of them.
import { flush } from "llmops-observability";
import { Stream } from "openai/core/streaming";
import { expect, test } from "vitest";
import { collectGarbage, instrumentedCalls, recordAll } from "../recorded.ts";

const tracked = instrumentedCalls();

const BODY = `data: ${JSON.stringify({
  object: "chat.completion.chunk",
  model: "gpt-4o",
  choices: [{ index: 0, delta: { content: "Hi" } }],
})}\n\n`.repeat(2);

/** A stream, and how its reading is begun. */
type Made = readonly [stream: unknown, begin: () => Promise<unknown>];

const KINDS: Readonly<Record<string, () => Made>> = {
  "the program's own": () => {
    const stream = tracked.ownAbandoned();
    return [stream, () => stream[Symbol.asyncIterator]().next()];
  },
  "OpenAI's": () => {
    const stream = Stream.fromSSEResponse(new Response(BODY), new AbortController());
    return [stream, () => stream[Symbol.asyncIterator]().next()];
  },
  "web streams": () => {
    const stream = new ReadableStream<string>({
      start: (controller) => controller.enqueue("Hi"),
    });
    return [stream, () => stream.getReader().read()];
  },
};

test.each(Object.entries(KINDS))(
  "5,000 abandoned streams leave nothing behind: %s",
  async (_name, make) => {
    const round = async (count: number): Promise<void> => {
      for (let at = 0; at < count; at++) {
        const [stream, begin] = make();
        // Handed on from one tracked function to another, as in a program of layers.
        await tracked.asyncWithoutAwait("?", () => tracked.returned(stream));
        // Every second one is begun.
        if (at % 2 === 0) await begin();
      }
    };
    const settled = async (): Promise<number> => {
      for (let turns = 0; turns < 5; turns++) {
        await collectGarbage();
        await flush(5000);
      }
      return process.memoryUsage().heapUsed;
    };
    recordAll({ graceMs: 0, drop: true });
    await round(1000);
    const before = await settled();
    await round(5000);
    const after = await settled();
    recordAll();
    // An abandoned stream that is kept has its span, its trace and its chunk: more than 2 KiB.
    expect(after - before).toBeLessThan(5000 * 200);
  },
);
