// Streams that LLM calls return: read in every way their classes offer, left half-way, aborted,
// broken, never read at all. The span closes with the right status and the text so far; the
// program's stream is the one it would have without us.
import OpenAI from "openai";
import Anthropic from "@anthropic-ai/sdk";
import { CohereClientV2 } from "cohere-ai";
import type { WireSpan } from "llmops-observability/wire";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROVIDERS } from "../providers/index.ts";
import * as plainCalls from "../calls.ts";
import { PIECES, PROMPTS, TEXT, TOOL, TOOL_INPUT } from "../provider.ts";
import { aiSdk, aiSdkProviders } from "../providers/ai-sdk.ts";
import { anthropic } from "../providers/anthropic.ts";
import { cohere } from "../providers/cohere.ts";
import { openAiChat } from "../providers/openai-chat.ts";
import { openAiResponses } from "../providers/openai-responses.ts";
import { collectGarbage, instrumentedCalls, recordAll, spanOf } from "../recorded.ts";
import { type LlmServer, startLlmServer } from "../server.ts";

const AHEAD = [PIECES.slice(0, 3).join(""), TEXT];
const SO_FAR = PIECES.slice(0, 2).join("");
const unhandled: unknown[] = [];
const onUnhandled = (reason: unknown): void => void unhandled.push(reason);
let tracked: typeof plainCalls;

beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
  process.on("unhandledRejection", onUnhandled);
});
afterAll(() => {
  process.off("unhandledRejection", onUnhandled);
  expect(unhandled).toEqual([]);
});

describe.each(PROVIDERS)("$name", (provider) => {
  let server: LlmServer;
  let stream: (prompt: string, signal?: AbortSignal) => Promise<unknown>;
  const chunksOf = provider.chunksOf ?? ((answer: unknown) => answer as AsyncIterable<unknown>);

  beforeAll(async () => {
    server = await startLlmServer(provider);
    const client = await provider.connect(server.url);
    stream = (prompt, signal = new AbortController().signal) =>
      tracked.asyncFunction(prompt, (asked) => client.stream(asked, signal), { signal });
  });
  afterAll(() => server.close());

  /** Reads until two pieces of text have come, then does `then`. */
  async function readSome(answer: unknown, then: () => void): Promise<void> {
    let text = "";
    for await (const chunk of chunksOf(answer)) {
      text += shown(chunk);
      if (text.includes('", "')) then();
    }
  }

  test("left by `break`", async () => {
    const span = await spanOf(async () => {
      let text = "";
      for await (const chunk of chunksOf(await stream(PROMPTS.plain))) {
        text += shown(chunk);
        if (text.includes('", "')) break;
      }
    });
    expectCancelled(span);
  });

  test("aborted by its signal", async () => {
    const abort = new AbortController();
    let thrown: unknown;
    const span = await spanOf(async () => {
      const answer = await stream(PROMPTS.slow, abort.signal);
      await readSome(answer, () => abort.abort()).catch((error: unknown) => (thrown = error));
    });
    if (provider.silentAbort === true) expect(thrown).toBeUndefined();
    expectCancelled(span);
  });

  test("broken by the network", async () => {
    let thrown: unknown;
    const span = await spanOf(async () => {
      const answer = await stream(PROMPTS.broken);
      await readSome(answer, () => undefined).catch((error: unknown) => (thrown = error));
    });
    expect([span.status, span.response]).toEqual(["error", SO_FAR]);
    expect(span.error?.message).toBeTypeOf("string");
    // `streamText` streams its errors.
    if (!aiSdkProviders.includes(provider)) expect(thrown).toBeInstanceOf(Error);
  });

  test.skipIf(provider.holdsStreams)("never consumed", async () => {
    const span = await spanOf(async () => {
      await stream(PROMPTS.plain);
    }, collectGarbage);
    expect([span.status, span.status_message, span.stream?.chunks]).toEqual([
      "success",
      "never consumed",
      0,
    ]);
  });

  test.skipIf(provider.holdsStreams)("dropped half-way", async () => {
    const span = await spanOf(async () => {
      const iterator = chunksOf(await stream(PROMPTS.plain))[Symbol.asyncIterator]();
      for (let text = ""; !text.includes('", "');) text += shown((await iterator.next()).value);
    }, collectGarbage);
    expect([span.status, span.status_message]).toEqual(["success", "abandoned half-way"]);
    expectSoFar(span);
  });
});

function expectCancelled(span: WireSpan): void {
  expect([span.status, span.status_message, span.error]).toEqual(["success", "cancelled", null]);
  expectSoFar(span);
}

/** The AI SDK's streams read ahead of their consumer. */
function expectSoFar({ response }: WireSpan): void {
  expect([SO_FAR, ...AHEAD]).toContain(response);
}

