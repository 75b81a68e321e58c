// Paths as Windows has them, by Node's own `path.win32` → the same sources, patterns and names.
import { expect, test, vi } from "vitest";
import { fileMatcher, relativePath } from "../src/config/matchers.ts";
import { refusingFilter } from "../src/hosts/bundlers/rollup/native-filter.ts";
import { sourceFilter, sourceOf } from "../src/hosts/bundlers/sources.ts";

vi.mock("node:path", async (load) => (await load<typeof import("node:path")>()).win32);

const ROOT = "C:\\work (a)\\app";

test.each(["C:\\work (a)\\app\\src\\a.ts", "C:/work (a)/app/src/a.ts"])("%s", (file) => {
  expect(sourceOf(`${file}?v=1`)?.filename).toBe(file);
  expect(relativePath(file, ROOT)).toBe("src/a.ts");
  expect(fileMatcher("src/*.ts", ROOT)(file)).toBe(true);
  const takes = (include: string | RegExp): boolean => sourceFilter({ include }, ROOT)(file);
  expect(takes("src/**")).toBe(true);
  expect(takes("./src/*.ts")).toBe(true);
  expect(takes("../app/src/**")).toBe(true);
  expect(takes("C:/work \\(a\\)/app/**")).toBe(true);
  expect(takes(/\/src\//)).toBe(true);
  expect(takes("lib/**")).toBe(false);
});

test("a package", () => {
  const takes = sourceFilter({ include: "node_modules/@a/b/**" }, ROOT);
  expect(takes("C:\\work (a)\\node_modules\\@a\\b\\c.js")).toBe(true);
  expect(takes("C:\\work (a)\\node_modules\\@a\\c\\c.js")).toBe(false);
});

test("Rolldown refuses below the root alone", () => {
  const patterns: RegExp[] = [];
  JSON.stringify(refusingFilter(ROOT), (_, value: unknown) => {
    if (value instanceof RegExp) patterns.push(value);
    return value;
  });
  const below = patterns.find(({ source }) => source.includes("work"));
  expect(below?.test("C:/work (a)/app/src/a.ts")).toBe(true);
  expect(below?.test(String.raw`C:\work (a)\app\src\a.ts`)).toBe(true);
  expect(below?.test("C:/work (a)/apps/a.ts")).toBe(false);
});
