// The names that compiled code calls, as the transformer knows them, are there in the runtime, and mean the same version.
import * as abi from "../../transformer/src/abi.ts";
import { expect, test } from "vitest";
import { configure } from "llmops-observability";
import * as runtime from "llmops-observability/instrument";
import { memorySink } from "llmops-observability/testing";
import { SDK_VERSION } from "../../runtime/src/platform/version.ts";
import runtimePackage from "../../runtime/package.json" with { type: "json" };

test("one ABI number", () => {
  expect(runtime.ABI).toBe(abi.ABI);
});

test.each(["recorded", "passed through"])("every member of a span that is %s", (kind) => {
  const load = (runtime as Record<string, unknown>)[abi.LOAD] as typeof runtime.module;
  configure({ sink: memorySink() });
  const handle = load(kind === "recorded" ? abi.ABI : abi.ABI + 1, "abi.test.ts", [
    { name: "f", fn: "f", line: 1, column: 1 },
  ]);
  const span = handle[abi.ENTER](0) as unknown as Record<string, unknown>;
  for (const member of Object.values(abi.SPAN)) expect(member in span, member).toBe(true);
});

test("the version on the wire is the package's", () => {
  expect(SDK_VERSION).toBe(runtimePackage.version);
});
