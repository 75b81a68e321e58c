// `calls.ts` as our compiler compiles it, and what the spans of its calls hold.
import { readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { configure, flush, withTrace } from "llmops-observability";
import * as runtime from "llmops-observability/instrument";
import { memorySink } from "llmops-observability/testing";
import type { WireSpan, WireTrace } from "llmops-observability/wire";
import { instrument } from "llmops-transformer";
import type * as Calls from "./calls.ts";

/** Compiled by the text emitter, and run with the runtime of this process. */
export function instrumentedCalls(): typeof Calls {
  const filename = new URL("./calls.ts", import.meta.url).pathname;
  const done = instrument(readFileSync(filename, "utf8"), { filename, config: {}, format: "esm" });
  if (done === null || done.diagnostics.length > 0) throw new Error("calls.ts does not compile");
  const code = stripTypeScriptTypes(done.code)
    .replace(/import \* as (\S+) from "llmops-observability\/instrument";/, "const $1 = runtime;")
    .replaceAll(/^export /gm, "")
    .concat(`\nreturn { ${exportedNames(done.code).join(", ")} };`);
  // oxlint-disable-next-line typescript/no-implied-eval -- the program under test, as compiled
  return new Function("runtime", "require", code)(
    runtime,
    createRequire(import.meta.url),
  ) as typeof Calls;
}

function exportedNames(code: string): string[] {
  return [...code.matchAll(/^export (?:async )?(?:function\*?|class) (\w+)/gm)].map(
    ([, name]) => name ?? "",
  );
}

const sink = memorySink();

export function recordAll(): void {
  configure({ sink, durability: "memory", graceMs: 2000 });
}

/** The trace of what `task` does, once its spans have closed. */
async function traceOf(task: () => Promise<void>): Promise<WireTrace> {
  const before = sink.traces().length;
  await withTrace("test", task);
  await flush(5000);
  for (let turns = 0; sink.traces().length === before && turns < 300; turns++) {
    await new Promise((resolve) => setTimeout(resolve, 10));
    await flush(5000);
  }
  const trace = sink.traces()[before];
  if (trace === undefined) throw new Error("no trace came");
  return trace;
}

export async function spanOf(task: () => Promise<void>): Promise<WireSpan> {
  const { spans } = await traceOf(task);
  const [span] = spans;
  if (span === undefined || spans.length > 1) throw new Error(`${spans.length} spans, not one`);
  return span;
}
