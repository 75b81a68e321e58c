// A program that runs in a realm of its own, as test runners' do, with a runtime of the outer one → microtasks in the order
// that they have as written, for promises of its realm, of the outer one, and of a subclass.
import { createContext, runInContext } from "node:vm";
import * as runtime from "llmops-observability/instrument";
import { configure, flush } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { createTransformer, instrument } from "llmops-transformer";
import ts from "typescript";
import { expect, test } from "vitest";

const PROGRAM = `
  const log = [];
  class Own extends Promise {}
  const makers = {
    inner: (value) => Promise.resolve(value),
    outer: (value) => OuterPromise.resolve(value),
    subclass: (value) => Own.resolve(value),
  };
  async function awaits(make) {
    for (let n = 0; n < 3; n++) log.push("awaits " + await make(n));
    return make("returned");
  }
  async function* yields(make) {
    for (let n = 0; n < 2; n++) { await make(n); log.push("generator " + n); yield make(n); }
    return make("end");
  }
  async function iterates(make) {
    for await (const value of [make(1), make(2)]) log.push("iterates " + value);
    for await (const value of yields(make)) log.push("yields " + value);
  }
  async function beat(turns) {
    for (let n = 0; n < turns; n++) { await undefined; log.push(n); }
  }
  module.exports = async (kind) => {
    const make = makers[kind];
    await Promise.all([awaits(make).then((value) => log.push(value)), iterates(make), beat(40)]);
    return log.join();
  };
`;
const CONFIG = { track: [{ functions: ["awaits", "yields", "iterates"], capture: true }] };
const options = { module: ts.ModuleKind.CommonJS, target: ts.ScriptTarget.ES2022 };

function compiled(form: string): string {
  if (form === "text")
    return instrument(PROGRAM, { filename: "main.cjs", config: CONFIG })?.code ?? "";
  const before = [createTransformer(ts, { config: CONFIG })];
  return ts.transpileModule(PROGRAM, {
    fileName: "main.cts",
    compilerOptions: options,
    transformers: { before },
  }).outputText;
}

function load(code: string): (kind: string) => Promise<string> {
  const realm = createContext({ OuterPromise: Promise });
  const module = { exports: {} };
  const run = runInContext(`(function (module, exports, require) {${code}\n})`, realm) as (
    ...given: unknown[]
  ) => void;
  run(module, module.exports, () => runtime);
  return module.exports as (kind: string) => Promise<string>;
}

test.each(["inner", "outer", "subclass"])("promises of kind %s", async (kind) => {
  const sink = memorySink();
  configure({ sink });
  const bare = await load(PROGRAM)(kind);
  for (const form of ["text", "ast"]) expect(await load(compiled(form))(kind), form).toBe(bare);
  await flush();
  const spans = sink.traces().flatMap((trace) => trace.spans);
  expect(spans.map(({ span_name }) => span_name).toSorted()).toEqual(
    ["awaits", "iterates", "yields", "awaits", "iterates", "yields"].toSorted(),
  );
});
