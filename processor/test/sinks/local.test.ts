// The local file: what is read back, after resends, parts, late parts, and from several processes.
import { mkdtempSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { localSink, readTraces } from "llmops-processor/local";
import { afterAll, expect, test } from "vitest";
import { span, trace } from "../setup.ts";
import { entryOf, signal } from "./setup.ts";

const directory = mkdtempSync(join(tmpdir(), "llmops-local-"));
afterAll(() => rmSync(directory, { recursive: true }));
const fileOf = (name: string): string => join(directory, name);

test("traces are read back joined, the oldest first, a resend once", async () => {
  const path = fileOf("joined.db");
  const [sink, other] = [localSink({ path }), localSink({ path })];
  const open = span({ status: "error", unfinished: true });
  const later = trace({ trace_name: "later", start_time: 200, spans: [span()] });
  const first = trace({ trace_name: "first", start_time: 100, spans: [open], total_spans: 2 });
  const { unfinished: _open, ...closed } = { ...open, status: "success" as const };
  const late = { ...first, spans: [closed, span()], late: true };
  const outcomes = await sink.send([entryOf(later), entryOf(late)], { signal });
  expect(outcomes).toEqual([{ state: "sent" }, { state: "sent" }]);
  await other.send([entryOf(first), entryOf(later)], { signal });
  const traces = readTraces(path);
  expect(traces.map(({ trace_name: name }) => name)).toEqual(["first", "later"]);
  expect(traces[0]?.spans).toHaveLength(2);
  expect(traces[0]?.spans.every(({ unfinished }) => unfinished === undefined)).toBe(true);
  sink.close?.();
  other.close?.();
});

test("a file that cannot be written is asked for again", async () => {
  const sink = localSink({ path: "/proc/none/x.db" });
  expect(await sink.send([entryOf(trace())], { signal })).toMatchObject([{ state: "retry" }]);
});

test("a file without traces has none", () => {
  expect(readTraces(fileOf("empty.db"))).toEqual([]);
});
