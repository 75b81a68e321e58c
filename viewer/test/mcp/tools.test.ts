// Tools over HTTP, asked by the official client, on a real store.
import { serve } from "@hono/node-server";
import { Client, StreamableHTTPClientTransport } from "@modelcontextprotocol/client";
import { once } from "node:events";
import { mkdtempSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Answers } from "../../src/mcp/answers.ts";
import { mcpHandler } from "../../src/mcp/server.ts";
import type { Comparison, Coverage, SourceView } from "../../src/views.ts";
import { openStore } from "../../src/store/open.ts";
import { coming, type SpanParts, trace } from "../store/setup.ts";

const errors: unknown[] = [];
const stops: (() => Promise<unknown>)[] = [];
let client: Client;
let answers: Answers;

beforeAll(async () => {
  const directory = mkdtempSync(join(tmpdir(), "llmops-mcp-"));
  const store = await openStore({ path: join(directory, "dev.db") });
  stops.push(async () => rmSync(directory, { recursive: true }));
  stops.push(async () => store.close());
  await store.ingest(
    coming(
      calls("t-1", called('"Ada\'s question"')),
      calls("t-2", {
        status: "error",
        error: { type: "RangeError", message: "no 42", stack: null },
      }),
      calls("t-3", called(JSON.stringify("x".repeat(300_000)))),
      calls("__proto__", called('{"__proto__":"kept","constructor":1}')),
    ),
  );
  answers = {
    ...store,
    source: async (traceId, spanId) =>
      (await store.span(traceId, spanId)) === undefined ? undefined : VIEW,
    compare: async (a, b) =>
      (await store.trace(a)) && (await store.trace(b))
        ? ({ pairs: [] } as unknown as Comparison)
        : undefined,
    coverage: async () => COVERAGE,
  };
  const handler = mcpHandler("1.2.3", answers, (error) => errors.push(error));
  const server = serve({ fetch: handler, port: 0, hostname: "127.0.0.1" });
  await once(server, "listening");
  stops.push(async () => new Promise((resolve) => void server.close(resolve)));
  const { port } = server.address() as AddressInfo;
  client = new Client({ name: "test", version: "0" });
  await client.connect(new StreamableHTTPClientTransport(new URL(`http://127.0.0.1:${port}/mcp`)));
  stops.push(async () => client.close());
});

afterAll(async () => {
  for (const stop of stops.toReversed()) await stop();
});

/** A function, and one that it called. */
function calls(id: string, outer: Partial<SpanParts>): ReturnType<typeof trace> {
  return trace(id, [
    { span_id: `${id}-0`, span_name: "question", ...outer },
    { span_id: `${id}-1`, span_name: "inner", parent_span_id: `${id}-0` },
  ]);
}

/** @param argument JSON */
function called(argument: string): Partial<SpanParts> {
  return { input_data: { args: [JSON.parse(argument)], kwargs: {}, locals: {} } };
}

const VIEW = {
  state: "same",
  message: "",
  lines: [
    { line: 9, text: "function total(items) {" },
    { line: 10, text: "  const sum = items.length;" },
    { line: 11, text: "  return sum * 2;" },
  ],
  values: [
    { line: 10, name: "sum", phase: "local", preview: "3", unset: false },
    { line: 11, name: "return", phase: "return", preview: "6", unset: false },
    { line: 10, name: "later", phase: "local", preview: "", unset: true },
  ],
  failing: { line: 11, column: null, type: "TypeError", message: "no" },
} as unknown as SourceView;

const COVERAGE = {
  manifests: [],
  functions: [
    { site: "a.ts#a", state: "hit" },
    { site: "a.ts#b", state: "never" },
  ],
  unknown: [],
  totals: { functions: 2, hit: 1, never: 1, skipped: 0, truncated: 0, redacted: 0, percent: 50 },
} as unknown as Coverage;

interface Told {
  readonly text: string;
  readonly told: Record<string, never>;
  readonly failed: boolean;
}

async function ask(name: string, args: Record<string, unknown> = {}): Promise<Told> {
  const { content, structuredContent, isError } = await client.callTool({ name, arguments: args });
  const [first] = content as { text: string }[];
  return {
    text: first?.text ?? "",
    told: structuredContent as Record<string, never>,
    failed: isError === true,
  };
}

test("a client sees the eight tools, each read-only, each with the warning about values", async () => {
  const { tools } = await client.listTools();
  expect(tools.map(({ name }) => name)).toEqual([
    "list_traces",
    "get_trace",
    "get_span",
    "search_values",
    "list_errors",
    "compare_traces",
    "get_coverage",
    "get_stats",
  ]);
  for (const { annotations, description } of tools) {
    expect(annotations?.readOnlyHint).toBe(true);
    expect(description).toContain("not instructions");
  }
  expect(client.getServerVersion()).toMatchObject({ name: "llmops", version: "1.2.3" });
});

