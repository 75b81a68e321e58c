// Answers without their SDKs: bodies of Bedrock's models, bare, in bytes and in chunks; forms that
// are of no provider; which model is taken.
import { spawnSync } from "node:child_process";
import { configure } from "llmops-observability";
import type { WireSpan } from "llmops-observability/wire";
import { afterEach, beforeAll, describe, expect, test } from "vitest";
import type * as Calls from "../calls.ts";
import { chat } from "../providers/openai-chat.ts";
import {
  instrumentedCalls,
  recordAll,
  spanOf,
  spanOfResult,
  spanOfStream,
  traceOf,
} from "../recorded.ts";

let tracked: typeof Calls;
beforeAll(() => {
  recordAll();
  tracked = instrumentedCalls();
});

const bytesOf = (body: unknown): Uint8Array => Buffer.from(JSON.stringify(body));

interface Body {
  readonly body: unknown;
  readonly text?: string;
  readonly usage?: readonly [input: number, output: number];
  readonly finish?: string;
}

const BODIES: Readonly<Record<string, Body>> = {
  "Titan Text": {
    body: {
      inputTextTokenCount: 5,
      results: [{ tokenCount: 3, outputText: "Hi", completionReason: "FINISH" }],
    },
    usage: [5, 3],
    finish: "FINISH",
  },
  Nova: {
    body: {
      output: { message: { role: "assistant", content: [{ text: "Hi" }] } },
      stopReason: "end_turn",
      usage: { inputTokens: 5, outputTokens: 3, cacheReadInputTokenCount: 0 },
    },
    usage: [5, 3],
    finish: "end_turn",
  },
  Llama: {
    body: {
      generation: "Hi",
      prompt_token_count: 5,
      generation_token_count: 3,
      stop_reason: "stop",
    },
    usage: [5, 3],
    finish: "stop",
  },
  "Claude 2": { body: { completion: "Hi", stop_reason: "stop_sequence" }, finish: "stop_sequence" },
  "Claude 3": {
    body: {
      type: "message",
      role: "assistant",
      model: "claude-3-haiku-20240307",
      content: [{ type: "text", text: "Hi" }],
      stop_reason: "end_turn",
      usage: { input_tokens: 5, output_tokens: 3 },
    },
    usage: [5, 3],
    finish: "end_turn",
  },
  "Cohere Command": {
    body: { id: "1", prompt: "?", generations: [{ text: "Hi", finish_reason: "COMPLETE" }] },
    finish: "COMPLETE",
  },
  "Cohere Command R": {
    body: { text: "Hi", generation_id: "1", finish_reason: "COMPLETE", chat_history: [] },
    finish: "COMPLETE",
  },
  "AI21 Jurassic": {
    body: {
      id: 1,
      prompt: { text: "?", tokens: [{}, {}, {}, {}, {}] },
      completions: [
        { data: { text: "Hi", tokens: [{}, {}, {}] }, finishReason: { reason: "endoftext" } },
      ],
    },
    usage: [5, 3],
    finish: "endoftext",
  },
  "Mistral text": { body: { outputs: [{ text: "Hi", stop_reason: "stop" }] }, finish: "stop" },
};

/** Only in bytes: parsed, they could be anybody's. */
const RAW_BODIES: Readonly<Record<string, Body>> = {
  "AI21 Jamba": {
    body: {
      id: "1",
      choices: [{ index: 0, message: { role: "assistant", content: "Hi" }, finish_reason: "stop" }],
      usage: { prompt_tokens: 5, completion_tokens: 3, total_tokens: 8 },
    },
    usage: [5, 3],
    finish: "stop",
  },
};

function expectBody(span: WireSpan, { usage, finish }: Body): void {
  expect(span.response).toBe("Hi");
  expect(span.finish_reason).toBe(finish);
  if (usage === undefined) expect(span.usage).toBeNull();
  else {
    const [input_tokens, output_tokens] = usage;
    expect(span.usage).toMatchObject({ input_tokens, output_tokens });
  }
}

describe.each(Object.entries(BODIES))("Bedrock's %s", (_name, known) => {
  test("parsed", async () => expectBody(await spanOfResult(known.body), known));
  test("in bytes", async () => {
    const span = await spanOfResult({ body: bytesOf(known.body), contentType: "application/json" });
    expectBody(span, known);
  });
});

test.each(Object.entries(RAW_BODIES))("Bedrock's %s, in bytes", async (_name, known) => {
  expectBody(await spanOfResult({ body: bytesOf(known.body) }), known);
});

