// bench/figures.json, what the benches measured last → the tables of figures in README and docs.
// Invariant: they agree. `npm run bench -- --save` measures, `UPDATE=1 npm test -- figures` writes them.
import { readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { expect, test } from "vitest";
import { type AllFigures, cellsOf, tableOf } from "../../bench/figures.ts";
import { pages, ROOT } from "./pages.ts";

const REGION =
  /(?<=<!-- figures: ([^;>]+)((?:; [^;>]+)*) -->\n)[^]*?(?=\n<!-- end of figures -->)/g;
const MARKER = /^<!-- figures: /m;
const all = JSON.parse(readFileSync(join(ROOT, "bench/figures.json"), "utf8")) as AllFigures;

function written(text: string): string {
  return text.replaceAll(REGION, (_, groups: string, titles: string) =>
    tableOf(all, groups.split(" "), titles === "" ? undefined : titles.split("; ").slice(1)),
  );
}

const withFigures = pages().filter(({ text }) => MARKER.test(text));

test.each(withFigures.map(({ path, text }) => [path, text] as const))("%s", (path, text) => {
  const begun = text.split(MARKER).length - 1;
  expect([...text.matchAll(REGION)].length, "tables that end").toBe(begun);
  if (process.env["UPDATE"] === "1" && !process.env["CI"])
    writeFileSync(join(ROOT, path), written(text));
  const now = readFileSync(join(ROOT, path), "utf8");
  expect(now, "UPDATE=1 npm test -- figures writes it anew").toBe(written(now));
});

test("a table of a run is saved and shown as it was printed", () => {
  const printed = ["| W9 | a | b |", "|---|---|--:|", "| one, `x` | 1 | 2 (0.5 ×) |", "", "- one"];
  const rows = cellsOf(printed);
  expect(cellsOf(["| two | lost traces | | |"])).toEqual([["two", "lost traces", "", ""]]);
  const shown = tableOf({ W9: { measured: "2026-01-02", node: "24", processes: 3, rows } }, ["W9"]);
  expect(cellsOf(shown.split("\n"))).toEqual(rows);
  expect(shown).toContain("Node 24, 3 processes each, interleaved, 2026-01-02");
});

test("workloads of different runs have no table in common, and no figure is made up", () => {
  const run = {
    node: "24",
    processes: 3,
    rows: [
      ["ns", "W1"],
      ["bare", "1"],
    ],
  };
  const runs = { W1: { ...run, measured: "2026-01-02" }, W2: { ...run, measured: "2026-01-03" } };
  expect(() => tableOf(runs, ["W1", "W2"])).toThrow("different runs");
  const measured = "2026-01-02";
  const otherNode = { W1: { ...run, measured }, W2: { ...run, measured, node: "22" } };
  expect(() => tableOf(otherNode, ["W1", "W2"])).toThrow("different runs");
  const longer = { W1: { ...run, measured }, W2: { ...run, measured, processes: 9 } };
  expect(() => tableOf(longer, ["W1", "W2"])).toThrow("different runs");
  expect(tableOf(longer, ["W1"])).toContain("-- --quick --only W1`");
  expect(tableOf(longer, ["W2"])).toContain("-- --only W2`");
  expect(() => tableOf(runs, ["W1"], ["OpenTelemetry"])).toThrow("no figures of OpenTelemetry");
  expect(() => tableOf(runs, ["W7"])).toThrow("no figures of W7");
});

test("README and performance have them", () => {
  expect(withFigures.map(({ path }) => path)).toEqual(["README.md", "docs/performance.md"]);
});
