// `npm run demo` as a user runs it, in a child process; then what it printed and wrote: every message, every trace's shape.
import { execFile, spawn } from "node:child_process";
import { readFileSync, rmSync } from "node:fs";
import { connect } from "node:net";
import { join } from "node:path";
import { promisify } from "node:util";
import { gunzipSync } from "node:zlib";
import type { WireSpan, WireTrace } from "llmops-processor";
import { beforeAll, describe, expect, test } from "vitest";
import { expectSameTotals, expectValidRequests } from "../../runtime/test/otlp/agreement.ts";
import { builtInQuestions } from "../../demo/app/rag/src/questions.ts";

const ROOT = join(import.meta.dirname, "../..");
const OUT = join(ROOT, ".llmops/demo");

const run = promisify(execFile);

function demo(...args: string[]): Promise<{ stdout: string; stderr: string }> {
  return run(process.execPath, [join(ROOT, "demo/run.ts"), ...args], { cwd: ROOT });
}

function written(name: "messages.json" | "traces.json"): unknown {
  return JSON.parse(readFileSync(join(OUT, name), "utf8"));
}

/** As the seed's reference consumer: parse, base64, gunzip, parse. */
function decoded(body: string): WireTrace {
  const message = JSON.parse(body) as { data: string };
  return JSON.parse(gunzipSync(Buffer.from(message.data, "base64")).toString("utf8")) as WireTrace;
}

const TRACE_KEYS = (
  "trace_id trace_name project_id environment user_id session_id start_time end_time duration_ms trace_input " +
  "trace_output token_usage cost spans metadata tags total_spans total_generations sdk_name sdk_version"
).split(" ");
const SPAN_KEYS = (
  "span_id span_name span_type parent_span_id start_time end_time duration_ms input_data output_data error model_id " +
  "metadata tags usage cost prompt response status status_message level"
).split(" ");
const UUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/;

interface Tree {
  [call: string]: Tree;
}

/** Names of spans with those of their children, numbered where one name comes several times. */
function treeOf(spans: readonly WireSpan[], parent: string | null = null): Tree {
  const tree: Tree = {};
  const count = new Map<string, number>();
  for (const { span_name: name, span_id: id } of childrenOf(spans, parent)) {
    const before = count.get(name) ?? 0;
    count.set(name, before + 1);
    tree[before === 0 ? name : `${name} ${before + 1}`] = treeOf(spans, id);
  }
  return tree;
}

function childrenOf(spans: readonly WireSpan[], parent: string | null): WireSpan[] {
  return spans.filter(({ parent_span_id }) => parent_span_id === parent);
}

function named(spans: readonly WireSpan[], name: string): WireSpan[] {
  return spans.filter(({ span_name }) => span_name === name);
}

function only<T>(values: readonly T[]): T {
  expect(values).toHaveLength(1);
  return values[0] as T;
}

function questionOf(input: unknown): string {
  return (input as { question: string }).question;
}

function localsOf({ input_data: { locals } }: WireSpan): Record<string, unknown> {
  return locals as Record<string, unknown>;
}

