// Configurations as files: what is wrong with them, each mistake once and at its place; `extends`.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import ts from "typescript";
import { afterEach, beforeEach, describe, expect, test } from "vitest";
import { openSession, type Session } from "../src/hosts/session.ts";

let root = "";
beforeEach(() => {
  root = mkdtempSync(join(tmpdir(), "llmops-config-"));
});
afterEach(() => rmSync(root, { recursive: true, force: true }));

function write(files: Readonly<Record<string, string | Uint8Array>>): void {
  for (const [name, content] of Object.entries(files)) {
    mkdirSync(dirname(join(root, name)), { recursive: true });
    writeFileSync(join(root, name), content);
  }
}

/** `file:line:column code jsonPath [suggestion]: message` of each finding. */
function said({ configDiagnostics }: Session): string[] {
  return configDiagnostics.map(
    ({ file, line, column, code, json_path: path = "", suggestion, message }) =>
      `${file.replace(`${root}/`, "")}:${line}:${column} ${code} ${path}${
        suggestion === undefined ? "" : ` [${suggestion}]`
      }: ${message}`,
  );
}

function complaints(text: string | Uint8Array): string[] {
  write({ "llmops.config.json": text });
  return said(openSession(undefined, root));
}

/** The names of functions that a session tracks in these files. */
function tracked(session: Session, files: Readonly<Record<string, string>>): string[] {
  return Object.entries(files).flatMap(([name, text]) => {
    const file = ts.createSourceFile(join(root, name), text, ts.ScriptTarget.Latest);
    const { plan } = session.analyze({ ts, file, strict: true });
    return (plan?.sites ?? []).map(({ facts }) => `${name}#${facts.fn}`);
  });
}