/** Any chunk's text, wherever it stands; Bedrock's InvokeModel has it in bytes. */
function shown(chunk: unknown): string {
  const bytes = (chunk as { chunk?: { bytes?: Uint8Array } }).chunk?.bytes;
  return bytes === undefined ? JSON.stringify(chunk) : Buffer.from(bytes).toString("utf8");
}

describe("OpenAI's stream", () => {
  let server: LlmServer;
  let client: OpenAI;
  beforeAll(async () => {
    server = await startLlmServer(openAiChat);
    client = new OpenAI({ apiKey: "none", baseURL: `${server.url}/v1`, maxRetries: 0 });
  });
  afterAll(() => server.close());

  const request = (prompt: string) => ({
    model: "gpt-4o-mini",
    messages: [{ role: "user" as const, content: prompt }],
    stream: true as const,
    stream_options: { include_usage: true },
  });
  const streamed = (prompt: string) =>
    tracked.asyncFunction(prompt, (asked) =>
      client.chat.completions.create(request(asked)),
    ) as Promise<OpenAIStream>;
  type OpenAIStream = Awaited<ReturnType<typeof client.chat.completions.create>> & {
    tee(): [AsyncIterable<unknown>, AsyncIterable<unknown>];
    toReadableStream(): ReadableStream<Uint8Array>;
  };

  test("by both branches of `tee()`, each chunk once", async () => {
    const span = await spanOf(async () => {
      const [left, right] = (await streamed(PROMPTS.plain)).tee();
      await Promise.all([drained(left), drained(right)]);
    });
    expectWhole(span, 7);
  });

  test("by one branch of `tee()`, the other one left", async () => {
    const span = await spanOf(async () => {
      const [left, right] = (await streamed(PROMPTS.plain)).tee();
      await left[Symbol.asyncIterator]().return?.();
      expect((await drained(right)).length).toBe(7);
    });
    expectWhole(span, 7);
  });

  test("by `toReadableStream()`", async () => {
    const span = await spanOf(async () => {
      const text = await new Response((await streamed(PROMPTS.plain)).toReadableStream()).text();
      expect(text.trim().split("\n").length).toBe(7);
    });
    expectWhole(span, 7);
  });

  test.each(["asResponse", "withResponse"] as const)("asked by %s()", async (way) => {
    const span = await spanOf(async () => {
      const promise = tracked.promiseReturning(PROMPTS.plain, (asked) =>
        client.chat.completions.create(request(asked)),
      ) as ReturnType<typeof client.chat.completions.create>;
      if (way === "asResponse") {
        const response = await promise.asResponse();
        expect(response).toBeInstanceOf(Response);
        expect((await response.text()).length).toBeGreaterThan(100);
      } else {
        const { data, response } = await promise.withResponse();
        expect(response.status).toBe(200);
        await drained(data as AsyncIterable<unknown>);
      }
    });
    if (way === "withResponse") expectWhole(span, 7);
    else
      expect(span).toMatchObject({
        status: "success",
        status_message: "HTTP 200, request id req_200",
      });
  });

  test("by the helper of `chat.completions.stream()`, whose events nobody has to iterate", async () => {
    const span = await spanOf(async () => {
      const helper = tracked.returned(
        client.chat.completions.stream({ ...request(PROMPTS.plain), stream: true }),
      ) as ReturnType<typeof client.chat.completions.stream>;
      const final = await helper.finalChatCompletion();
      expect(final.choices[0]?.message.content).toBe(TEXT);
    });
    expect(span).toMatchObject({ status: "success", response: TEXT, finish_reason: "stop" });
    expect(span.usage?.total_tokens).toBe(29);
  });

  test.each([true, false])("by `runTools`, all of its answers (streamed: %s)", async (streams) => {
    let asked = 0;
    const looping = await startLlmServer({
      ...openAiChat,
      answer(_scenario, streaming) {
        const answer = openAiChat.answer(asked++ === 0 ? "tool" : "plain", streaming);
        // Each with an id of its own.
        return JSON.parse(
          JSON.stringify(answer).replaceAll("chatcmpl-1", `chatcmpl-${asked}`),
        ) as typeof answer;
      },
    });
    const own = new OpenAI({ apiKey: "none", baseURL: `${looping.url}/v1`, maxRetries: 0 });
    const tool = {
      type: "function" as const,
      function: {
        name: TOOL,
        description: "weather",
        parameters: { type: "object" },
        parse: JSON.parse,
        function: () => "rain",
      },
    };
    const span = await spanOf(async () => {
      const { stream: _stream, ...rest } = request(PROMPTS.tool);
      const { stream_options, ...asking } = rest;
      const runner = tracked.returned(
        streams
          ? own.chat.completions.runTools({
              ...asking,
              stream_options,
              stream: true,
              tools: [tool],
            })
          : own.chat.completions.runTools({ ...asking, tools: [tool] }),
      ) as { finalContent(): Promise<string | null> };
      expect(await runner.finalContent()).toBe(TEXT);
    });
    await looping.close();
    expect(span).toMatchObject({ status: "success", response: TEXT, finish_reason: "stop" });
    expect(span.usage?.total_tokens).toBe(58);
    expect(span.tool_calls).toMatchObject([{ name: TOOL, arguments: TOOL_INPUT }]);
  });

  function expectWhole(span: WireSpan, chunks: number): void {
    expect(span).toMatchObject({ status: "success", status_message: null, response: TEXT });
    expect(span.usage?.total_tokens).toBe(29);
    expect(span.stream?.chunks).toBe(chunks);
  }
});

