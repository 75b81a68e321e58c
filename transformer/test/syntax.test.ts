// The caller hands its TypeScript in: a program that compiles with 5.4 never loads another one.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";

test("no file imports TypeScript but as a type", () => {
  const root = join(import.meta.dirname, "..", "src");
  const files = readdirSync(root, { recursive: true, encoding: "utf8" }).filter((file) =>
    file.endsWith(".ts"),
  );
  expect(files.length).toBeGreaterThan(50);
  const importing = files.filter((file) =>
    /^(?:import|export) (?!type\b)[^;]*from "typescript";/m.test(
      readFileSync(join(root, file), "utf8"),
    ),
  );
  expect(importing).toEqual([]);
});
