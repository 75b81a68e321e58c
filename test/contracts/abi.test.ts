// The two `abi.ts`, compiler's and runtime's, say the same: version, facts, members.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { configure, flush, withTrace } from "llmops-observability";
import * as runtime from "llmops-observability/instrument";
import { memorySink } from "llmops-observability/testing";
import { instrument } from "llmops-transformer";
import { expect, expectTypeOf, test } from "vitest";
import * as runtimeAbi from "../../runtime/src/abi.ts";
import { SDK_VERSION } from "../../runtime/src/platform/version.ts";
import runtimePackage from "../../runtime/package.json" with { type: "json" };
import transformerPackage from "../../transformer/package.json" with { type: "json" };
import * as abi from "../../transformer/src/abi.ts";
import { VERSION } from "../../transformer/src/config/version.ts";

test("one ABI number", () => {
  expect(runtimeAbi.ABI).toBe(abi.ABI);
});

// The compiler checks these two (`npm run check`).
test("one shape of the facts of a site", () => {
  expectTypeOf<abi.SiteFacts>().toEqualTypeOf<runtimeAbi.SiteFacts>();
});

test("one list of members each", () => {
  expectTypeOf<keyof typeof abi.HANDLE>().toEqualTypeOf<keyof runtimeAbi.Handle>();
  expectTypeOf<keyof typeof abi.SPAN>().toEqualTypeOf<keyof runtimeAbi.SpanAbi>();
});

test.each(["recorded", "passed through"])("every member where a call is %s", (kind) => {
  const load = (runtime as Record<string, unknown>)[abi.LOAD] as typeof runtime.module;
  configure({ sink: memorySink() });
  const handle = load(kind === "recorded" ? abi.ABI : abi.ABI + 1, "abi.test.ts", [
    { name: "f", fn: "f", line: 1, column: 1 },
  ]);
  expectMembers(handle, abi.HANDLE);
  const beginning = handle[abi.HANDLE.beforeSuper]();
  for (const span of [
    handle[abi.HANDLE.enter](0),
    handle[abi.HANDLE.enterLeaf](0),
    beginning,
    beginning[abi.SPAN.enterAfterSuper](0),
  ]) {
    expectMembers(span, abi.SPAN);
    span[abi.SPAN.exit]();
  }
});

test("the runtime's own code is left alone, wherever it lies", () => {
  const dist = join(import.meta.dirname, "../../runtime/dist");
  const files = readdirSync(dist).filter((file) => /\.[cm]?js$/.test(file));
  expect(files.length).toBeGreaterThan(10);
  for (const file of files) {
    const code = readFileSync(join(dist, file), "utf8");
    const config = { track: [{ functions: "**" }] };
    expect(instrument(code, { filename: `/elsewhere/${file}`, config }), file).toBeNull();
  }
});

test("code compiled for another ABI runs as written, and is not recorded", async () => {
  const sink = memorySink();
  configure({ sink, durability: "memory" });
  const call = (abiNumber: number): unknown => {
    const handle = runtime.module(abiNumber, "abi.test.ts", [
      { name: `by ${abiNumber}`, fn: "f", line: 1, column: 1 },
    ]);
    const span = handle.enter(0, [1]);
    const handedOn = [
      span.first("first"),
      span.suspend("suspend"),
      span.resumed("resumed"),
      span.yielding("yielding"),
      span.yielded("yielded"),
      span.threw("threw"),
      span.returned("returned"),
    ];
    span.exit();
    return handedOn;
  };
  withTrace("t", () => {
    expect(call(abi.ABI + 1)).toEqual(call(abi.ABI));
  });
  await flush();
  expect(sink.traces()[0]?.spans.map(({ span_name }) => span_name)).toEqual([`by ${abi.ABI}`]);
});

function expectMembers(object: object, names: Readonly<Record<string, string>>): void {
  for (const member of Object.values(names)) expect(member in object, member).toBe(true);
}

test("the versions on the wire and in caches' keys are the packages'", () => {
  expect(SDK_VERSION).toBe(runtimePackage.version);
  expect(VERSION).toBe(transformerPackage.version);
});
