// docs/troubleshooting.md ↔ what the packages say: every code and every line on stderr, word by word.
// Invariant: a sentence that changes, or a code without its paragraph, fails here.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { CODE } from "../../processor/src/failure.ts";
import { fault, type FaultCode } from "../../transformer/src/cli/check/faults.ts";
import { type Code, finding } from "../../transformer/src/diagnostics.ts";

const ROOT = join(import.meta.dirname, "../..");
const read = (path: string): string => readFileSync(join(ROOT, path), "utf8");
const page = read("docs/troubleshooting.md");

/** Heading → what stands below it. */
const paragraphs: ReadonlyMap<string, string> = new Map(
  page.split(/^### /m).map((text) => {
    const end = text.indexOf("\n");
    return [text.slice(0, end), text.slice(end).split(/^## /m)[0] ?? ""];
  }),
);
const BLANKS = Array.from({ length: 6 }, () => "…");
const codesOf = (path: string): string[] => [
  ...new Set([...read(path).matchAll(/^ {2}(LLMOPS\d{4}): /gm)].flatMap(([, code]) => code ?? [])),
];

/** A paragraph says more than what it quotes. */
function expectExplained(heading: string, ...quotes: string[]): void {
  const paragraph = paragraphs.get(heading);
  expect(paragraph, `no paragraph for ${heading}`).toBeDefined();
  for (const quote of quotes) expect(paragraph).toContain(`> ${quote}\n`);
  expect((paragraph ?? "").replaceAll(/^>.*$/gm, "").trim()).toMatch(/\w{3}/);
}

test.each(codesOf("transformer/src/diagnostics.ts"))("%s", (code) => {
  expectExplained(code, finding(code as Code, { start: 0, length: 0 }, BLANKS).message);
});

test.each(codesOf("transformer/src/cli/check/faults.ts"))("%s of llmops check", (code) => {
  const { message, fix } = fault("", code as FaultCode, undefined, ...BLANKS);
  expectExplained(code, message, `fix ${fix}`);
});

test.each(Object.values(CODE))("%s", (code) => {
  expectExplained(code);
});

const runtime = readdirSync(join(ROOT, "runtime/src"), { recursive: true, encoding: "utf8" })
  .filter((path) => path.endsWith(".ts"))
  .map((path) => ({ path, text: read(join("runtime/src", path)) }));

describe("what the running program says", () => {
  const said = runtime.flatMap(({ path, text }) => sentencesIn(path, text));
  test.each(said)("%s", (sentence) => {
    const [, code] = /\((LLMOPS\d{4})\)$/.exec(sentence) ?? [];
    if (code === undefined) expect(page).toContain(`| ${sentence} |`);
    else expectExplained(`${code} at run time`, sentence);
  });
  test("all of it was found", () => {
    expect(said.length).toBeGreaterThan(15);
  });
  const codes = runtime.flatMap(({ text }) => text.match(/LLMOPS\d{4}/g) ?? []);
  test.each([...new Set(codes)])("%s has its paragraph", (code) => {
    expectExplained(`${code} at run time`);
  });
});

test("no paragraph is about a code that nothing says", () => {
  const known = new Set([
    ...codesOf("transformer/src/diagnostics.ts"),
    ...codesOf("transformer/src/cli/check/faults.ts"),
    ...Object.values(CODE),
    ...runtime.flatMap(({ text }) =>
      (text.match(/LLMOPS\d{4}/g) ?? []).map((code) => `${code} at run time`),
    ),
  ]);
  const headings = [...paragraphs.keys()].filter((heading) => heading.startsWith("LLMOPS"));
  expect(headings.filter((heading) => !known.has(heading))).toEqual([]);
});

/** The texts that a file hands to `report(reason, sentence)`, with `…` for what it fills in. */
function sentencesIn(path: string, text: string): string[] {
  const file = ts.createSourceFile(path, text, ts.ScriptTarget.Latest);
  const found: string[] = [];
  const visit = (node: ts.Node): void => {
    if (ts.isCallExpression(node) && node.expression.getText(file) === "report") {
      const sentence = node.arguments[1];
      if (sentence !== undefined && ts.isStringLiteralLike(sentence)) found.push(sentence.text);
      if (sentence !== undefined && ts.isTemplateExpression(sentence)) {
        const parts = sentence.templateSpans.map(({ literal }) => literal.text);
        found.push([sentence.head.text, ...parts].join("…"));
      }
    }
    ts.forEachChild(node, visit);
  };
  visit(file);
  return found;
}