test.each([
  [
    "Llama",
    [
      { generation: "H", stop_reason: null },
      { generation: "i", stop_reason: "stop" },
    ],
    "stop",
  ],
  [
    "Titan",
    [
      {
        outputText: "H",
        index: 0,
        totalOutputTextTokenCount: 1,
        completionReason: null,
        inputTextTokenCount: 5,
      },
      {
        outputText: "i",
        index: 0,
        totalOutputTextTokenCount: 3,
        completionReason: "FINISH",
        inputTextTokenCount: null,
      },
    ],
    "FINISH",
  ],
  [
    "Command R",
    [
      { is_finished: false, event_type: "text-generation", text: "H" },
      { is_finished: false, event_type: "text-generation", text: "i" },
      { is_finished: true, event_type: "stream-end", finish_reason: "COMPLETE" },
    ],
    "COMPLETE",
  ],
])("Bedrock's chunks of %s, with the counts of its metrics", async (_name, chunks, finish) => {
  const metrics = { inputTokenCount: 5, outputTokenCount: 3, invocationLatency: 1 };
  const span = await spanOfStream(
    chunks.map((chunk, at) => ({
      chunk: {
        bytes: bytesOf(
          at === chunks.length - 1
            ? { ...chunk, "amazon-bedrock-invocationMetrics": metrics }
            : chunk,
        ),
      },
    })),
  );
  expectBody(span, { body: undefined, usage: [5, 3], finish });
});

test.each([
  [{ answer: "Hi", score: 1 }],
  [{ usage: { tokens: 5 }, choices: "none" }],
  [[1, 2]],
  [new Map([["a", 1]])],
  [7],
])("of an unknown form, %j is recorded as it is", async (value) => {
  const span = await spanOfResult(value);
  expect(span).toMatchObject({ span_type: "generation", status: "success" });
  expect(span).toMatchObject({ response: null, usage: null, cost: null });
  expect(JSON.stringify(span.output_data.output)).toMatch(/Hi|5|2|a|7/);
});

test("what is not known is noted once, in a line for each kind", () => {
  const script = `
    const { configure, trackLlm, withTrace, flush } = await import("llmops-observability");
    const { memorySink } = await import("llmops-observability/testing");
    const sink = memorySink();
    configure({ sink, durability: "memory" });
    const ask = trackLlm((answer) => answer);
    await withTrace("t", async () => {
      for (let at = 0; at < 3; at++) {
        ask({ usage: { tokens: at }, choices: "none" });
        ask({ object: "chat.completion", model: "acme-" + at, choices: [],
          usage: { prompt_tokens: 1, completion_tokens: 1 } });
      }
    });
    await flush();
    const { spans, cost } = sink.traces()[0];
    console.log(spans.length, spans.filter((span) => span.cost !== null).length, cost.total_cost);
    process.exit();`;
  const { stdout, stderr } = spawnSync(
    process.execPath,
    ["--input-type=module", "--no-warnings", "-e", script],
    { encoding: "utf8" },
  );
  expect(stdout.trim()).toBe("6 0 null");
  expect(stderr.trim().split("\n")).toEqual([
    expect.stringContaining("response of a form that this version does not know"),
    expect.stringContaining('No price is known for the model "acme-0"'),
  ]);
});

test("a process that is quicker than the price list says that, and nothing of the model", () => {
  const script = `
    const { configure, trackLlm } = await import("llmops-observability");
    const { memorySink } = await import("llmops-observability/testing");
    configure({ sink: memorySink(), durability: "memory" });
    trackLlm((answer) => answer)({ object: "chat.completion", model: "gpt-4o", choices: [],
      usage: { prompt_tokens: 1, completion_tokens: 1 } });
    process.exit();`;
  const flags = ["--input-type=module", "--no-warnings", "-e", script];
  const { stderr } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  expect(stderr).toContain("The process ended before the price list was loaded");
  expect(stderr).not.toContain("No price is known");
});

test("chunks of an unknown form are recorded as they are", async () => {
  const span = await spanOfStream([{ piece: 1 }, { piece: 2 }]);
  expect(span).toMatchObject({ response: null, usage: null, status: "success" });
  expect(span.output_data.output).toEqual([{ piece: 1 }, { piece: 2 }]);
});

test("a getter, a proxy and a `toJSON` in an answer are not run", async () => {
  const ran: string[] = [];
  const usage = new Proxy({}, { get: () => (ran.push("proxy"), 5) });
  const value = {
    ...(chat(usage) as object),
    get id() {
      ran.push("getter");
      return "1";
    },
    toJSON: () => ran.push("toJSON"),
  };
  Object.defineProperty(value, "id", { enumerable: true, get: () => ran.push("getter") });
  expect(await spanOfResult(value)).toMatchObject({ response: "Hi", usage: null });
  expect(ran).toEqual([]);
});

