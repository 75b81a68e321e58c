// The SDKs' own loops, which call tools and ask again: each of their answers is paid for, however
// the function starts the loop and whatever of it the function returns.
import Anthropic from "@anthropic-ai/sdk";
import { calculateCost } from "llmops-observability";
import type { WireSpan } from "llmops-observability/wire";
import OpenAI from "openai";
import { afterAll, beforeAll, beforeEach, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { type Answer, PROMPTS, type Provider, TEXT, TOOL, TOOL_INPUT } from "../provider.ts";
import { anthropic } from "../providers/anthropic.ts";
import { openAiChat } from "../providers/openai-chat.ts";
import { collectGarbage, instrumentedCalls, recordAll, spanOf, traceOf } from "../recorded.ts";
import { type LlmServer, startLlmServer } from "../server.ts";

type AllCalls = typeof Calls;
const COMPILED = [
  ["text", instrumentedCalls("text")],
  ["ast", instrumentedCalls("ast")],
] as const;

let steps = 0;
/** Servers for tests give all answers one id, providers do not. */
let sameId = false;

/** Answers with a call of the tool first, and then with a text. */
function looping(provider: Provider): Provider {
  return {
    ...provider,
    answer(_scenario, streamed) {
      const answer = provider.answer(steps++ % 2 === 0 ? "tool" : "plain", streamed);
      if (sameId) return answer;
      const numbered = JSON.stringify(answer).replaceAll(/(?<=chatcmpl-|msg_)1/g, `${steps}`);
      return JSON.parse(numbered) as Answer;
    },
  };
}

const servers = new Map<Provider, LlmServer>();
beforeAll(async () => {
  recordAll();
  for (const provider of [openAiChat, anthropic])
    servers.set(provider, await startLlmServer(looping(provider)));
});
afterAll(async () => {
  for (const server of servers.values()) await server.close();
});
beforeEach(() => {
  steps = 0;
  sameId = false;
});
const urlOf = (provider: Provider): string => servers.get(provider)?.url ?? "";

/** With the prompt in it: Anthropic's later requests hold nothing else. */
const runTool = (): string => `rain (${PROMPTS.tool})`;
const parameters = { type: "object" as const, properties: { city: { type: "string" } } };
const parse = (text: string): object => JSON.parse(text) as object;
const description = "The weather in a city.";

function runTools(stream: boolean): unknown {
  const client = new OpenAI({
    apiKey: "none",
    baseURL: `${urlOf(openAiChat)}/v1`,
    maxRetries: 0,
  });
  const request = {
    model: "gpt-4o-mini",
    messages: [{ role: "user" as const, content: PROMPTS.tool }],
    tools: [
      {
        type: "function" as const,
        function: { name: TOOL, description, parameters, parse, function: runTool },
      },
    ],
  };
  const { completions } = client.chat;
  return stream
    ? completions.runTools({ ...request, stream, stream_options: { include_usage: true } })
    : completions.runTools(request);
}

function toolRunner(stream: boolean): unknown {
  const client = new Anthropic({ apiKey: "none", baseURL: urlOf(anthropic), maxRetries: 0 });
  return client.beta.messages.toolRunner({
    model: anthropic.model,
    max_tokens: 100,
    stream,
    messages: [{ role: "user", content: PROMPTS.tool }],
    tools: [
      {
        type: "custom",
        name: TOOL,
        description,
        input_schema: parameters,
        parse: (input: unknown) => input,
        run: runTool,
      },
    ],
  });
}

type Loop = ReturnType<Parameters<AllCalls["lastOfLoop"]>[1]>;
type Start = () => Loop;
type Iterable = () => AsyncIterable<unknown>;
/** Calls a tracked function, and consumes what it returns. */
type Form = (calls: AllCalls, start: unknown) => Promise<unknown>;

const readAll = async (items: unknown): Promise<void> => {
  for await (const item of items as AsyncIterable<unknown>) await readItem(item);
};
/** An item of Anthropic's streamed loop is a stream. */
const readItem = async (item: unknown): Promise<void> => {
  const { finalMessage } = item as { finalMessage?: () => Promise<unknown> };
  if (finalMessage !== undefined) await finalMessage.call(item);
};
const { tool: prompt } = PROMPTS;

const OPENAI: Readonly<Record<string, Form>> = {
  "returns the loop": (calls, start) =>
    (calls.promiseReturning(prompt, start as Start) as Loop).finalContent(),
  "returns the loop from an async function": async (calls, start) =>
    ((await calls.asyncWithoutAwait(prompt, start as Start)) as Loop).finalContent(),
  "returns the last answer": (calls, start) => calls.lastOfLoop(prompt, start as Start),
  "returns the last text": (calls, start) => calls.contentOfLoop(prompt, start as Start),
  "returns what follows it": async (calls, start) => calls.chainedToLoop(prompt, start as Start),
};
const OPENAI_STREAMS: Readonly<Record<string, Form>> = {
  "returns the loop, which is iterated": async (calls, start) =>
    readAll(calls.promiseReturning(prompt, start as Start)),
  "iterates the loop": (calls, start) =>
    calls.iteratedLoop(prompt, start as Iterable, () => Promise.resolve()),
  "yields the chunks": async (calls, start) =>
    readAll(calls.yieldedLoop(prompt, start as Iterable)),
  "delegates to the loop": async (calls, start) =>
    readAll(calls.delegatedLoop(prompt, start as Iterable)),
};
const ANTHROPIC: Readonly<Record<string, Form>> = {
  "returns the loop, which is awaited": async (calls, start) =>
    await calls.promiseReturning(prompt, start as Start),
  "returns the loop, which is iterated": async (calls, start) =>
    readAll(calls.promiseReturning(prompt, start as Start)),
  "returns the loop from an async function": (calls, start) =>
    calls.asyncWithoutAwait(prompt, start as Start),
  "awaits the loop and returns the answer": (calls, start) =>
    calls.asyncFunction(prompt, start as Start),
  "awaits the loop and returns a part of the answer": (calls, start) =>
    calls.awaitedLoop(prompt, start as Start),
  "returns a promise of the loop's": async (calls, start) =>
    calls.promisedByLoop(prompt, start as Start),
  "iterates the loop": (calls, start) => calls.iteratedLoop(prompt, start as Iterable, readItem),
  "yields the items": async (calls, start) => readAll(calls.yieldedLoop(prompt, start as Iterable)),
  "delegates to the loop": async (calls, start) =>
    readAll(calls.delegatedLoop(prompt, start as Iterable)),
};

async function expectBoth(span: WireSpan, provider: Provider): Promise<void> {
  const { input_tokens, output_tokens, cached_input_tokens = 0 } = provider.usage;
  expect(span.status).toBe("success");
  expect(span.usage).toMatchObject({
    input_tokens: 2 * input_tokens,
    output_tokens: 2 * output_tokens,
    cached_input_tokens: 2 * cached_input_tokens,
  });
  const one = await calculateCost({
    modelId: provider.model,
    inputTokens: input_tokens,
    outputTokens: output_tokens,
    cachedInputTokens: cached_input_tokens,
    cacheWriteInputTokens: provider.usage.cache_write_input_tokens,
  });
  expect(span.cost?.total_cost).toBeCloseTo(2 * (one?.totalCost ?? Number.NaN), 12);
  expect(span.tool_calls).toMatchObject([{ name: TOOL, arguments: TOOL_INPUT }]);
  expect(span.finish_reason).toBe(provider.finishReason.plain);
}

const LOOPS = [
  ["runTools", openAiChat, () => runTools(false), OPENAI],
  ["runTools, streamed", openAiChat, () => runTools(true), { ...OPENAI, ...OPENAI_STREAMS }],
  ["toolRunner", anthropic, () => toolRunner(false), ANTHROPIC],
  ["toolRunner, streamed", anthropic, () => toolRunner(true), ANTHROPIC],
] as const;

describe.each(LOOPS)("%s", (_loop, provider, start, forms: Readonly<Record<string, Form>>) => {
  describe.each(COMPILED)("compiled as %s", (_emitter, calls) => {
    test.each(Object.entries(forms))("%s", async (name, form) => {
      const span = await spanOf(async () => void (await form(calls, start)));
      await expectBoth(span, provider);
      const text = name.includes("what follows")
        ? "done"
        : name.startsWith("iterates")
          ? "read"
          : TEXT;
      if (!name.includes("part of")) expect(span.response).toBe(text);
      if (name.startsWith("returns the loop") && !name.includes("async"))
        expect(span.stream?.time_to_first_chunk_ms).toBeTypeOf("number");
    });
  });

  const [, calls] = COMPILED[0];
  test("with one id for all answers", async () => {
    sameId = true;
    for (const form of Object.values(forms))
      await expectBoth(await spanOf(async () => void (await form(calls, start))), provider);
  });

  test("counts once where a tracked function returns the loop of another", async () => {
    const trace = await traceOf(async () => {
      const outer = calls.promiseReturning(prompt, () => calls.promiseReturning(prompt, start));
      const { finalContent } = outer as Partial<Loop>;
      await (finalContent === undefined ? outer : finalContent.call(outer));
    });
    expect(trace.spans).toHaveLength(2);
    for (const span of trace.spans) await expectBoth(span, provider);
    expect(trace.token_usage).toMatchObject({
      total_input_tokens: 2 * provider.usage.input_tokens,
    });
  });
});

test("a loop that fails in its second request counts the first one", async () => {
  const failing = looping(anthropic);
  const server = await startLlmServer({
    ...failing,
    answer: (scenario, streamed) =>
      steps === 1 ? { ...anthropic.error?.() } : failing.answer(scenario, streamed),
  });
  const tracked = COMPILED[0][1];
  const client = new Anthropic({ apiKey: "none", baseURL: server.url, maxRetries: 0 });
  let thrown: unknown;
  const span = await spanOf(async () => {
    const run = { parse: (input: unknown) => input, run: runTool };
    const tool = { type: "custom" as const, name: TOOL, description, input_schema: parameters };
    const loop = client.beta.messages.toolRunner({
      model: anthropic.model,
      max_tokens: 100,
      messages: [{ role: "user", content: prompt }],
      tools: [{ ...tool, ...run }],
    });
    await tracked.asyncFunction(prompt, () => loop).catch((error: unknown) => (thrown = error));
  });
  await server.close();
  expect(thrown).toBeInstanceOf(Anthropic.RateLimitError);
  expect(span).toMatchObject({ status: "error", usage: anthropic.usage });
});

test("a loop that the consumer leaves is cancelled, one that is never run is never consumed", async () => {
  const [, calls] = COMPILED[0];
  const left = await spanOf(async () => {
    const loop = calls.promiseReturning(prompt, () => toolRunner(false)) as AsyncIterable<unknown>;
    for await (const message of loop) {
      expect(message).toMatchObject({ type: "message" });
      break;
    }
  });
  expect(left).toMatchObject({ status_message: "cancelled", usage: anthropic.usage });
  const dropped = await spanOf(async () => {
    calls.promiseReturning(prompt, () => toolRunner(false));
    await Promise.resolve();
  }, collectGarbage);
  expect(dropped).toMatchObject({ status: "success", status_message: "never consumed" });
});
