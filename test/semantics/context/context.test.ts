// Scenarios, as written and as both emitters compile them → the same results on every Node, and every span below the right parent.
import { spawnSync } from "node:child_process";
import { fileURLToPath } from "node:url";
import { describe, expect, test } from "vitest";
import { compilePrograms, type Form } from "../compile-programs.ts";
import { nodes } from "../../support/nodes.ts";

interface Outcome {
  readonly result: string;
  readonly traces: readonly string[];
  readonly probes: number;
  readonly expected: readonly string[];
}

const path = (relative: string): string => fileURLToPath(new URL(relative, import.meta.url));
const folders = compilePrograms(path("programs"), path("../../../.llmops/context"));

function run(node: string, form: Form): ReadonlyMap<string, Outcome> {
  const child = spawnSync(node, [path("run.mjs"), folders[form]], {
    encoding: "utf8",
    timeout: 300_000,
    env: { ...process.env, LLMOPS_ENABLED: "true" },
  });
  if (child.status !== 0 || child.stderr !== "")
    throw new Error(`${form}: exit ${child.status}\n${child.stderr}`);
  return new Map(Object.entries(JSON.parse(child.stdout) as Record<string, Outcome>));
}

describe.each(nodes)("on Node $major", ({ path: node }) => {
  const bare = run(node, "bare");

  describe.each(["text", "ast"] as const)("by the %s emitter", (form) => {
    const compiled = run(node, form);
    test.each([...bare.keys()])("%s", (name) => {
      const outcome = compiled.get(name);
      expect(outcome?.traces).toEqual(outcome?.expected.toSorted());
      expect(outcome?.result).toBe(bare.get(name)?.result);
      // Neither the scenario's first synchronous run nor its end left anything current.
      expect(outcome?.probes).toBe(2);
    });
  });

  test("scenarios as written record nothing", () => {
    expect(
      [...bare.values()].every(({ traces, probes }) => traces.length === 0 && probes === 0),
    ).toBe(true);
    expect(bare.size).toBeGreaterThan(15);
  });
});