describe("with the built-in questions", () => {
  let stdout: string;
  let bodies: string[];
  let traces: WireTrace[];
  let asked: WireTrace[];

  beforeAll(async () => {
    // With nothing in the spool that an interrupted demo left there.
    rmSync(OUT, { recursive: true, force: true });
    ({ stdout } = await demo());
    bodies = written("messages.json") as string[];
    traces = written("traces.json") as WireTrace[];
    asked = traces.filter(({ trace_input }) => trace_input !== null);
  });

  function spansOf(question: string | undefined): readonly WireSpan[] {
    return only(asked.filter(({ trace_input }) => questionOf(trace_input) === question)).spans;
  }

  test("ends by showing what each sink of the processor got", () => {
    const shown = stdout.slice(stdout.indexOf("What each sink"));
    const { length: spans } = traces.flatMap((trace) => trace.spans);
    for (const name of ["Langfuse", "New Relic", "Datadog"])
      expect(shown).toMatch(
        new RegExp(`^${name}: \\d+ requests?, ${spans + traces.length} spans$`, "m"),
      );
    expect(shown).toContain(`S3: ${traces.length} objects`);
    for (const { trace_id: id } of traces)
      expect(shown).toMatch(new RegExp(`project=rag-demo/date=[\\d-]+/env=demo/${id}\\.`));
    expect(shown).toContain('"Namespace":"LLMOps"');
  });

  test("every question has its own trace, and the last line sums them up", () => {
    const questions = asked.map(({ trace_input }) => questionOf(trace_input));
    expect(questions.toSorted()).toEqual([...builtInQuestions].toSorted());
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(
      /^6 questions · 7 traces · \d+ spans · [\d,]+ tokens · \$0\.\d+$/,
    );
  });

  test("every message decodes by the seed's reference steps", () => {
    expect(bodies.length).toBeGreaterThanOrEqual(7);
    expect(bodies.map(decoded)).toEqual(traces);
    for (const [index, body] of bodies.entries()) {
      const envelope = JSON.parse(body) as Record<string, unknown>;
      expect(Object.keys(envelope).toSorted()).toEqual(["compressed", "data", "trace_id", "type"]);
      expect(envelope).toMatchObject({ compressed: true, type: "trace" });
      expect(envelope["trace_id"]).toBe(traces[index]?.trace_id);
      expect(Buffer.byteLength(body)).toBeLessThanOrEqual(200_000);
    }
  });

  test("Langfuse and OpenTelemetry's schema take each trace, with its tokens and cost", () => {
    expectValidRequests(traces);
    traces.forEach(expectSameTotals);
  });

  test("traces and spans have every field of the wire, of its kind", () => {
    for (const trace of traces) {
      expect(Object.keys(trace)).toEqual(expect.arrayContaining(TRACE_KEYS));
      expect(trace).toMatchObject({
        project_id: "rag-demo",
        environment: "demo",
        sdk_name: "llmops-observability",
        total_spans: trace.spans.length,
        total_generations: trace.spans.filter((span) => span.span_type === "generation").length,
      });
      expect(trace.trace_id).toMatch(UUID);
      expect(trace.duration_ms).toSatisfy(Number.isInteger);
      expect(trace.end_time).toBeGreaterThanOrEqual(trace.start_time);
      for (const span of trace.spans) {
        expect(Object.keys(span)).toEqual(expect.arrayContaining(SPAN_KEYS));
        expect(span.span_id).toMatch(UUID);
        expect(span.duration_ms).toSatisfy(Number.isInteger);
        expect(Object.keys(span.input_data)).toEqual(
          expect.arrayContaining(["args", "kwargs", "locals"]),
        );
        expect(Object.keys(span.output_data)).toEqual(["output"]);
        expect(span.metadata).toMatchObject({ environment: "demo", project_id: "rag-demo" });
        expect(["success", "error"]).toContain(span.status);
        expect(Array.isArray(span.tags)).toBe(true);
      }
    }
  });

  test("users and sessions, inputs and outputs are the program's", () => {
    for (const trace of asked) {
      const index = builtInQuestions.indexOf(questionOf(trace.trace_input));
      expect(trace).toMatchObject({
        trace_name: "question",
        user_id: `reader-${index + 1}`,
        session_id: "reading-group",
      });
      const { text } = trace.trace_output as { text: string };
      expect(stdout).toContain(`A: ${text}\n`);
    }
  });

  const completion: Tree = { "Model.chat": {} };
  const quote: Tree = { promptFor: {}, "Model.complete": completion };
  const afterSearch: Tree = { promptFor: {}, quote, "quote 2": quote, "quote 3": quote };
  const searched: Tree = { byHeading: {}, byText: {}, fuse: {} };

  test("spans nest as the program's calls do, also under Promise.all", () => {
    const [first, ...others] = builtInQuestions;
    expect(treeOf(spansOf(first))).toEqual({
      answerQuestion: {
        "Retriever.search": searched,
        "Model.complete": { "Model.chat": {}, "Model.chat 2": {} },
        ...afterSearch,
      },
    });
    for (const question of others) {
      expect(treeOf(spansOf(question))).toEqual({
        answerQuestion: {
          "Retriever.search": searched,
          "Model.complete": completion,
          ...afterSearch,
        },
      });
    }
    const preparation = only(traces.filter(({ trace_input }) => trace_input === null));
    expect(treeOf(preparation.spans)).toEqual({
      loadPages: {},
      splitIntoPassages: {},
      "Retriever.add": {},
    });
  });

  test("each quote's model call is its own, not its neighbour's", () => {
    for (const { spans } of asked) {
      for (const span of named(spans, "quote")) {
        const complete = only(named(childrenOf(spans, span.span_id), "Model.complete"));
        const { sentence } = localsOf(span);
        expect(complete.output_data.output).toBe(sentence);
        expect(span.output_data.output).toMatchObject({ sentence });
        const chat = only(childrenOf(spans, complete.span_id));
        expect(chat.response).toBe(sentence);
      }
    }
  });

  test("traces never mix", () => {
    const ids = traces.flatMap(({ spans }) => spans.map(({ span_id }) => span_id));
    expect(new Set(ids).size).toBe(ids.length);
    for (const { spans, trace_input } of asked) {
      const question = questionOf(trace_input);
      const own = new Map(spans.map((span) => [span.span_id, span]));
      expect(only(named(spans, "answerQuestion")).input_data.args).toMatchObject([question]);
      for (const span of named(spans, "Model.chat")) {
        expect(JSON.stringify(span.input_data.kwargs)).toContain(`Question: ${question}`);
      }
      for (const span of spans) {
        if (span.parent_span_id === null) continue;
        const parent = own.get(span.parent_span_id);
        expect(parent).toBeDefined();
        // Times are seconds as floats: a millisecond of tolerance.
        expect(span.start_time).toBeGreaterThanOrEqual((parent?.start_time ?? 0) - 0.001);
        expect(span.end_time).toBeLessThanOrEqual((parent?.end_time ?? 0) + 0.001);
      }
    }
  });

  test("locals, own fields, tags and metadata are there, from tag, config, and both", () => {
    for (const { spans } of asked) {
      const answer = only(named(spans, "answerQuestion"));
      expect(Object.keys(localsOf(answer))).toEqual(["passages", "draft", "quotes"]);
      expect(answer.tags).toEqual(["rag", "docs"]);
      expect(answer.metadata).toMatchObject({ team: "docs", pipeline: "draft-then-quote" });

      const search = only(named(spans, "Retriever.search"));
      expect(search.input_data.self).toMatchObject({ passageCount: expect.any(Number) as number });
      expect(localsOf(search)["rankings"]).toHaveLength(2);
      expect(Object.keys(localsOf(only(named(spans, "fuse"))))).toEqual(["scores"]);
      expect(Array.isArray(localsOf(only(named(spans, "byHeading")))["best"])).toBe(true);
    }
  });

  test("exactly one call fails, with its error and the locals it had by then", () => {
    const failed = traces.flatMap(({ spans }) => spans.filter(({ status }) => status === "error"));
    const call = only(failed);
    expect(call).toMatchObject({
      span_name: "Model.chat",
      span_type: "generation",
      error: {
        type: "NotFoundError",
        message: expect.stringContaining("gpt-4.5-preview") as string,
        stack: expect.any(String) as string,
      },
      output_data: { output: null },
      usage: null,
    });
    expect(localsOf(call)).toEqual({
      request: expect.objectContaining({ model: "gpt-4.5-preview", temperature: 0 }) as object,
      promptCharacters: expect.any(Number) as number,
    });

    const spans = spansOf(builtInQuestions[0]);
    const caller = only(spans.filter(({ span_id }) => span_id === call.parent_span_id));
    expect(caller).toMatchObject({ span_name: "Model.complete", status: "success", error: null });
    expect(localsOf(caller)["candidate"]).toBe("gpt-4o-mini");
    expect(JSON.stringify(localsOf(caller)["refusal"])).toContain("gpt-4.5-preview");
    expect(caller.input_data.self).toEqual({ refused: ["gpt-4.5-preview"] });
  });

  test("model calls carry prompt, response, tokens and cost, and traces their sums", () => {
    for (const { spans, token_usage, cost } of asked) {
      const calls = named(spans, "Model.chat").filter(({ status }) => status === "success");
      expect(calls).toHaveLength(4);
      let [input, output, dollars] = [0, 0, 0];
      for (const call of calls) {
        expect(call.span_type).toBe("generation");
        expect(call.model_id).toMatch(/^gpt-4o-mini/);
        expect(call.prompt).toContain("Question: ");
        expect(call.response).toBeTypeOf("string");
        const { usage } = call.output_data.output as unknown as {
          usage: { prompt_tokens: number; completion_tokens: number };
        };
        expect(call.usage).toMatchObject({
          input_tokens: usage.prompt_tokens,
          output_tokens: usage.completion_tokens,
          total_tokens: usage.prompt_tokens + usage.completion_tokens,
        });
        input += usage.prompt_tokens;
        output += usage.completion_tokens;
        expect(call.cost?.total_cost).toBeGreaterThan(0);
        dollars += call.cost?.total_cost ?? 0;
      }
      expect(token_usage).toEqual({
        total_input_tokens: input,
        total_output_tokens: output,
        total_tokens: input + output,
      });
      expect(cost.total_cost).toBeCloseTo(dollars, 9);
    }
  });

  test("prints each trace as a tree", () => {
    for (const line of ["answerQuestion  span", "Model.chat  generation  gpt-4o-mini"]) {
      expect(stdout).toContain(`─ ${line}`);
    }
    expect(stdout).toContain("NotFoundError: 404");
    // Piped: no colours.
    expect(stdout).not.toContain("\u001b");
  });
});