describe("each mistake is one finding, at its place", () => {
  test.each<[string, string, string]>([
    ["", "1:1 LLMOPS1102 ", "is no valid JSON: it is empty."],
    ["  // nothing\n", "1:1 LLMOPS1102 ", "is no valid JSON: it is empty."],
    ['{\n  "track": [\n}', "3:1 LLMOPS1102 ", "is no valid JSON: a value is expected here."],
    [
      '{\n  "exclude": []\n  "track": []\n}',
      "3:3 LLMOPS1102 ",
      ": a comma is missing before this.",
    ],
    ['{ "exclude": [] ', "1:17 LLMOPS1102 ", ': a "}" is missing here.'],
    ["{ exclude: [] }", "1:3 LLMOPS1102 ", "this is no JSON value; texts stand in double quotes"],
    ["{ 'exclude': [] }", "1:3 LLMOPS1102 ", "this is no JSON value; texts stand in double quotes"],
    ["{} {}", "1:4 LLMOPS1102 ", "the file goes on behind its value"],
    ["[]", "1:1 LLMOPS1101 ", "(top level): must be an object."],
    ["5", "1:1 LLMOPS1101 ", "(top level): must be an object."],
    ["track:\n  - functions: f\n", "1:1 LLMOPS1102 ", "this is no JSON value"],
    ["null", "1:1 LLMOPS1101 ", "(top level): must be an object."],
    ['{ "trak": [] }', "1:3 LLMOPS1101 trak [track]", 'trak: unknown key "trak".'],
    ['{ "exclude": [], "exclude": [] }', "1:18 LLMOPS1101 exclude", "is given twice; keep one."],
    ['{ "track": {} }', "1:12 LLMOPS1101 track", "must be a list of entries."],
    ['{ "track": [[]] }', "1:13 LLMOPS1101 track[0]", "must be an object."],
    ['{ "track": [{ "functions": [] }] }', "1:28 LLMOPS1101 track[0].functions", "not be empty."],
    [
      '{ "track": [{ "functions": "f", "files": [] }] }',
      "1:42 LLMOPS1101 track[0].files",
      "must not be empty.",
    ],
    [
      '{ "track": [{ "functions": 5 }] }',
      "1:28 LLMOPS1101 track[0].functions",
      "must be a text or",
    ],
    [
      '{ "track": [{ "functions": ["f", 5] }] }',
      "1:28 LLMOPS1101 track[0].functions",
      "must be a text or a list of texts.",
    ],
    [
      '{ "track": [{ "functions": "f", "metadata": [] }] }',
      "1:45 LLMOPS1101 track[0].metadata",
      "must be an object.",
    ],
    ['{ "defaults": [] }', "1:15 LLMOPS1101 defaults", "must be an object."],
    [
      '{ "defaults": { "metadata": [1] } }',
      "1:29 LLMOPS1101 defaults.metadata",
      "must be an object.",
    ],
    [
      '{ "defaults": { "level": "WARN" } }',
      "1:26 LLMOPS1101 defaults.level [WARNING]",
      "must be one of DEBUG, DEFAULT, WARNING, ERROR.",
    ],
    [
      '{ "defaults": { "captur": true } }',
      "1:17 LLMOPS1101 defaults.captur [capture]",
      'unknown key "captur".',
    ],
    [
      '{ "track": [{ "functions": "f", "model": "m" }] }',
      "1:42 LLMOPS1107 track[0].model",
      'only generations have a model; add "as": "llm".',
    ],
    [
      '{ "track": [{ "functions": "f", "files": "src/[ab.ts" }] }',
      "1:42 LLMOPS1104 track[0].files",
      'the glob "src/[ab.ts" has no closing "]"; a bracket in a name is written \\].',
    ],
    [
      '{ "track": [{ "functions": ["f", "g{a,b"] }] }',
      "1:34 LLMOPS1104 track[0].functions[1]",
      'the glob "g{a,b" has no closing "}"',
    ],
    ['{ "exclude": ["a", "(b"] }', "1:20 LLMOPS1104 exclude[1]", 'has no closing ")"'],
    [
      '{ "exclude": ["src\\\\[id]\\\\pay.ts"] }',
      "1:15 LLMOPS1104 exclude[0]",
      'the glob "src\\[id]\\pay.ts" has \\ where / is meant',
    ],
    ['{ "exclude": ["[z-a]"] }', "1:15 LLMOPS1104 exclude[0]", 'the glob "[z-a]" cannot be used'],
    [
      '{ "track": [{ "functions": "f" }, { "functions": ["f"], "tags": ["x"] }] }',
      "1:35 LLMOPS2006 track[1]",
      "selects what track[0] selects; make them one entry.",
    ],
    ['{ "extends": 5 }', "1:14 LLMOPS1101 extends", "must be a text or a list of texts."],
    [
      '{ "extends": "./bas.json" }',
      "1:14 LLMOPS1105 extends [./base.json]",
      'extends: "./bas.json" does not exist.',
    ],
    // The ending may be left out.
    [
      '{ "extends": "./bases" }',
      "1:14 LLMOPS1105 extends [./base.json]",
      'extends: "./bases" does not exist.',
    ],
    ['{ "extends": "./folder" }', "1:14 LLMOPS1105 extends", '"./folder" is a directory.'],
    [
      '{ "extends": ["./base.json", "@acme/none"] }',
      "1:30 LLMOPS1105 extends[1]",
      'extends[1]: "@acme/none" does not exist.',
    ],
  ])("%s", (text, place, message) => {
    write({ "base.json": "{}", "folder/a.json": "{}" });
    const findings = complaints(text);
    expect(findings.length, findings.join("\n")).toBe(1);
    expect(findings[0]).toContain(`llmops.config.json:${place}: llmops.config.json`);
    expect(findings[0]).toContain(message);
  });

  test.each([
    ["lists", "[".repeat(100_000)],
    ["objects", `${'{"a":'.repeat(30_000)}1${"}".repeat(30_000)}`],
  ])("%s nested deeper than the stack is", (_, text) => {
    expect(complaints(text)).toEqual([
      "llmops.config.json:1:1 LLMOPS1102 : llmops.config.json is no valid JSON: it is nested too deeply.",
    ]);
  });

  test("several mistakes are as many findings", () => {
    expect(complaints('{ "a": 1, "track": [{ "b": 2 }], "exclude": 3 }').length).toBe(4);
  });

  test("a path that leads nowhere names the file beside it that is nearest", () => {
    write({ "llmops.config.json": "{}" });
    expect(said(openSession("llmops.confg.json", root))).toEqual([
      `llmops.confg.json:1:1 LLMOPS1103  [llmops.config.json]: The config file "${root}/llmops.confg.json" does not exist; correct "config" in the plugin options. Did you mean "llmops.config.json"?`,
    ]);
    expect(said(openSession(".", root))[0]).toContain("is a directory");
  });
});

