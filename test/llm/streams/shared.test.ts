// Answers and streams that one tracked function hands on to another: each span has all of it, the
// trace counts it once.
import OpenAI from "openai";
import type { WireTrace } from "llmops-observability/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { PIECES, PROMPTS, TEXT } from "../provider.ts";
import { bedrockConverse } from "../providers/bedrock-converse.ts";
import { chatAnswer, openAiChat } from "../providers/openai-chat.ts";
import { collectGarbage, instrumentedCalls, recordAll, spanOf, traceOf } from "../recorded.ts";
import { type LlmServer, startLlmServer } from "../server.ts";

let tracked: typeof Calls;
beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
});

const CHUNKS = chatAnswer("gpt-4o-mini", "plain", true).sse ?? [];
const { json: WHOLE } = chatAnswer("gpt-4o-mini", "plain", false);

function expectTwice(trace: WireTrace, chunks: number | undefined): void {
  expect(trace.spans.length).toBe(2);
  for (const span of trace.spans) {
    expect(span).toMatchObject({ status: "success", status_message: null, response: TEXT });
    expect(span.usage).toMatchObject({ input_tokens: 20, output_tokens: 9 });
    expect(span.stream?.chunks).toBe(chunks);
    expect(span.cost?.total_cost).toBe(trace.cost.total_cost);
  }
  expect(trace.token_usage.total_tokens).toBe(29);
  expect(trace.total_generations).toBe(2);
}

/** The same chunks each time, as new objects. */
const copies = (): unknown[] => CHUNKS.map((chunk) => structuredClone(chunk));

async function* generated(): AsyncGenerator {
  yield* copies();
}

const webStream = (): ReadableStream<unknown> =>
  new ReadableStream({
    start(controller) {
      for (const chunk of copies()) controller.enqueue(chunk);
      controller.close();
    },
  });

const iterableOf = (): AsyncIterable<unknown> => ({ [Symbol.asyncIterator]: generated });

describe("handed on to the caller", () => {
  test.each([
    ["a generator", generated],
    ["a web stream", webStream],
    ["an iterable", iterableOf],
  ])("%s", async (_name, made) => {
    const trace = await traceOf(async () => {
      const stream = made();
      const got = await tracked.asyncFunction("?", () => tracked.returned(stream));
      expect(got).toBe(stream);
      expect(await drained(got as AsyncIterable<unknown>)).toEqual(CHUNKS);
      expect(Object.getOwnPropertySymbols(stream)).toEqual(Object.getOwnPropertySymbols(made()));
    });
    expectTwice(trace, CHUNKS.length);
  });

  test("a whole answer", async () => {
    const trace = await traceOf(async () => {
      await tracked.asyncFunction("?", () =>
        tracked.asyncFunction("?", () => structuredClone(WHOLE)),
      );
    });
    expectTwice(trace, undefined);
  });

  test("chunks, one by one", async () => {
    const trace = await traceOf(async () => {
      const inner = (): AsyncGenerator => tracked.ownStream(copies());
      await drained(
        tracked.asyncGenerator("?", inner, (answer) => answer as AsyncIterable<unknown>),
      );
    });
    expectTwice(trace, CHUNKS.length);
  });

  test("the left stream of an inner function is left in both", async () => {
    const trace = await traceOf(async () => {
      const got = await tracked.asyncFunction("?", () => tracked.returned(generated()));
      await first(got as AsyncIterable<unknown>);
    });
    expect(trace.spans.map((span) => span.status_message)).toEqual(["cancelled", "cancelled"]);
  });
});

test("two calls that answer the same count twice", async () => {
  const trace = await traceOf(async () => {
    const answer = structuredClone(WHOLE);
    tracked.returned(answer);
    tracked.returned(answer);
  });
  expect(trace.token_usage.total_tokens).toBe(58);
});

describe("by their SDKs", () => {
  let server: LlmServer;
  let bedrock: LlmServer;
  beforeAll(async () => {
    server = await startLlmServer(openAiChat);
    bedrock = await startLlmServer(bedrockConverse);
  });
  afterAll(async () => {
    await server.close();
    await bedrock.close();
  });

  test("OpenAI's stream, whose promise is handed on", async () => {
    const client = new OpenAI({ apiKey: "none", baseURL: `${server.url}/v1`, maxRetries: 0 });
    const trace = await traceOf(async () => {
      const stream = tracked.promiseReturning(PROMPTS.plain, () =>
        tracked.promiseReturning(PROMPTS.plain, () =>
          client.chat.completions.create({
            model: "gpt-4o-mini",
            messages: [{ role: "user", content: PROMPTS.plain }],
            stream: true,
          }),
        ),
      ) as Promise<AsyncIterable<unknown>>;
      await drained(await stream);
    });
    expectTwice(trace, CHUNKS.length);
  });

  test("Bedrock's, within its answer", async () => {
    const client = await bedrockConverse.connect(bedrock.url);
    const trace = await traceOf(async () => {
      const answer = await tracked.asyncFunction(PROMPTS.plain, () =>
        tracked.asyncFunction(PROMPTS.plain, (prompt) =>
          client.stream(prompt, new AbortController().signal),
        ),
      );
      await drained((answer as { stream: AsyncIterable<unknown> }).stream);
    });
    expect(trace.spans.map((span) => span.response)).toEqual([TEXT, TEXT]);
    expect(trace.token_usage.total_tokens).toBe(trace.spans[0]?.usage?.total_tokens);
  });
});

describe("a web stream that is left without being cancelled", () => {
  const pieces = (): ReadableStream<string> =>
    new ReadableStream({
      start(controller) {
        for (const piece of PIECES) controller.enqueue(piece);
        controller.close();
      },
    });

  test("is read on", async () => {
    const span = await spanOf(async () => {
      const stream = tracked.returned(pieces()) as ReadableStream<string>;
      await first(stream.values({ preventCancel: true }));
      expect(await drained(stream)).toEqual(PIECES.slice(1));
    });
    expect(span).toMatchObject({ status_message: null, response: TEXT });
  });

  test("and not read on was abandoned", async () => {
    const span = await spanOf(async () => {
      const stream = tracked.returned(pieces()) as ReadableStream<string>;
      await first(stream.values({ preventCancel: true }));
    }, collectGarbage);
    expect(span).toMatchObject({ status_message: "abandoned half-way", response: PIECES[0] });
  });

  test("is read by one reader after the other", async () => {
    const span = await spanOf(async () => {
      const stream = tracked.returned(pieces()) as ReadableStream<string>;
      const reader = stream.getReader();
      expect(await reader.read()).toEqual({ done: false, value: PIECES[0] });
      reader.releaseLock();
      expect(await drained(stream)).toEqual(PIECES.slice(1));
    });
    expect(span).toMatchObject({ status_message: null, response: TEXT });
  });

  test("is piped with options that say nothing", async () => {
    const span = await spanOf(async () => {
      const stream = tracked.returned(pieces()) as ReadableStream<string>;
      const got: string[] = [];
      const sink = new WritableStream<string>({ write: (piece) => void got.push(piece) });
      await stream.pipeTo(sink, { preventCancel: false });
      expect(got).toEqual(PIECES);
    });
    expect(span).toMatchObject({ status_message: null, response: TEXT });
  });
});

/** Leaves behind the first one. */
async function first(iterable: AsyncIterable<unknown>): Promise<void> {
  for await (const chunk of iterable) {
    expect(chunk).toBeDefined();
    break;
  }
}

async function drained<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const chunk of iterable) all.push(chunk);
  return all;
}
