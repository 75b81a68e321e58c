// A program that does little but call tracked functions with large values: from some point on these are only named, until it does other things.
import { configure, flush, track, trackLlm, withTrace } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { expect, test } from "vitest";
import type { WireSpan } from "../../src/wire/message.ts";

/** Takes the encoder as long as any value of its size does. */
class Graph {
  readonly links: Record<string, Graph> = {};
}
const graphs = Array.from({ length: 40 }, () => new Graph());
for (const [at, graph] of graphs.entries())
  for (const [other, to] of graphs.entries())
    if ((at * other) % 3 === 0) graph.links[`link ${other}`] = to;
const [graph = new Graph()] = graphs;

const identity = track(function identity(value: unknown, text: string, ...rest: unknown[]) {
  return rest.length > 0 ? value : text;
});
const service = { graph, call: track(function call() {}, { self: true }) };
const ask = trackLlm(function ask(prompt: string, about: Graph) {
  return { object: "chat.completion", model: "gpt-5", choices: [], about };
});

async function last(calls: number): Promise<readonly WireSpan[]> {
  const sink = memorySink();
  configure({ sink, durability: "memory" });
  withTrace("busy", () => {
    for (let call = 0; call < calls; call++) identity(graph, "small", graph, "rest");
    service.call();
    ask("What is it?", graph);
  });
  await flush();
  return sink.traces()[0]?.spans.slice(-3) ?? [];
}

/** Until all of the last call is recorded as `named` says: when that begins is the machine's matter. */
async function until(named: boolean, calls: number): Promise<readonly WireSpan[]> {
  for (;;) {
    const spans = await last(calls);
    const [call] = spans;
    const [value, , again] = (call?.input_data.args ?? []) as readonly unknown[];
    const large = [value, again, call?.output_data.output];
    if (large.every((one) => (JSON.stringify(one) ?? "").includes('"[Graph]"') === named))
      return spans;
  }
}

test("values are named where encoding them takes most of the time, and only then", async () => {
  const [first, self, model] = await until(true, 200);
  const graphMarker = { _truncated: true, preview: "[Graph]" };
  expect(first?.input_data.args).toEqual([graphMarker, "small", graphMarker, "rest"]);
  expect(first?.output_data.output).toEqual(graphMarker);
  expect(self?.input_data.self).toEqual({ _truncated: true });
  expect(JSON.stringify(model?.input_data.args).length).toBeGreaterThan(1000);
  const [full] = await until(false, 1);
  expect(JSON.stringify(full?.output_data.output).length).toBeGreaterThan(1000);
});
