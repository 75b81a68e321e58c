// Ids as bundlers have them → which are source text of the program, and in which language.
import { join } from "node:path";
import { expect, test } from "vitest";
import { scriptsOf } from "../src/hosts/bundlers/components.ts";
import { Instrumenting } from "../src/hosts/bundlers/instrumenting.ts";
import { sourceFilter, sourceOf } from "../src/hosts/bundlers/sources.ts";

test.each([
  ["/app/a.ts", "/app/a.ts", "/app/a.ts"],
  ["/app/a.mts?v=1", "/app/a.mts", "/app/a.mts"],
  ["/app/w.ts?worker_file&type=module", "/app/w.ts", "/app/w.ts"],
  ["/app/w.ts?worker", "/app/w.ts", "/app/w.ts"],
  ["/app/A.vue?vue&type=script&setup=true&lang.ts", "/app/A.vue", "/app/A.vue.ts"],
  ["/app/A.vue?vue&type=script&lang=tsx", "/app/A.vue", "/app/A.vue.tsx"],
  ["/app/counter.svelte.ts", "/app/counter.svelte.ts", "/app/counter.svelte.ts"],
  ["C:/app/a.ts?v=1", "C:/app/a.ts", "C:/app/a.ts"],
  ["C:\\app\\a.ts", "C:\\app\\a.ts", "C:\\app\\a.ts"],
  ["/w/.yarn/__virtual__/lib-virtual-1f2e/1/packages/lib/a.ts", "/w/packages/lib/a.ts"],
  [
    "/w/p/a/.yarn/$$virtual/lib-virtual-1f2e/0/cache/lib.zip/a.ts",
    "/w/p/a/.yarn/cache/lib.zip/a.ts",
  ],
  ["/w/__virtual__/a.ts", "/w/__virtual__/a.ts"],
])("%s is source text", (id, filename, part = filename) => {
  expect(sourceOf(id)).toEqual({ filename, part });
});

test.each([
  "/app/a.ts?raw",
  "/app/a.ts?url",
  "/app/a.ts?worker&inline",
  "/app/a.js?v=2&inline",
  "/app/A.vue?vue&type=custom&index=0",
  "/app/A.vue?vue&type=template&id=7a7a37b1&lang.js",
  "/app/A.vue?vue&type=style&index=0&lang.css",
  "/app/data.json",
  "\0virtual:routes.ts",
  "\0/app/a.js?commonjs-module",
])("%j is none", (id) => {
  expect(sourceOf(id)).toBeUndefined();
});

test.each(["?worker", "?sharedworker", "?worker&url"])(
  "%s is what starts a worker in Vite, and the worker itself with a loader of webpack's",
  (query) => {
    const wants = (adapter: string): boolean =>
      new Instrumenting({ cache: false }, "/app", adapter).wants(`/app/w.ts${query}`);
    expect([wants("vite"), wants("webpack")]).toEqual([false, !query.includes("url")]);
  },
);

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

test.each(["node_modules/@a/b/**", "./node_modules/@a/b/**", ["**/node_modules/@a/b/**"]])(
  "%j names a package wherever it is installed",
  (include) => {
    const takes = sourceFilter({ include }, "/work/packages/app");
    expect(takes("/work/packages/app/node_modules/@a/b/c.ts")).toBe(true);
    expect(takes("/work/node_modules/@a/b/c.ts")).toBe(true);
    expect(takes("/work/node_modules/.pnpm/@a+b@1.0.0/node_modules/@a/b/c.ts")).toBe(true);
    expect(takes("/work/node_modules/@a/bc/c.ts")).toBe(false);
  },
);

test.each([
  ["<script>a</script>", "js", "        a;        ", 8],
  ["<p/>\n<script lang='ts'>\na\n</script>", "ts", "    \n                  \na\n;        ", 23],
  [
    "<!-- <script>a</script> --><script lang=tsx>b</script>",
    "tsx",
    `${" ".repeat(44)}b;${" ".repeat(8)}`,
    44,
  ],
  // What is of each instance has the module's names, wherever it stands.
  [
    "<script setup>a</script><script>b</script>",
    "js",
    `${" ".repeat(14)}a;${" ".repeat(16)}b;${" ".repeat(8)}`,
    32,
  ],
  [
    "<script>a</script><script module>b</script>",
    "js",
    `${" ".repeat(8)}a;${" ".repeat(23)}b;${" ".repeat(8)}`,
    33,
  ],
])("%j is a component with a script", (text, language, code, start) => {
  expect(scriptsOf(text)).toEqual({ language, text: code, start });
  expect(code).toHaveLength(text.length);
});

test.each([
  "<p>a</p>",
  "<script src='./a.ts'></script>",
  '<script lang="coffee">a = -> b</script>',
  "<script/>",
])("%j has none that we read", (text) => {
  expect(scriptsOf(text)).toBeUndefined();
});

test.each(["/app/A.vue", "/app/A.svelte", "/app/A.vue?t=1"])("%s is a component's file", (id) => {
  const filename = id.replace("?t=1", "");
  expect(sourceOf(id)).toEqual({ filename, part: filename, whole: true });
});
