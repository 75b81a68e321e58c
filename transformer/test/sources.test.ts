// Ids as bundlers have them → which are source text of the program, and in which language.
import { join } from "node:path";
import { expect, test } from "vitest";
import { sourceFilter, sourceOf } from "../src/hosts/bundlers/sources.ts";

test.each([
  ["/app/a.ts", "/app/a.ts", "/app/a.ts"],
  ["/app/a.mts?v=1", "/app/a.mts", "/app/a.mts"],
  ["/app/w.ts?worker_file&type=module", "/app/w.ts", "/app/w.ts"],
  ["/app/A.vue?vue&type=script&setup=true&lang.ts", "/app/A.vue", "/app/A.vue.ts"],
  ["/app/A.vue?vue&type=script&lang=tsx", "/app/A.vue", "/app/A.vue.tsx"],
  ["/app/counter.svelte.ts", "/app/counter.svelte.ts", "/app/counter.svelte.ts"],
])("%s is source text", (id, filename, part) => {
  expect(sourceOf(id)).toEqual({ filename, part });
});

test.each([
  "/app/a.ts?raw",
  "/app/a.ts?url",
  "/app/a.ts?worker",
  "/app/a.ts?worker&inline",
  "/app/a.js?v=2&inline",
  "/app/A.vue",
  "/app/A.vue?vue&type=template&id=7a7a37b1&lang.js",
  "/app/A.vue?vue&type=style&index=0&lang.css",
  "/app/data.json",
  "\0virtual:routes.ts",
  "\0/app/a.js?commonjs-module",
])("%j is none", (id) => {
  expect(sourceOf(id)).toBeUndefined();
});

test("patterns", () => {
  const odd = "/work/(app)";
  const takes = (options: Parameters<typeof sourceFilter>[0], file: string): boolean =>
    sourceFilter(options, odd)(join(odd, file));
  expect(takes({}, "src/a.ts")).toBe(true);
  expect(takes({}, "node_modules/a/index.js")).toBe(false);
  expect(takes({ include: "src/**" }, "src/a.ts")).toBe(true);
  expect(takes({ include: "src/**" }, "lib/a.ts")).toBe(false);
  expect(takes({ include: /src/g, exclude: ["src/*.test.ts"] }, "src/a.test.ts")).toBe(false);
  expect(takes({ include: /node_modules\/a\// }, "node_modules/a/index.js")).toBe(true);
  expect(takes({ include: /node_modules\/a\// }, "node_modules/b/index.js")).toBe(false);
  // A package is taken in beside what is taken anyway, and never by a pattern that does not name it.
  expect(takes({ include: /node_modules\/a\// }, "src/a.ts")).toBe(true);
  expect(takes({ include: /\.js$/ }, "node_modules/a/index.js")).toBe(false);
});
