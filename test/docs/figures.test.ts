// Rows of figures in the README ↔ the same rows where they are explained.
import { readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { ROOT } from "./pages.ts";

const read = (path: string): string[] => readFileSync(join(ROOT, path), "utf8").split("\n");
const isRow = (line: string): boolean => /^\|.*\d.*\|$/.test(line) && !line.includes("](");
const cost = read("README.md").join("\n").split("## Cost")[1] ?? "";
const rows = cost.split("\n").filter(isRow).slice(1);
const explained = read("docs/performance.md").filter(isRow).map(figuresOf);

/** A row's name may be shorter in the README. */
function figuresOf(row: string): string {
  return row.split("|").slice(2).join("|");
}

test.each(rows)("%s", (row) => {
  expect(explained).toContain(figuresOf(row));
});

test("there are rows, and a command that prints them again", () => {
  expect(rows.length).toBeGreaterThan(3);
  expect(cost).toMatch(/`npm run bench -- --only W\d/);
});
