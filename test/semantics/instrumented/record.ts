// Before each test file of an instrumented run: traces are kept in this process, and there are some. Their values are
// short: what recording does to the program is the subject, and syntax trees would be most of the work.
import { configure, flush } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { afterAll, expect } from "vitest";

const sink = memorySink();
const limits = { spansPerTrace: 20, spanIo: 500, traceIo: 500 };
configure({ projectId: "instrumented", sink, durability: "memory", limits });

afterAll(async () => {
  await flush();
  expect(sink.messages().length).toBeGreaterThan(0);
});