describe("with questions of one's own", () => {
  test("asks those, also one of them twice", async () => {
    const question = "What are embeddings used for?";
    const { stdout } = await demo("--question", question, "--question", question);
    expect(stdout.trimEnd().split("\n").at(-1)).toMatch(/^2 questions · 3 traces · /);
    const inputs = (written("traces.json") as WireTrace[]).map(({ trace_input }) => trace_input);
    expect(inputs).toEqual([null, { question }, { question }]);
  });

  test("explains itself when it is called wrongly", async () => {
    await expect(demo("--questions", "x")).rejects.toMatchObject({
      code: 2,
      stderr: expect.stringContaining('npm run demo [-- --question "…"') as string,
    });
  });

  test("Ctrl-C ends it, and its servers", async () => {
    const child = spawn(process.execPath, [join(ROOT, "demo/run.ts")], { cwd: ROOT });
    const ended = new Promise((resolve) => child.once("exit", resolve));
    let output = "";
    for await (const chunk of child.stdout as AsyncIterable<Buffer>) {
      output += chunk.toString("utf8");
      if (output.includes("its traces go to")) child.kill("SIGINT");
    }
    expect(await ended).toBe(130);
    const port = Number(/127\.0\.0\.1:(\d+)/.exec(output)?.[1]);
    const refused = await new Promise((resolve) => {
      const socket = connect(port, "127.0.0.1", () => resolve("connected"));
      socket.once("error", ({ code }: NodeJS.ErrnoException) => resolve(code));
    });
    expect(refused).toBe("ECONNREFUSED");
  });
});
