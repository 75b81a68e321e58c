// `calls.ts` as our compiler compiles it, and what the spans of its calls hold.
import { readFileSync } from "node:fs";
import { createRequire, stripTypeScriptTypes } from "node:module";
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { configure, flush, withTrace } from "llmops-observability";
import * as runtime from "llmops-observability/instrument";
import { memorySink } from "llmops-observability/testing";
import { decode, type WireSpan, type WireTrace } from "llmops-observability/wire";
import { createTransformer, instrument } from "llmops-transformer";
import ts from "typescript";
import { expectSameTotals } from "../../runtime/test/otlp/agreement.ts";
import type * as Calls from "./calls.ts";

export type Emitter = "text" | "ast";

/** Compiled by one of the emitters, and run with the runtime of this process. */
export function instrumentedCalls(emitter: Emitter = "text"): typeof Calls {
  const compiled = COMPILERS[emitter](new URL("./calls.ts", import.meta.url).pathname);
  const bound = compiled.replace(
    /import \* as (\S+) from "llmops-observability\/instrument";/,
    "const $1 = runtime;",
  );
  if (bound === compiled) throw new Error("calls.ts is not instrumented");
  const code = bound
    .replaceAll(/^export /gm, "")
    .concat(`\nreturn { ${exportedNames(compiled).join(", ")} };`);
  // oxlint-disable-next-line typescript/no-implied-eval -- the program under test, as compiled
  return new Function("runtime", "require", code)(
    runtime,
    createRequire(import.meta.url),
  ) as typeof Calls;
}

const COMPILERS: Readonly<Record<Emitter, (filename: string) => string>> = {
  text(filename) {
    const source = readFileSync(filename, "utf8");
    const done = instrument(source, { filename, config: {}, format: "esm" });
    if (done === null || done.diagnostics.length > 0) throw new Error("calls.ts does not compile");
    return stripTypeScriptTypes(done.code);
  },
  ast(filename) {
    const { ESNext: target } = ts.ScriptTarget;
    return ts.transpileModule(readFileSync(filename, "utf8"), {
      fileName: filename,
      compilerOptions: { target, module: ts.ModuleKind.ESNext },
      transformers: { before: [createTransformer(ts, { config: {} })] },
    }).outputText;
  },
};

function exportedNames(code: string): string[] {
  return [...code.matchAll(/^export (?:async )?(?:function\*?|class) (\w+)/gm)].map(
    ([, name]) => name ?? "",
  );
}

let sink = memorySink();
let tests = 0;

/** @param drop forgets all that is sent, where traces are many */
export function recordAll({
  graceMs = 20_000,
  drop = false,
}: { graceMs?: number; drop?: boolean } = {}): void {
  sink = memorySink();
  const { send } = sink;
  const forgetting = {
    ...sink,
    send: (...sent: Parameters<typeof send>) => memorySink().send(...sent),
  };
  configure({ sink: drop ? forgetting : sink, durability: "memory", graceMs });
}

/** The trace of what `task` does, once its spans have closed; `meanwhile` is done until then. */
export async function traceOf(
  task: () => Promise<void>,
  meanwhile: () => Promise<void> = pause,
): Promise<WireTrace> {
  const name = `test ${++tests}`;
  // Those that are there are other tests'.
  let looked = sink.messages().length;
  const sent = (): WireTrace | undefined => {
    const fresh = sink.messages().slice(looked);
    looked += fresh.length;
    return fresh.map(decode).find(({ trace_name }) => trace_name === name);
  };
  await withTrace(name, task);
  let trace = sent();
  for (let turns = 0; trace === undefined && turns < 5000; turns++) {
    await meanwhile();
    await flush(5000);
    trace = sent();
  }
  if (trace === undefined) throw new Error("no trace came");
  expectSameTotals(trace);
  return trace;
}

async function pause(): Promise<void> {
  await new Promise((resolve) => setTimeout(resolve, 5));
}

export async function spanOf(
  task: () => Promise<void>,
  meanwhile?: () => Promise<void>,
): Promise<WireSpan> {
  const { spans } = await traceOf(task, meanwhile);
  const [span] = spans;
  if (span === undefined || spans.length > 1) throw new Error(`${spans.length} spans, not one`);
  return span;
}

let byText: typeof Calls | undefined;

/** Of a call that answers with `value`. */
export function spanOfResult(value: unknown): Promise<WireSpan> {
  byText ??= instrumentedCalls();
  const { returned } = byText;
  return spanOf(async () => void returned(value));
}

/** Of a call that streams these pieces, all of which are consumed. */
export function spanOfStream(pieces: readonly unknown[]): Promise<WireSpan> {
  byText ??= instrumentedCalls();
  const { ownStream } = byText;
  return spanOf(async () => {
    for await (const _piece of ownStream(pieces)) void _piece;
  });
}

/** The spans of the last part of a trace that is sent in several. */
export async function lateSpansOf(
  task: () => Promise<void>,
  graceMs: number,
): Promise<readonly WireSpan[]> {
  recordAll({ graceMs });
  await withTrace("test", task);
  for (let turns = 0; sink.messages().length < 2 && turns < 400; turns++) {
    await pause();
    await flush(5000);
  }
  const late = sink.messages().map(decode)[1]?.spans ?? [];
  recordAll();
  return late;
}

setFlagsFromString("--expose-gc");
const gc = runInNewContext("gc") as () => void;

/** Also runs what is told of what was collected. */
export async function collectGarbage(): Promise<void> {
  for (let turns = 0; turns < 2; turns++) {
    gc();
    await pause();
  }
}
