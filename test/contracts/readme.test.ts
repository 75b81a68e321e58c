// What the README says of options is what the code does.
import { readFileSync } from "node:fs";
import { expect, test } from "vitest";
import { OPTION_TABLE } from "../../runtime/src/config/table.ts";
import { OPTION_ROWS } from "../../transformer/src/config/options.ts";

const readme = readFileSync(new URL("../../README.md", import.meta.url), "utf8");
const rows = readme.slice(readme.indexOf("## Configuration")).split("\n");

test.each(Object.entries(OPTION_TABLE))("option %s", (path, row) => {
  const found = rows.find((line) => line.includes(`| \`${path}\` |`));
  expect(found, `README has no row for ${path}`).toBeDefined();
  const [, variable, , fallback, description] = (found ?? "")
    .split(/(?<!\\)\|/)
    .map((cell) => cell.trim().replaceAll("`", ""));
  expect(variable).toBe(row.env ?? "");
  expect(fallback?.split(" ")[0]).toBe(
    row.default === undefined || Array.isArray(row.default)
      ? ""
      : JSON.stringify(row.default).replaceAll('"', ""),
  );
  expect(description).toBe(row.description);
});

const TAG_OPTIONS = OPTION_ROWS.flatMap(([, { tag }]) => tag ?? []);

test.each(TAG_OPTIONS)("tag option %s", (option) => {
  expect(readme).toMatch(new RegExp(`\\| [^|]*\`${option}[=.,\`]`));
});
