// A cache on disk that a bundler keeps between builds → it notices another configuration, in a file or in the options.
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, onTestFinished, test } from "vitest";
import { bundlers } from "./build.ts";

const cached = ["webpack", "rspack", "rspack1", "farm"].flatMap((name) => {
  const build = bundlers[name];
  return build === undefined ? [] : [{ name, build }];
});

test.each(cached)("$name", async ({ build }) => {
  const parent = join(import.meta.dirname, "../../../.llmops/test");
  mkdirSync(parent, { recursive: true });
  const directory = mkdtempSync(join(parent, "cache-"));
  onTestFinished(() => rmSync(directory, { recursive: true, force: true }));
  const write = (file: string, text: string): void => writeFileSync(join(directory, file), text);
  mkdirSync(join(directory, "src"));
  write("package.json", '{ "name": "cached", "type": "module" }');
  write("src/main.ts", "function first() {} function second() {} console.log(first(), second());");
  const tracked = async (options: object = {}): Promise<string> => {
    const { code, errors } = await build({ directory, cache: join(directory, "cache"), options });
    expect(errors).toEqual([]);
    return [...code.matchAll(/[{,\s]"?fn"?:\s*["'`]([^"'`]*)/g)].map(([, name]) => name).join();
  };
  expect(await tracked()).toBe("");
  write("llmops.config.json", '{ "track": [{ "functions": "first" }] }');
  expect(await tracked()).toBe("first");
  expect(await tracked()).toBe("first");
  write("llmops.config.json", '{ "track": [{ "functions": "second" }] }');
  expect(await tracked()).toBe("second");
  expect(await tracked({ config: { track: [{ functions: "first" }] } })).toBe("first");
  expect(await tracked({ config: { track: [{ functions: "*" }] } })).toBe("first,second");
  expect(await tracked({ exclude: "**/src/*" })).toBe("");
});
