// Before each test file of an instrumented run: traces are kept in this process, and there are some.
import { configure, flush } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { afterAll, expect } from "vitest";

const sink = memorySink();
configure({ projectId: "instrumented", sink, durability: "memory", limits: { spansPerTrace: 20 } });

afterAll(async () => {
  await flush();
  expect(sink.messages().length).toBeGreaterThan(0);
});