const ENTRY = '{ "track": [{ "functions": "f" }] }';

test.each<[string, string | Uint8Array]>([
  ["comments and trailing commas", '{ // a\n "track": [{ "functions": "f", /* b */ },], }'],
  ["a byte order mark", `\uFEFF${ENTRY}`],
  ["UTF-16, as PowerShell writes it", Buffer.from(`\uFEFF${ENTRY}`, "utf16le")],
])("%s are no mistake", (_name, text) => {
  expect(complaints(text)).toEqual([]);
  const session = openSession(undefined, root);
  expect(tracked(session, { "a.ts": "function f() {}" })).toEqual(["a.ts#f"]);
});

test("an entry with `!` takes out what the others of its list take in", () => {
  write({
    "llmops.config.json":
      '{ "track": [{ "files": ["src/**", "!src/gen/**"], "functions": ["*", "!test*"] }] }',
  });
  const files = {
    "src/a.ts": "function f() {} function testF() {}",
    "src/gen/b.ts": "function f() {}",
  };
  expect(tracked(openSession(undefined, root), files)).toEqual(["src/a.ts#f"]);
});

describe("extends", () => {
  const FILES = { "src/a.ts": "function f() {}", "src/b.ts": "function f() {}" };

  test("what is extended applies first: defaults merge, entries come before, excludes add up", () => {
    write({
      "base/shared.json":
        '{ "defaults": { "tags": ["base"], "metadata": { "a": 1, "b": 1 } }, "track": [{ "functions": "f", "level": "DEBUG" }], "exclude": ["src/b.ts"] }',
      "llmops.config.json":
        '{ "extends": "./base/shared", "defaults": { "metadata": { "b": 2 } }, "track": [{ "files": "src/**", "functions": "f", "level": "ERROR" }] }',
    });
    const session = openSession(undefined, root);
    expect(said(session)).toEqual([]);
    expect(tracked(session, FILES)).toEqual(["src/a.ts#f"]);
    const file = ts.createSourceFile(join(root, "src/a.ts"), FILES["src/a.ts"], 99);
    const { plan } = session.analyze({ ts, file, strict: true });
    expect(plan?.sites[0]?.facts).toMatchObject({
      tags: ["base"],
      metadata: { a: 1, b: 2 },
      level: "ERROR",
    });
  });

  test.each([
    ["a package's own file", "@acme/llmops", "@acme/llmops/llmops.config.json"],
    ["a file of a package", "@acme/llmops/strict.json", "@acme/llmops/strict.json"],
    ["a file without its ending", "@acme/llmops/strict", "@acme/llmops/strict.json"],
  ])("%s; its globs are about the project that extends it", (_name, specifier, file) => {
    write({
      [`node_modules/${file}`]: '{ "track": [{ "files": "src/a.ts", "functions": "*" }] }',
      // Packages seldom export such a file.
      "node_modules/@acme/llmops/package.json": '{ "name": "@acme/llmops", "exports": {} }',
      "llmops.config.json": JSON.stringify({ extends: specifier }),
    });
    const session = openSession(undefined, root);
    expect(said(session)).toEqual([]);
    expect(tracked(session, FILES)).toEqual(["src/a.ts#f"]);
  });

  test("a circle is told with its chain, at the place that closes it", () => {
    write({
      "llmops.config.json": '{ "extends": "./a.json" }',
      "a.json": '{ "extends": ["./b.json"] }',
      "b.json": '{\n  "extends": "./a.json"\n}',
    });
    expect(said(openSession(undefined, root))).toEqual([
      "b.json:2:14 LLMOPS1106 extends: b.json: extends: configurations extend each other: a.json → b.json → a.json.",
    ]);
  });

  test("one that extends itself, and through a link", () => {
    write({ "llmops.config.json": '{ "extends": "./link.json" }' });
    symlinkSync(join(root, "llmops.config.json"), join(root, "link.json"));
    expect(said(openSession(undefined, root))).toEqual([
      "llmops.config.json:1:14 LLMOPS1106 extends: llmops.config.json: extends: configurations extend each other: llmops.config.json → llmops.config.json.",
    ]);
  });

  test("two that extend the same one are no circle, and it applies once", () => {
    write({
      "llmops.config.json": '{ "extends": ["./a.json", "./b.json"] }',
      "a.json": '{ "extends": "./c.json" }',
      "b.json": '{ "extends": "./c.json" }',
      "c.json": ENTRY,
    });
    const session = openSession(undefined, root);
    expect(said(session)).toEqual([]);
    expect(session.config.entries.length).toBe(1);
  });

  test("a mistake in what is extended is told there", () => {
    write({
      "llmops.config.json": '{ "extends": "./base/a.json" }',
      "base/a.json": '{\n  "trak": []\n}',
    });
    expect(said(openSession(undefined, root))).toEqual([
      'base/a.json:2:3 LLMOPS1101 trak [track]: a.json: trak: unknown key "trak". Did you mean "track"?',
    ]);
  });

  test("hosts watch all of them, those that are missing too, and notice an edit", () => {
    write({ "llmops.config.json": '{ "extends": ["./a.json", "./b.json"] }', "a.json": "{}" });
    const before = openSession(undefined, root).config;
    expect(before.paths).toEqual(
      ["llmops.config.json", "a.json", "b.json"].map((name) => join(root, name)),
    );
    write({ "a.json": '{ "defaults": {} }' });
    expect(openSession(undefined, root).config.hash).not.toBe(before.hash);
  });
});

