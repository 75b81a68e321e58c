// Each provider's SDK × plain, streamed, tool call, error × each form of function × both emitters:
// the span holds what the provider answered, and the program gets what it would get without us.
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { PROVIDERS } from "./providers/index.ts";
import * as plainCalls from "./calls.ts";
import { type Calls, PROMPTS, type Provider, TEXT, TOOL, TOOL_INPUT } from "./provider.ts";
import { type Emitter, instrumentedCalls, recordAll, spanOf } from "./recorded.ts";
import { type LlmServer, startLlmServer } from "./server.ts";

type AllCalls = typeof plainCalls;
type Form = (
  calls: AllCalls,
  prompt: string,
  call: (prompt: string) => unknown,
  chunksOf?: (streamed: unknown) => AsyncIterable<unknown>,
) => unknown;

const FORMS: Readonly<Record<string, Form>> = {
  "async function": (calls, prompt, call) => calls.asyncFunction(prompt, call),
  "async function without await": (calls, prompt, call) => calls.asyncWithoutAwait(prompt, call),
  "promise-returning function": (calls, prompt, call) => calls.promiseReturning(prompt, call),
  "async generator": (calls, prompt, call, chunksOf) =>
    calls.asyncGenerator(prompt, call, chunksOf),
  method: (calls, prompt, call) => new calls.Assistant().ask(prompt, call),
};

/** What a program keeps of a call. */
interface Got {
  readonly chunks?: unknown[];
  readonly classes: unknown[];
  readonly value?: unknown;
  readonly thrown?: unknown;
}

const COMPILED: readonly (readonly [emitter: Emitter, calls: AllCalls])[] = [
  ["text", instrumentedCalls("text")],
  ["ast", instrumentedCalls("ast")],
];