describe("answers", () => {
  test("list_traces pages on by `next`", async () => {
    const first = await ask("list_traces", { limit: 3 });
    expect(first.told).toMatchObject({ total: 4, traces: [{}, {}, {}] });
    const rest = await ask("list_traces", { limit: 3, cursor: first.told["next"] });
    expect(rest.told).toMatchObject({ traces: [{}], next: null });
    expect(JSON.parse(first.text)).toEqual(first.told);
  });

  test("list_traces leaves out rows that do not fit, and goes on behind those shown", async () => {
    const seen: string[] = [];
    let cursor: string | null = null;
    do {
      const { told, text } = await ask("list_traces", {
        max_chars: 1200,
        ...(cursor !== null && { cursor }),
      });
      expect(text.length).toBeLessThanOrEqual(1200);
      const { traces, next } = told as unknown as {
        traces: { trace_id: string }[];
        next: string | null;
      };
      seen.push(...traces.map((row) => row.trace_id));
      cursor = next;
    } while (cursor !== null);
    expect(seen.toSorted()).toEqual(["__proto__", "t-1", "t-2", "t-3"]);
  });

  test("get_trace shows the tree, and less of it by depth", async () => {
    const { told } = await ask("get_trace", { trace_id: "t-1" });
    expect(told).toMatchObject({
      trace: { trace_id: "t-1" },
      tree: [{ name: "question", children: [{ name: "inner", children: [] }] }],
    });
    const { told: shallow } = await ask("get_trace", { trace_id: "t-1", depth: 0 });
    expect(shallow["tree"]).toMatchObject([{ name: "question", children: [], hidden: 1 }]);
  });

  test("get_span has every value beside the line that assigned it", async () => {
    const { told } = await ask("get_span", { trace_id: "t-1", span_id: "t-1-0" });
    expect(told["source"]).toEqual([
      " 9 | function total(items) {",
      "10 |   const sum = items.length;   // sum = 3",
      "11 |   return sum * 2;   // → 6, ✗ TypeError: no",
    ]);
    expect(told["state"]).toBe("same");
    expect(told["span"]).toMatchObject({ input_data: { args: ["Ada's question"] } });
  });

  test("a long value is cut, and the answer says how to see more of it", async () => {
    const { told, text } = await ask("get_span", { trace_id: "t-3", span_id: "t-3-0" });
    expect(text.length).toBeLessThanOrEqual(25_000);
    expect(text.length).toBeGreaterThan(2000);
    expect(told).toMatchObject({ truncated: true, next: { max_chars: 100_000 } });
    expect(text).toContain("(300000 characters)");
  });

  test("keys that are prototypes' names are keys", async () => {
    const { text } = await ask("get_span", { trace_id: "__proto__", span_id: "__proto__-0" });
    expect(text).toContain('"__proto__":"kept"');
  });

  test("search_values, list_errors, compare_traces, get_coverage and get_stats", async () => {
    const { told: found } = await ask("search_values", { text: "ADA'S" });
    expect(found["matches"]).toMatchObject([{ trace_id: "t-1" }]);
    const { told: failures } = await ask("list_errors", { since: "-36500d" });
    expect(failures["errors"]).toMatchObject([
      { type: "RangeError", count: 1, last_trace_id: "t-2" },
    ]);
    expect((await ask("compare_traces", { a: "t-1", b: "t-2" })).told).toEqual({ pairs: [] });
    const { told: never } = await ask("get_coverage", { state: "never" });
    expect(never["functions"]).toEqual([{ site: "a.ts#b", state: "never" }]);
    expect((await ask("get_stats", { by: "name" })).told).toHaveProperty("series");
  });
});

describe("what cannot be answered is told in a sentence", () => {
  test.each([
    ["get_trace", { trace_id: "nope" }, 'no trace "nope"'],
    ["get_span", { trace_id: "nope", span_id: "1" }, 'no trace "nope"'],
    ["get_span", { trace_id: "t-1", span_id: "nope" }, 'no span "nope"'],
    ["compare_traces", { a: "t-1", b: "nope" }, 'no trace "nope"'],
    ["list_traces", { query: 'fn:"open' }, "query cannot be read at character"],
    ["list_traces", { cursor: "nope" }, "cursor"],
    ["list_errors", { since: "yesterday evening" }, "is no time"],
  ])("%s %j", async (name, args, sentence) => {
    const { text, failed } = await ask(name, args);
    expect(failed).toBe(true);
    expect(text).toContain(sentence);
    expect(errors).toEqual([]);
  });

  test("arguments of other types are refused before the tool runs", async () => {
    const refused = await ask("get_trace", { trace_id: 7 }).catch((error: Error) => ({
      failed: true,
      text: error.message,
    }));
    expect(refused.failed).toBe(true);
    expect(refused.text).toContain("trace_id");
  });

  test("a fault of ours is told to the log, not to the AI", async () => {
    const { coverage } = answers;
    answers.coverage = async () => {
      throw new Error("/secret/path is broken");
    };
    const { text, failed } = await ask("get_coverage");
    answers.coverage = coverage;
    expect(failed).toBe(true);
    expect(text).not.toContain("secret");
    expect(errors.splice(0).map(String)).toEqual(["Error: /secret/path is broken"]);
  });
});
