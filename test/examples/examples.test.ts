// Each folder of examples/, built and run as its package.json says → its traces, as outlines.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import type { WireSpan, WireTrace } from "llmops-observability/wire";
import { EXAMPLES, runExample } from "../../examples/run.ts";

const OUTLINES: Readonly<Record<string, readonly string[]>> = {
  agent: ["agent", "  work", "    think", "    weather", "    think"],
  "chat-hono": ["server", "  answer"],
  lambda: ["answer", "  answer", "    ask"],
  nest: ["server", "  AnswerController.answer", "    AnswerService.ask"],
  rag: ["rag", "  retrieve", ...Array.from({ length: 8 }, () => "    similarity"), "  ask"],
  "vite-ssr": ["server", "  greet", "  page"],
  worker: ["order", "job", "  work", "    summarize"],
};

/** A trace of a request is named after the machine. */
function outline({ trace_name, spans, metadata }: WireTrace): string[] {
  const below = (parent: string | null, indent: string): string[] =>
    spans
      .filter(({ parent_span_id }) => (parent_span_id ?? null) === parent)
      .flatMap((span) => [indent + span.span_name, ...below(span.span_id, `${indent}  `)]);
  const name = metadata?.["http"] === undefined ? trace_name : "server";
  return [name, ...below(null, "  ")];
}

test("each example is listed", () => {
  expect(EXAMPLES.toSorted()).toEqual(Object.keys(OUTLINES).toSorted());
});

test.each(EXAMPLES)("%s", async (name) => {
  const { stdout, traces } = await runExample(name);
  expect(stdout).toContain("You asked: ");
  const expected = OUTLINES[name];
  expect(traces.flatMap(outline)).toEqual(expected);
  const calls = traces.flatMap(({ spans }) => spans.filter(isGeneration));
  expect(calls.length).toBeGreaterThan(0);
  for (const { usage, cost, model_id } of calls) {
    expect(usage?.total_tokens).toBeGreaterThan(0);
    expect(cost?.total_cost).toBeGreaterThan(0);
    expect(model_id).toBe("gpt-4o-mini-2024-07-18");
  }
});

test("a worker's trace continues its sender's", async () => {
  const { traces } = await runExample("worker");
  const [order, job] = traces;
  expect(JSON.stringify(job)).toContain(order?.trace_id.replaceAll("-", ""));
});

test.each(EXAMPLES)("%s asks for the versions that are here", (name) => {
  const root = join(import.meta.dirname, "../..");
  const read = (path: string): Record<string, Record<string, string>> =>
    JSON.parse(readFileSync(join(root, path, "package.json"), "utf8")) as never;
  const here = read(".")["devDependencies"] ?? {};
  const { dependencies, devDependencies } = read(join("examples", name));
  const asked = Object.entries({ ...dependencies, ...devDependencies });
  const others = asked.filter(([needed]) => !needed.startsWith("llmops-"));
  expect(others).toEqual(others.map(([needed]) => [needed, `^${here[needed]}`]));
});

function isGeneration({ span_type }: WireSpan): boolean {
  return span_type === "generation";
}
