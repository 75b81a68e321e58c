// What would mean something else inside of `try` → the function is left untouched; in an inner
// function it is no matter of the outer one.
import { expect, test } from "vitest";
import { instrument } from "../../src/index.ts";

/** Names of the functions that are tracked, and codes of those that are not. */
function outcome(code: string): readonly string[] {
  const done = instrument(code, { filename: "f.cjs", format: "cjs" });
  return [
    ...(done?.sites.map(({ facts }) => facts.fn) ?? []),
    ...(done?.diagnostics.map((diagnostic) => diagnostic.code) ?? []),
  ];
}

const HAZARDS: readonly (readonly [code: string, body: string, before?: string])[] = [
  ["LLMOPS3002", "eval(a);"],
  ["LLMOPS3003", "await using x = a;", "async function"],
  ["LLMOPS3004", "with (a) b;"],
  ["LLMOPS3005", "{ function g() {} } function g() {}"],
  ["LLMOPS3006", "for (b in a) let\nx"],
];

test.each(HAZARDS)("%s: %s", (code, body, before = "function") => {
  expect(outcome(`/** @track */\n${before} f(a) { ${body} }`)).toEqual([code]);
  const inner = `const inner = ${before} (a) { ${body} };`;
  expect(outcome(`/** @track */\nfunction f(a) { ${inner} return inner; }`)).toEqual(["f"]);
});
