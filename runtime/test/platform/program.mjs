// The runtime's doors → runs tracked functions of all kinds: a line with what they gave, a line with what was recorded.
import { writeSync } from "node:fs";

const print = (value) => writeSync(1, `${JSON.stringify(value)}\n`);
const later = (value) => new Promise((resolve) => setTimeout(resolve, 1, value));

/** As the compiler writes it. */
function compiled({ ABI, module: load }) {
  const handle = load(ABI, "program.ts", [
    { name: "compiled", fn: "compiled", line: 1, column: 1 },
  ]);
  return async function () {
    const span = handle.enter(0);
    try {
      return span.returned(span.resumed(await span.suspend(later("compiled"))));
    } catch (error) {
      throw span.threw(error);
    } finally {
      span.exit();
    }
  };
}

const shown = ({ type, message, stack }) =>
  `${type}: ${message}${stack === null ? ", without a stack" : ""}`;

export async function run(runtime, { memorySink }, instrument) {
  // Whose process looks for rejections may not find more of them, or fewer.
  globalThis.process?.on?.("unhandledRejection", print);
  const { configure, flush, shutdown, track, trackLlm, withTrace } = runtime;
  const sink = memorySink();
  // One that traces wait for on disk.
  const send = async (entries) => entries.map(() => ({ state: "sent" }));
  configure({ sinks: [sink, { name: "own", send }] });
  const calls = {
    compiled: compiled(instrument),
    plain: track(function plain() {
      return { a: 1 };
    }),
    asks: track(async function asks() {
      return later("asked");
    }),
    handsOn: track(function handsOn() {
      return later("handed on");
    }),
    model: trackLlm(async function model() {
      return {
        object: "chat.completion",
        model: "gpt-5",
        choices: [],
        usage: {},
      };
    }),
    fails: track(function fails() {
      throw new TypeError("failed");
    }),
    rejects: track(function rejects() {
      return Promise.reject(new TypeError("rejected"));
    }),
  };
  const items = track(async function* items() {
    yield await later(1);
  });
  const given = [];
  for (const call of Object.values(calls)) {
    try {
      given.push(await withTrace("a trace", () => call()));
    } catch (error) {
      given.push(String(error));
    }
  }
  runtime.startTrace("another");
  for await (const item of items()) given.push(item);
  runtime.endTrace();
  calls.plain();
  print(given);
  await flush();
  await shutdown();
  const { accepted, acked } = runtime.stats();
  const spans = sink.traces().flatMap((trace) => trace.spans);
  const lines = spans.map(({ span_name: name, error, output_data: { output } }) =>
    error === null ? `${name} ${JSON.stringify(output)}` : `${name} ${shown(error)}`,
  );
  print({ lines: lines.toSorted(), accepted, acked });
}