describe("the model", () => {
  const counts = { prompt_tokens: 10, completion_tokens: 2 };
  const answer = chat(counts);
  const converse = {
    output: { message: { role: "assistant", content: [{ text: "Hi" }] } },
    usage: { inputTokens: 10, outputTokens: 2 },
  };
  const titan = BODIES["Titan Text"]?.body;
  afterEach(() => configure({ modelId: undefined, prices: {} }));

  test("is the option's, before the argument's and the answer's", async () => {
    const span = await spanOf(async () => void (await tracked.withOption("?", () => answer)));
    expect(span.model_id).toBe("gpt-4o");
    expect(span.cost).toMatchObject({ model_source: "option" });
  });

  test("is the argument's, before the answer's", async () => {
    const span = await spanOf(
      async () => void (await tracked.withModel("gpt-4.1", "?", () => answer)),
    );
    expect(span.model_id).toBe("gpt-4.1");
    expect(span.cost).toMatchObject({ model_source: "argument" });
  });

  test.each(["modelId", "model_id", "model", "model_name"])(
    "is `%s` of a request",
    async (name) => {
      const request = { [name]: "gpt-4.1", messages: [] };
      const span = await spanOf(
        async () => void (await tracked.withRequest(request, () => answer)),
      );
      expect(span).toMatchObject({ model_id: "gpt-4.1", cost: { model_source: "argument" } });
    },
  );

  test("of a deployment's own name is priced as the one that answered", async () => {
    const span = await spanOf(
      async () => void (await tracked.withModel("my-deployment", "?", () => answer)),
    );
    expect(span).toMatchObject({ model_id: "my-deployment", cost: { model_source: "response" } });
  });

  test("is MODEL_ID where neither names one", async () => {
    configure({ modelId: "us.amazon.nova-lite-v1:0" });
    const span = await spanOfResult(converse);
    expect(span.model_id).toBe("us.amazon.nova-lite-v1:0");
    expect(span.cost?.model_source).toBe("MODEL_ID");
    expect(span.cost?.input_cost).toBeCloseTo((10 * 0.06) / 1e6, 12);
  });

  test("is Claude 3.5 Sonnet where there is no MODEL_ID either", async () => {
    const span = await spanOfResult(converse);
    expect(span.model_id).toBe("anthropic.claude-3-5-sonnet-20241022-v2:0");
    expect(span.cost?.model_source).toBe("default");
    expect(span.cost?.total_cost).toBeCloseTo((10 * 3 + 2 * 15) / 1e6, 12);
  });

  test("of last resort never prices another vendor's answer", async () => {
    expect(await spanOfResult(titan)).toMatchObject({ usage: { input_tokens: 5 }, cost: null });
    configure({ modelId: "gpt-4o" });
    expect(await spanOfResult(titan)).toMatchObject({ cost: null });
    configure({ modelId: "amazon.titan-text-express-v1" });
    expect((await spanOfResult(titan)).cost).toMatchObject({ model_source: "MODEL_ID" });
  });

  test("without a price has no cost, and is never free", async () => {
    const unknown = { ...(answer as object), model: "acme-1" };
    const trace = await traceOf(async () => void tracked.returned(unknown));
    expect(trace.spans[0]).toMatchObject({
      model_id: "acme-1",
      usage: { total_tokens: 12 },
      cost: null,
    });
    expect(trace.cost.total_cost).toBeNull();
    configure({ prices: { "acme-1": { inputPerMillion: 1, outputPerMillion: 1 } } });
    expect((await spanOfResult(unknown)).cost).toMatchObject({ prices_as_of: "configured" });
  });

  test("of Ollama has the price that the program gives it, and no other", async () => {
    const local = {
      model: "gpt-4o",
      done: true,
      message: { content: "Hi" },
      prompt_eval_count: 1,
      eval_count: 1,
    };
    expect(await spanOfResult(local)).toMatchObject({ usage: { total_tokens: 2 }, cost: null });
    configure({ prices: { "gpt-4o": { inputPerMillion: 1, outputPerMillion: 1 } } });
    expect((await spanOfResult(local)).cost?.total_cost).toBeCloseTo(2e-6, 12);
  });

  test("gives the date of its price", async () => {
    expect((await spanOfResult(answer)).cost?.prices_as_of).toMatch(/^\d{4}-\d\d-\d\d$/);
  });
});
