// Comments in the sources → held to the house style: what a head says first, how wide lines are,
// and that the files they name are there.
// Invariant: each rule refuses something.
import { readdirSync, readFileSync } from "node:fs";
import { basename, join } from "node:path";
import { describe, expect, test } from "vitest";

/** What packages export says under which name. */
const DOOR = /^\/\/ (?:The public names|The public API|.*`llmops-[a-z]+(?:\/[a-z-]+)?`)/;

/** Comments show users' files by these names. */
const EXAMPLES: ReadonlySet<string> = new Set(["app.ts", "build.mjs"]);

const WIDEST = 100;
const COMMENT = /^\s*(?:\/\/|\/?\*)|\s\/\/ /;
/** `file.ts`; not `this.ts`, where a member is meant, and not the tail of another name. */
const FILE = /(?<![\w$/.&-])[a-z][a-z0-9-]*(?:\.[a-z]+)?\.(?:ts|mjs|cjs)\b(?!\()/g;

/** What is wrong with the comments of a file. */
function faultsIn(text: string, files: ReadonlySet<string>): string[] {
  const lines = text.replace(/^#!.*\n/, "").split("\n");
  const end = lines.findIndex((line) => !line.startsWith("//"));
  return [
    ...faultsInHead(lines.slice(0, end)),
    ...lines.flatMap((line, at) => {
      if (!COMMENT.test(line)) return [];
      const comment = line.slice(line.search(/\/\/|\*/));
      const named = comment.match(FILE) ?? [];
      const missing = named.filter((name) => !files.has(name) && !EXAMPLES.has(name));
      return [
        ...(line.length > WIDEST ? [`line ${at + 1} has ${line.length} columns`] : []),
        ...missing.map((name) => `line ${at + 1}: there is no ${name}`),
      ];
    }),
  ];
}

function faultsInHead(head: readonly string[]): string[] {
  const format = head.findIndex((line) => /^\/\/ (?:Formats?:|  )/.test(line));
  const said = format < 0 ? head : head.slice(0, format);
  const invariant = said.findIndex((line) => line.includes("Invariant:"));
  const first = said.slice(0, invariant < 0 ? undefined : invariant).join(" ");
  return [
    ...(said.length === 0 ? ["no head"] : []),
    ...(said.length > 3 ? [`a head of ${said.length} lines`] : []),
    ...(DOOR.test(head[0] ?? "") || /[→↔]/.test(first) ? [] : ["the head has no input → output"]),
    ...(invariant < 0 || said[invariant]?.startsWith("// Invariant: ") === true
      ? []
      : ["Invariant: begins no line"]),
  ];
}

const root = join(import.meta.dirname, "..");
const sources = ["runtime", "transformer", "processor"].flatMap((name) =>
  readdirSync(join(root, name, "src"), { recursive: true, encoding: "utf8" })
    .filter((path) => path.endsWith(".ts"))
    .map((path) => join(name, "src", path)),
);
const tests = ["test", "fixtures"].flatMap((name) =>
  readdirSync(join(root, name), { recursive: true, encoding: "utf8" }),
);
const names: ReadonlySet<string> = new Set([...sources, ...tests].map((path) => basename(path)));

test.each(sources)("%s", (file) => {
  expect(faultsIn(readFileSync(join(root, file), "utf8"), names)).toEqual([]);
});

describe("what is refused", () => {
  const GOOD = "// A value → its text.\n// Invariant: never throws.\nimport {} from './x.ts';\n";
  test.each([
    ["no head", "import {} from './x.ts';\n"],
    ["a head of 4 lines", `// One\n// two\n// three\n${GOOD}`.replace("// Invariant", "\n")],
    ["the head has no input → output", "// A value.\n// Invariant: one → other.\n\n"],
    ["Invariant: begins no line", "// A value → text. Invariant: never throws.\n\n"],
    ["line 4 has 101 columns", `${GOOD}// ${"x".repeat(98)}\n`],
    ["line 4: there is no gone.ts", `${GOOD}// As gone.ts says.\n`],
  ])("%s", (fault, text) => {
    expect(faultsIn(GOOD, names)).toEqual([]);
    expect(faultsIn(text, names)).toContain(fault);
  });
});
