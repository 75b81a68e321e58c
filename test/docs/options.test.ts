// The runtime's table of options → the table in docs/configuration.md and the comments that editors
// show; the transformer's → docs/capture.md.
// Invariant: all of them agree. `UPDATE=1 npm test -- options` writes what the runtime's is for.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { httpUrl } from "../../runtime/src/config/kinds.ts";
import { OPTION_TABLE, type OptionRow } from "../../runtime/src/config/table.ts";
import { edited, optionsIn } from "./option-comments.ts";
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

const TYPES = join(import.meta.dirname, "../../runtime/src/config/options.ts");
const CHANGES = process.env["UPDATE"] === "1" && !process.env["CI"];
const WIDTH = 100;

/** What the type does not tell of a value, and where it comes from. */
function facts({ default: fallback, kind, unit, env }: OptionRow<unknown>): string {
  const expected = kind.expected.replace(/^a/, "A");
  const isTold = typeof fallback === "number" || kind === httpUrl;
  return [
    ...(isTold ? [unit === "" ? `${expected}.` : `${expected}, in ${unit}.`] : []),
    ...(env === undefined ? [] : [`Environment: \`${env}\`.`]),
  ].join(" ");
}

function paragraphs(row: OptionRow<unknown>): string[] {
  const fallback = shown(row.default);
  return [
    row.description.replaceAll(/<[^>]+>\/<[^>]+>/g, "`$&`"),
    facts(row),
    `@default ${fallback === "" || fallback === "{}" ? "none" : fallback}`,
  ].filter(Boolean);
}

test("what editors show of an option of configure() is what the table says", () => {
  const wanted = new Map(
    Object.entries(OPTION_TABLE).map(([path, row]) => [path, paragraphs(row)] as const),
  );
  const source = readFileSync(TYPES, "utf8");
  const found = optionsIn(source);
  expect(found.map(({ path }) => path)).toEqual(Object.keys(OPTION_TABLE));
  const written = edited(source, found, wanted, WIDTH);
  if (CHANGES) writeFileSync(TYPES, written);
  expect(readFileSync(TYPES, "utf8"), "UPDATE=1 npm test -- options writes it anew").toBe(written);
});

const TAG_OPTIONS = OPTION_ROWS.flatMap(([, { tag }]) => tag ?? []);

test.each(TAG_OPTIONS)("tag option %s", (option) => {
  const page = readFileSync(join(DOCS, "capture.md"), "utf8");
  expect(page).toMatch(new RegExp(`\\| [^|]*\`${option}[=.,\`]`));
});
