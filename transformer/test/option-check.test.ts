// What a plugin is given as options → what is said of it.
import { expect, test } from "vitest";
import { checkOptions } from "../src/hosts/bundlers/option-check.ts";

test("what the documentation allows", () => {
  for (const options of [
    undefined,
    {},
    { config: undefined, include: undefined },
    { config: { track: [] }, include: ["src/**", /\.ts$/], exclude: "**/*.test.ts" },
    { config: "./llmops.config.json", manifest: false, cache: true, enabled: false },
    { include: [], manifest: "build/manifest.json" },
  ])
    expect(() => checkOptions(options)).not.toThrow();
});

test.each<[object | string, string]>([
  ["llmops.config.json", '"options" must be an object.'],
  [{ exclud: [] }, '"exclud" is unknown. Did you mean "exclude"?'],
  [{ toString: 1 }, '"toString" is unknown.'],
  [{ config: "" }, '"config" must be a path or an object.'],
  [{ include: ["a", 5] }, '"include" must be a glob, an expression, or a list of these.'],
  [{ exclude: "src/[a" }, '"exclude" cannot be used: the glob "src/[a" has no closing "]"; '],
  [{ manifest: 1 }, '"manifest" must be a path, true or false.'],
  [{ cache: "no" }, '"cache" must be true or false.'],
  [{ enabled: "" }, '"enabled" must be true or false.'],
])("%o", (options, message) => {
  expect(() => checkOptions(options)).toThrow(`LLMOPS1203: The plugin's option ${message}`);
});

test("what a host cannot do without", () => {
  const needed = { next: (value: unknown) => (value === undefined ? "is missing" : undefined) };
  expect(() => checkOptions({ next: 1 }, needed)).not.toThrow();
  expect(() => checkOptions(undefined, needed)).toThrow('"next" is missing.');
});
