// The example program built by tspc, by esbuild and by Node's own loader records the same traces, ids and times apart.
import { execFile } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import * as esbuild from "esbuild";
import { llmops } from "llmops-transformer/esbuild";
import { afterAll, beforeAll, expect, test } from "vitest";
import { startModelServer, type ModelServer } from "../../demo/model-server.ts";
import { waitingIn } from "../../runtime/test/delivery/waiting.ts";
import type { WireSpan, WireTrace } from "../../runtime/src/wire/message.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../..");
const APP = join(ROOT, "demo/app/rag");
const SCRATCH = join(ROOT, ".llmops/test/builds");
const QUESTIONS = ["How do I generate an image?", "What is a tool?"];
let model: ModelServer;

beforeAll(async () => {
  rmSync(SCRATCH, { recursive: true, force: true });
  mkdirSync(SCRATCH, { recursive: true });
  writeFileSync(join(SCRATCH, "package.json"), '{ "type": "module" }\n');
  model = await startModelServer();
});
afterAll(() => model.close());

interface Ran {
  readonly stdout: string;
  readonly traces: readonly unknown[];
}

async function runProgram(name: string, ...args: string[]): Promise<Ran> {
  const spool = join(SCRATCH, `${name}-spool`);
  const { stdout } = await run(process.execPath, [...args, ...QUESTIONS], {
    cwd: APP,
    env: { LLMOPS_SPOOL_DIR: spool, OPENAI_BASE_URL: model.baseUrl, OPENAI_API_KEY: "any" },
  });
  const traces = waitingIn(spool).map(({ json }) => normalized(JSON.parse(json) as WireTrace));
  return { stdout, traces: traces.toSorted((a, b) => a.key.localeCompare(b.key)) };
}

/** Parents by name; without ids, times and what the model server makes up anew. Siblings that run at once have no order. */
function normalized(trace: WireTrace): { key: string } {
  const names = new Map(trace.spans.map((span) => [span.span_id, span.span_name]));
  const normal = ({
    span_id: _,
    start_time: _start,
    end_time: _end,
    duration_ms: _ms,
    error,
    output_data,
    input_data,
    ...span
  }: WireSpan): string =>
    JSON.stringify({
      ...span,
      parent_span_id: names.get(span.parent_span_id ?? "") ?? null,
      error: error?.message,
      // The model server gives each request an id of its own.
      status_message: span.status_message?.replace(/\breq_\w+/, "req_…") ?? null,
      locals: Object.keys(input_data.locals ?? {}),
      args: span.span_type === "span" ? input_data.args : null,
      output: span.span_type === "span" ? output_data : null,
    });
  const { spans, trace_name, trace_input, trace_output, token_usage, cost, metadata, tags } = trace;
  const rest = { trace_name, trace_input, trace_output, token_usage, cost, metadata, tags };
  return { key: JSON.stringify(rest), ...rest, spans: spans.map(normal).toSorted() } as {
    key: string;
  };
}

async function compiled(): Promise<Ran> {
  const out = join(SCRATCH, "tspc");
  await run(process.execPath, [
    join(ROOT, "node_modules/ts-patch/bin/tspc.js"),
    "-p",
    APP,
    "--outDir",
    out,
  ]);
  return runProgram("tspc", join(out, "main.js"));
}

test("esbuild, and node --import llmops-transformer/register", async () => {
  const outfile = join(SCRATCH, "bundle.js");
  await esbuild.build({
    entryPoints: [join(APP, "src/main.ts")],
    bundle: true,
    packages: "external",
    platform: "node",
    format: "esm",
    outfile,
    sourcemap: true,
    logLevel: "silent",
    plugins: [llmops({ config: join(APP, "llmops.config.json") })],
  });
  const expected = await compiled();
  expect(expected.traces.length).toBe(QUESTIONS.length + 1);
  const [bundled, loaded] = await Promise.all([
    runProgram("esbuild", outfile),
    runProgram("register", "--import", "llmops-transformer/register", "src/main.ts"),
  ]);
  expect(bundled.stdout).toBe(expected.stdout);
  expect(loaded.stdout).toBe(expected.stdout);
  expect(loaded.traces).toEqual(expected.traces);
  expect(bundled.traces).toEqual(expected.traces);
});

test("esbuild shows a tag error with its place, and fails", async () => {
  const file = join(SCRATCH, "bad.ts");
  writeFileSync(file, "/** @track captur=a */\nexport const f = (a: number) => a;\n");
  const build = esbuild.build({
    entryPoints: [file],
    write: false,
    logLevel: "silent",
    plugins: [llmops({ config: {} })],
  });
  const failure = (await build.then(
    () => undefined,
    (error: unknown) => error,
  )) as esbuild.BuildFailure;
  expect(failure.errors[0]?.text).toContain(
    'LLMOPS1001: Unknown option "captur" in @track. Did you mean "capture"?',
  );
  expect(failure.errors[0]?.location).toMatchObject({ line: 1, column: 11 });
});
