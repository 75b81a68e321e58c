// The runtime's table of options → the table in docs/configuration.md; the transformer's → docs/capture.md.
// Invariant: pages and tables agree. `UPDATE=1 npm test -- options` writes the first one anew.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { OPTION_TABLE } from "../../runtime/src/config/table.ts";
import { OPTION_ROWS } from "../../transformer/src/config/options.ts";

const DOCS = join(import.meta.dirname, "../../docs");
const PAGE = join(DOCS, "configuration.md");
const REGION = /(?<=<!-- options[^>]*-->\n)[^]*?(?=\n<!-- end of options -->)/;

/** As Markdown has it, and without what a page takes for a tag. */
const cell = (text: string): string => text.replaceAll("|", "\\|").replaceAll("<", "&lt;");
const code = (text: string): string => (text === "" ? "" : `\`${text}\``);

function shown(value: unknown): string {
  if (value === undefined || Array.isArray(value)) return "";
  return JSON.stringify(value).replaceAll('"', "");
}

function table(): string {
  const rows = Object.entries(OPTION_TABLE).map(([path, row]) => {
    const fallback = [code(shown(row.default)), row.unit].filter(Boolean).join(" ");
    return `| ${[code(row.env ?? ""), code(path), fallback, cell(row.description)].join(" | ")} |`;
  });
  return ["| variable | `configure` | default | |", "|---|---|---|---|", ...rows].join("\n");
}

test("the options of configure() and the environment", () => {
  const page = readFileSync(PAGE, "utf8");
  expect(page).toMatch(REGION);
  if (process.env["UPDATE"] === "1" && !process.env["CI"])
    writeFileSync(
      PAGE,
      page.replace(REGION, () => table()),
    );
  expect(REGION.exec(readFileSync(PAGE, "utf8"))?.[0]).toBe(table());
});

const TAG_OPTIONS = OPTION_ROWS.flatMap(([, { tag }]) => tag ?? []);

test.each(TAG_OPTIONS)("tag option %s", (option) => {
  const page = readFileSync(join(DOCS, "capture.md"), "utf8");
  expect(page).toMatch(new RegExp(`\\| [^|]*\`${option}[=.,\`]`));
});
