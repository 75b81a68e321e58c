// Code blocks of the documentation → compiled, parsed or looked up, by their language.
// Invariant: a block in a language that nothing checks fails.
import { readdirSync, readFileSync } from "node:fs";
import { join } from "node:path";
import { Ajv, type AnySchema } from "ajv/dist/ajv.js";
import ts from "typescript";
import { expect, test } from "vitest";
import { createTransformer } from "llmops-transformer";
import { type Block, pages, ROOT } from "./pages.ts";

const blocks = pages().flatMap((page) => page.blocks);
const of = (...languages: readonly string[]): (readonly [string, Block])[] =>
  blocks
    .filter(({ language }) => languages.includes(language))
    .map((block) => [block.place, block]);

/** Checked here, or not at all: what is printed, and other languages' code. */
const CHECKED = new Set(["ts", "js", "json", "jsonc", "sh"]);
const SHOWN = new Set(["", "python", "hcl"]);

test("every block has a language that is known", () => {
  const unknown = blocks.filter(({ language }) => !CHECKED.has(language) && !SHOWN.has(language));
  expect(unknown.map(({ place, language }) => [place, language])).toEqual([]);
  expect(blocks.length).toBeGreaterThan(60);
});

const THEIRS = "theirs";
const EMITTED = "emitted from the block above";

/** A file that the compiler is told of → the block in it. */
const sources: ReadonlyMap<string, Block> = new Map(
  [...of("ts", "js"), ["broken", broken()] as const]
    .filter(([, { note }]) => note !== EMITTED)
    .map(([place, block]) => {
      const name = place.replaceAll(/[/:]/g, "-").replace(".md", "");
      return [join(ROOT, "docs", `${name}.${block.language}`), block];
    }),
);

/** So that it shows whether a mistake would be noticed. */
function broken(): Block {
  const text = 'import { flsh } from "llmops-observability";\nflsh();\n';
  return { place: "broken", language: "ts", text, note: "", section: "", file: undefined };
}

const OPTIONS: ts.CompilerOptions = {
  target: ts.ScriptTarget.ES2023,
  lib: ["lib.es2023.d.ts"],
  module: ts.ModuleKind.NodeNext,
  moduleResolution: ts.ModuleResolutionKind.NodeNext,
  moduleDetection: ts.ModuleDetectionKind.Force,
  types: ["node"],
  allowJs: true,
  strict: true,
  noEmit: true,
  skipLibCheck: true,
};

/** What stands in the note comes first, in one line. */
function textOf({ note, text }: Block): string {
  const given = note.startsWith("given: ") ? note.slice("given: ".length) : "";
  return `${given.replaceAll("\n", " ")}\n${text}`;
}

function findings(): string[] {
  const host = ts.createCompilerHost(OPTIONS);
  const { readFile, fileExists, getSourceFile } = host;
  host.fileExists = (path) => sources.has(path) || fileExists(path);
  host.readFile = (path) => {
    const block = sources.get(path);
    return block === undefined ? readFile(path) : textOf(block);
  };
  host.getSourceFile = (path, language, ...rest) => {
    const block = sources.get(path);
    return block === undefined
      ? getSourceFile.call(host, path, language, ...rest)
      : ts.createSourceFile(path, textOf(block), language);
  };
  const program = ts.createProgram([...sources.keys()], OPTIONS, host);
  return [...sources].flatMap(([path, { place, note }]) => {
    const file = program.getSourceFile(path);
    const found = [
      ...program.getSyntacticDiagnostics(file),
      ...(note === THEIRS ? [] : program.getSemanticDiagnostics(file)),
    ];
    return found.map(({ messageText, start = 0 }) => {
      const line = file?.getLineAndCharacterOfPosition(start).line;
      return `${place}, line ${line}: ${ts.flattenDiagnosticMessageText(messageText, " ")}`;
    });
  });
}

test("TypeScript and JavaScript compile against the packages", () => {
  expect(findings()).toEqual([expect.stringMatching(/^broken, line 1: .*flsh/)]);
});

test.each(of("js").filter(([, { note }]) => note === EMITTED))("%s is emitted", (_, block) => {
  const before = blocks[blocks.indexOf(block) - 1]?.text ?? "";
  const name = "/pay.ts";
  const options = { target: ts.ScriptTarget.ES2023, module: ts.ModuleKind.ESNext };
  const { outputText } = ts.transpileModule(before, {
    fileName: name,
    compilerOptions: options,
    transformers: { before: [createTransformer(ts, { config: {} })] },
  });
  const bare = (text: string): string => text.replaceAll(/\s+/g, "");
  expect(bare(outputText)).toContain(bare(block.text));
});

test.each(of("json", "jsonc"))(
  "%s is JSON, and valid where it is of a kind of ours",
  (_, block) => {
    const parsed = ts.parseConfigFileTextToJson("block.json", block.text);
    expect(parsed.error).toBeUndefined();
    const value: unknown = parsed.config;
    if (typeof value !== "object" || value === null || !("track" in value)) return;
    const schema = readFileSync(join(ROOT, "transformer/schema.json"), "utf8");
    const isValid = new Ajv({ strict: false }).compile(JSON.parse(schema) as AnySchema);
    expect([isValid(value), isValid.errors]).toEqual([true, null]);
  },
);

const { scripts } = JSON.parse(readFileSync(join(ROOT, "package.json"), "utf8")) as {
  scripts: Record<string, string>;
};
const BINS = new Set(readdirSync(join(ROOT, "node_modules/.bin")));
/** Of Node, npm, the shell and clouds. */
const FOREIGN = new Set(["node", "export", "aws", "sam", "tsc", "curl"]);
/** Not installed here; their documentation has them. */
const ELSEWHERE = new Set(
  "webpack-cli webpack rspack farm bun next nest jest nodemon ts-node".split(" "),
);

/** Why a command cannot be right, if it cannot. */
function faultOf(command: string): string | undefined {
  const words = command
    .trim()
    .split(/\s+/)
    .filter((word) => !/^[A-Z_]+=/.test(word));
  const [tool = "", first = "", second = ""] = words;
  if (tool === "" || FOREIGN.has(tool)) return undefined;
  if (tool === "npx") return isThere(first) ? undefined : `there is no ${first}`;
  if (tool !== "npm") return isThere(tool) ? undefined : `${tool} is not known`;
  if (first === "run") return second in scripts ? undefined : `there is no script ${second}`;
  if (["i", "install", "ci", "init", "pkg", "test", "start"].includes(first)) return undefined;
  return `npm ${first} is not known`;
}
const isThere = (bin: string): boolean => BINS.has(bin) || ELSEWHERE.has(bin);

test.each(of("sh"))("%s names commands that are there", (_, { text }) => {
  const commands = text
    .replaceAll("\\\n", " ")
    .split("\n")
    .map((line) => line.replace(/(?:^|\s)#.*$/, ""))
    .flatMap((line) => line.split(/&&|\|\||[|;&]/));
  expect(commands.flatMap((command) => faultOf(command) ?? [])).toEqual([]);
  expect(faultOf("npx llmop")).toBe("there is no llmop");
  expect(faultOf("npm run nothing")).toBe("there is no script nothing");
});
