// A configuration with mistakes → findings at their places, and nothing throws.
import { instrument, type RawConfig } from "llmops-transformer";
import { expect, test } from "vitest";
import { factsOf, mergeOptions } from "../src/config/options.ts";

function complaints(config: unknown): string[] {
  const done = instrument("function f() {}", {
    filename: "a.js",
    config: config as RawConfig,
  });
  return (done?.diagnostics ?? []).map(({ message, start, length }) =>
    [message, JSON.stringify(config).slice(start, start + length)].join(" @ "),
  );
}

test.each([
  [{ track: [{ functions: "" }] }, 'track[0].functions: must not be empty. @ ""'],
  [{ track: [{ functions: ["f", ""] }] }, 'track[0].functions[1]: must not be empty. @ ""'],
  [{ track: [{ functions: "f", files: "" }] }, 'track[0].files: must not be empty. @ ""'],
  [{ exclude: [""] }, 'exclude[0]: must not be empty. @ ""'],
  [{ track: ["f"] }, 'track[0]: must be an object. @ "f"'],
  [{ defaults: 5 }, "defaults: must be an object. @ 5"],
  [{ track: [{}] }, "track[0].functions: is missing. @ {}"],
  [{ track: [{ functions: "f", as: "tool" }] }, 'track[0].as: must be "llm". @ "tool"'],
  [
    { track: [{ functions: "f", tag: [] }] },
    'track[0].tag: unknown key "tag". Did you mean "tags"? @ "tag"',
  ],
  // The name belongs to one function.
  [{ defaults: { name: "f" } }, 'defaults.name: unknown key "name". @ "name"'],
])("%j", (config, expected) => {
  expect(complaints(config)).toEqual([`llmops.config.json: ${expected}`]);
});

test("later options win, of metadata key by key", () => {
  const merged = mergeOptions(
    { capture: true, metadata: { team: "a", tier: 1 }, tags: ["x"] },
    { capture: ["a"], metadata: { team: "b" } },
    { result: false },
  );
  expect(merged).toEqual({
    capture: ["a"],
    metadata: { team: "b", tier: 1 },
    tags: ["x"],
    result: false,
  });
});

test("the runtime is told what differs from the default", () => {
  const facts = factsOf({
    name: "n",
    capture: true,
    model: "m",
    level: "ERROR",
    args: false,
    result: true,
    settle: false,
  });
  expect(facts).toEqual({ model: "m", level: "ERROR", settle: false });
});