describe.each(PROVIDERS)("$name", (provider) => {
  let server: LlmServer;
  let client: Calls;
  beforeAll(async () => {
    // Anew: what was recorded before is read through for each span.
    recordAll();
    server = await startLlmServer(provider);
    client = await provider.connect(server.url);
  });
  afterAll(() => server.close());

  const chunksOf = provider.chunksOf ?? ((answer: unknown) => answer as AsyncIterable<unknown>);

  async function answered(calls: AllCalls, form: Form, prompt: string): Promise<Got> {
    try {
      const result = form(calls, prompt, client.ask);
      if (form === FORMS["async generator"]) return await iterated(result);
      const value = await result;
      return { value: comparable(value), classes: [classOf(result), classOf(value)] };
    } catch (thrown) {
      return { thrown: comparable(thrown), classes: [classOf(thrown)] };
    }
  }

  async function streamed(calls: AllCalls, form: Form, prompt: string): Promise<Got> {
    try {
      const { signal } = new AbortController();
      const result = form(calls, prompt, (asked) => client.stream(asked, signal), chunksOf);
      if (form === FORMS["async generator"]) return await iterated(result);
      const value = await result;
      const chunks = chunksOf(value);
      return {
        ...(await iterated(chunks)),
        classes: [classOf(result), classOf(value), classOf(chunks)],
      };
    } catch (thrown) {
      return { thrown: comparable(thrown), classes: [classOf(thrown)] };
    }
  }

  const CASES = COMPILED.flatMap(([emitter, tracked]) =>
    Object.entries(FORMS).map(([name, form]) => ({ emitter, tracked, name, form })),
  );
  describe.each(CASES)("$name, compiled by $emitter", ({ tracked, name, form }) => {
    test.each(["plain", "tool"] as const)("%s", async (scenario) => {
      let got: Got | undefined;
      const span = await spanOf(async () => {
        got = await answered(tracked, form, PROMPTS[scenario]);
      });
      expect(got?.thrown).toBeUndefined();
      expect(got).toEqual(await answered(plainCalls, form, PROMPTS[scenario]));
      expectAnswer(span, scenario, provider.usage);
      expect(span.stream?.chunks).toBe(name === "async generator" ? 1 : undefined);
    });

    test.each(["plain", "tool"] as const)("%s, streamed", async (scenario) => {
      let got: Got | undefined;
      const span = await spanOf(async () => {
        got = await streamed(tracked, form, PROMPTS[scenario]);
      });
      expect(got?.thrown).toBeUndefined();
      expect(got).toEqual(await streamed(plainCalls, form, PROMPTS[scenario]));
      expectAnswer(span, scenario, provider.streamedUsage ?? provider.usage);
      expect(span.stream?.chunks).toBe(got?.chunks?.length);
      expect(span.stream?.time_to_first_chunk_ms).toBeTypeOf("number");
    });

    test.each([
      ["error", answered],
      ["error, streamed", streamed],
    ] as const)("%s", async (_name, run) => {
      let got: Got | undefined;
      const span = await spanOf(async () => {
        got = await run(tracked, form, PROMPTS.error);
      });
      expect(got).toEqual(await run(plainCalls, form, PROMPTS.error));
      expect(span.status).toBe("error");
      expect(span.status_message).toMatch(provider.statusMessage);
      expect(span.error?.message).toContain("Too many tokens");
      expect(span.usage).toBeNull();
      expect(span.cost).toBeNull();
    });
  });

  function expectAnswer(
    span: Awaited<ReturnType<typeof spanOf>>,
    scenario: "plain" | "tool",
    usage: Provider["usage"],
  ): void {
    expect(span.span_type).toBe("generation");
    expect(span.status).toBe("success");
    expect(span.prompt).toBe(PROMPTS[scenario]);
    expect(span.response ?? "").toBe(scenario === "plain" ? TEXT : "");
    expect(span.usage).toEqual(usage);
    expect(span.cost?.model_source ?? null).toBe(provider.modelSource);
    if (span.cost !== null) {
      const { input_cost, output_cost, total_cost } = span.cost;
      expect(input_cost).toBeGreaterThan(0);
      expect(total_cost).toBeCloseTo(input_cost + output_cost, 12);
    }
    expect(span.finish_reason).toBe(provider.finishReason[scenario]);
    const calls = span.tool_calls as { name: string; arguments: unknown }[] | undefined;
    if (scenario === "tool")
      expect(calls).toEqual([expect.objectContaining({ name: TOOL, arguments: TOOL_INPUT })]);
    else expect(calls).toBeUndefined();
  }
});

async function iterated(iterable: unknown): Promise<Got> {
  const chunks: unknown[] = [];
  const classes = [classOf(iterable)];
  for await (const chunk of iterable as AsyncIterable<unknown>) {
    chunks.push(comparable(chunk));
    classes.push(classOf(chunk));
  }
  return { chunks, classes };
}

function classOf(value: unknown): unknown {
  return typeof value === "object" && value !== null ? Object.getPrototypeOf(value) : typeof value;
}

/** Without what differs from call to call: times, ids made up by clients, sockets. */
function comparable(value: unknown): unknown {
  const seen = new Set<unknown>();
  const plain = (part: unknown): unknown => {
    if (typeof part === "function") return "function";
    if (typeof part !== "object" || part === null) return part;
    if (seen.has(part)) return "seen";
    seen.add(part);
    if (part instanceof Uint8Array) return Buffer.from(part).toString("utf8");
    if (part instanceof Date || part instanceof Headers || part instanceof Response)
      return part.constructor.name;
    const entries = Object.entries(Object.getOwnPropertyDescriptors(part))
      .filter(([key, own]) => own.enumerable === true && !VOLATILE.test(key))
      .map(([key, own]) => [key, plain(own.value)]);
    const message = part instanceof Error ? [["message", part.message]] : [];
    return Object.fromEntries([...entries, ...message]) as unknown;
  };
  return plain(value);
}

const VOLATILE =
  /^(?:date|headers|sdkHttpResponse|\$metadata|\$response|rawResponse|responseHeaders|id|callId|runId|timestamp|performance|attempts|totalRetryDelay|.*Ms|stack|_.*|url|request|response|lc_kwargs)$/;