describe("what matches nothing", () => {
  function unmatched(config: string, files: Readonly<Record<string, string>>): string[] {
    write({ "llmops.config.json": config });
    const session = openSession(undefined, root);
    tracked(session, files);
    return session
      .unmatched()
      .map(({ code, json_path: path, suggestion, column }) =>
        [code, path, suggestion ?? "-", column].join(" "),
      );
  }
  const FILES = { "src/pay.ts": "class Shop { pay() {} } function refund() {}", "b.ts": "" };

  test.each<[string, string[]]>([
    ['{ "track": [{ "functions": "refund" }] }', []],
    ['{ "track": [{ "functions": "refnd" }] }', ["LLMOPS2003 track[0].functions refund 28"]],
    [
      '{ "track": [{ "functions": ["refund", "Shop.pa", "x*", "!y"] }] }',
      ["LLMOPS2003 track[0].functions[1] Shop.pay 39", "LLMOPS2003 track[0].functions[2] - 50"],
    ],
    ['{ "track": [{ "files": "lib/**", "functions": "x" }] }', ["LLMOPS2005 track[0].files - 24"]],
    [
      '{ "track": [{ "files": "b.ts", "functions": "x" }] }',
      ["LLMOPS2003 track[0].functions - 45"],
    ],
    [
      '{ "track": [{ "files": ["src/**", "lbi/**", "!gen/**"], "functions": "refund" }] }',
      ["LLMOPS2005 track[0].files[1] - 35"],
    ],
  ])("%s", (config, expected) => {
    expect(unmatched(config, FILES)).toEqual(expected);
  });

  test("a function that is marked with @noTrack is one; a file that is not understood is told of itself", () => {
    const config = '{ "track": [{ "functions": "f" }, { "files": "c.ts", "functions": "g" }] }';
    const files = { "a.ts": "/** @noTrack */ function f() {}", "c.ts": "function g( {" };
    expect(unmatched(config, files)).toEqual([]);
  });
});