test("the helper of OpenAI's Responses, by its events", async () => {
  const server = await startLlmServer(openAiResponses);
  const client = new OpenAI({ apiKey: "none", baseURL: `${server.url}/v1`, maxRetries: 0 });
  const span = await spanOf(async () => {
    const helper = tracked.returned(
      client.responses.stream({ model: "gpt-4.1", input: PROMPTS.plain }),
    ) as ReturnType<typeof client.responses.stream>;
    expect((await helper.finalResponse()).output_text).toBe(TEXT);
  });
  await server.close();
  expect(span).toMatchObject({ status: "success", response: TEXT, finish_reason: "completed" });
  expect(span.usage).toEqual(openAiResponses.usage);
});

test("Cohere's answer, with its raw response", async () => {
  const server = await startLlmServer(cohere);
  const client = new CohereClientV2({ token: "none", baseUrl: server.url });
  const span = await spanOf(async () => {
    const asked = tracked.promiseReturning(PROMPTS.plain, (content) =>
      client.chat({ model: "command-a-03-2025", messages: [{ role: "user", content }] }),
    ) as ReturnType<typeof client.chat>;
    const { data, rawResponse } = await asked.withRawResponse();
    expect([data.finishReason, rawResponse.status]).toEqual(["COMPLETE", 200]);
  });
  await server.close();
  expect(span).toMatchObject({
    status: "success",
    status_message: "HTTP 200, request id req_200",
    response: TEXT,
  });
  expect(span.usage).toEqual(cohere.usage);
});

test("Anthropic's helper, by its events", async () => {
  const server = await startLlmServer(anthropic);
  const client = new Anthropic({ apiKey: "none", baseURL: server.url, maxRetries: 0 });
  const span = await spanOf(async () => {
    const helper = tracked.returned(
      client.messages.stream({
        model: "claude-sonnet-5",
        max_tokens: 100,
        messages: [{ role: "user", content: PROMPTS.plain }],
      }),
    ) as ReturnType<typeof client.messages.stream>;
    expect(await helper.finalText()).toBe(TEXT);
  });
  await server.close();
  expect(span).toMatchObject({ status: "success", response: TEXT, finish_reason: "end_turn" });
  expect(span.usage).toEqual(anthropic.usage);
});

describe("the AI SDK's `streamText`", () => {
  let server: LlmServer;
  beforeAll(async () => {
    server = await startLlmServer(aiSdk);
  });
  afterAll(() => server.close());

  interface TextResult {
    readonly text: Promise<string>;
    readonly usage: Promise<{ totalTokens: number }>;
    readonly textStream: AsyncIterable<string> & ReadableStream<string>;
    toTextStreamResponse(): Response;
  }

  const READS: Readonly<Record<string, (result: TextResult) => Promise<string>>> = {
    "its promise of the text": (result) => result.text,
    "its text stream": async ({ textStream }) => (await drained(textStream)).join(""),
    "its text stream and its promises": async (result) => {
      const texts = await drained(result.textStream);
      expect((await result.usage).totalTokens).toBe(29);
      expect(await result.text).toBe(TEXT);
      return texts.join("");
    },
    "a reader of its text stream": async ({ textStream }) => {
      const reader = textStream.getReader();
      let text = "";
      for (let read = await reader.read(); !read.done; read = await reader.read())
        text += read.value;
      return text;
    },
    "a response made of it": (result) => result.toTextStreamResponse().text(),
  };

  test.each(Object.entries(READS))("by %s", async (_name, read) => {
    const client = await aiSdk.connect(server.url);
    const span = await spanOf(async () => {
      const { signal } = new AbortController();
      const result = tracked.promiseReturning(PROMPTS.plain, (asked) =>
        client.stream(asked, signal),
      ) as TextResult;
      expect(await read(result)).toBe(TEXT);
    });
    expect(span).toMatchObject({ status: "success", response: TEXT, finish_reason: "stop" });
    expect(span.usage?.total_tokens).toBe(29);
  });
});

async function drained<T>(iterable: AsyncIterable<T>): Promise<T[]> {
  const all: T[] = [];
  for await (const chunk of iterable) all.push(chunk);
  return all;
}
