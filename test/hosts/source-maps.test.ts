// Source maps of both emitters lead every word of the output that the user wrote back to its own line and column.
import { readFileSync } from "node:fs";
import { basename, join } from "node:path";
import {
  decodedMappings,
  generatedPositionFor,
  originalPositionFor,
  TraceMap,
} from "@jridgewell/trace-mapping";
import { createTransformer, instrument, type SourceMapObject } from "llmops-transformer";
import ts from "typescript";
import { describe, expect, test } from "vitest";
import { cases, casesDirectory, configOf, inputOf } from "../semantics/fixtures/variants.ts";

const ROOT = join(import.meta.dirname, "../..");
const EVERYTHING = { track: [{ functions: "**", capture: true }] };

interface Input {
  readonly name: string;
  readonly text: string;
  readonly config: object;
}

const inputs: readonly Input[] = [
  ...cases.map((name) => {
    const file = inputOf(name);
    const text = readFileSync(join(casesDirectory, name, file), "utf8");
    return { name: `${name}/${file}`, text, config: configOf(name) };
  }),
  ...[
    "runtime/src/encode/encoder.ts",
    "runtime/src/tracing/trace.ts",
    "transformer/src/analyze/edits.ts",
    "processor/src/queue/consume.ts",
    "node_modules/picomatch/lib/parse.js",
    "node_modules/magic-string/dist/index.mjs",
  ].map((name) => ({ name, text: readFileSync(join(ROOT, name), "utf8"), config: EVERYTHING })),
];

interface Segment {
  /** Offsets of the output and of the original. */
  readonly generated: number;
  readonly original: number;
}

type Places = ReadonlyMap<number, readonly number[]>;

function segments(map: SourceMapObject, code: string, original: string): Segment[] {
  const [rows, lines] = [lineStarts(code), lineStarts(original)];
  const decoded = decodedMappings(new TraceMap(map as ConstructorParameters<typeof TraceMap>[0]));
  return decoded.flatMap((row, at) =>
    row.flatMap(([column, , line, from]) =>
      line === undefined || from === undefined
        ? []
        : [{ generated: (rows[at] ?? NaN) + column, original: (lines[line] ?? NaN) + from }],
    ),
  );
}

function lineStarts(text: string): number[] {
  const starts = [0];
  for (const { index } of text.matchAll(/\n/g)) starts.push(index + 1);
  return starts;
}

const WORD = /(?<![\p{ID_Continue}$])[\p{ID_Start}$_][\p{ID_Continue}$]*/uy;

function wordAt(text: string, offset: number): string | undefined {
  WORD.lastIndex = offset;
  return WORD.exec(text)?.[0];
}

/** Offsets of the output by offset of the original, where the same word stands in both. */
function wordPlaces(all: readonly Segment[], code: string, original: string): Places {
  const places = new Map<number, number[]>();
  for (const { generated, original: from } of all) {
    const word = wordAt(code, generated);
    if (word === undefined || word !== wordAt(original, from)) continue;
    places.set(from, [...(places.get(from) ?? []), generated]);
  }
  return places;
}

function wordStarts(text: string): number[] {
  return [...text.matchAll(new RegExp(WORD.source, "gu"))].map(({ index }) => index);
}

/** Where a debugger may be told to stop. */
function statementStarts(name: string, text: string): number[] {
  const file = ts.createSourceFile(name, text, ts.ScriptTarget.Latest, true);
  const starts: number[] = [];
  const visit = (node: ts.Node): void => {
    const erased =
      ts.isTypeAliasDeclaration(node) ||
      ts.isInterfaceDeclaration(node) ||
      (ts.canHaveModifiers(node) &&
        ts.getModifiers(node)?.some(({ kind }) => kind === ts.SyntaxKind.DeclareKeyword) === true);
    if (erased) return;
    if (ts.isStatement(node) && !ts.isBlock(node)) starts.push(node.getStart(file));
    ts.forEachChild(node, visit);
  };
  visit(file);
  return starts;
}

/** "line:column word" */
function shown(text: string, offset: number): string {
  const before = text.slice(0, offset).split("\n");
  return `${before.length}:${before.at(-1)?.length ?? 0} ${wordAt(text, offset) ?? ""}`;
}

describe.each(inputs)("text emitter, $name", ({ name, text, config }) => {
  const done = instrument(text, { filename: basename(name), config });
  if (done === null) return;
  const { code, map } = done;
  const all = segments(map, code, text);

  test("segments are in order, and join equal characters but where something was put before one", () => {
    const inserted = all.filter(({ generated, original }) => code[generated] !== text[original]);
    const starts = new Set(
      inserted.map(({ generated }) => code.slice(generated).match(/^[${]/)?.[0]),
    );
    expect([...starts].filter((start) => start === undefined)).toEqual([]);
    const strays = all.filter(({ generated, original }, at) => {
      const previous = all[at - 1];
      return (
        previous !== undefined && !(generated > previous.generated && original > previous.original)
      );
    });
    expect(strays).toEqual([]);
  });

  test("every word leads back to its own line and column", () => {
    const places = new Map(all.map((segment, at) => [segment.original, at]));
    for (const offset of wordStarts(text)) {
      const at = places.get(offset);
      expect(at, shown(text, offset)).toBeDefined();
      const word = wordAt(text, offset) ?? "";
      const { generated = 0 } = all[at ?? 0] ?? {};
      // What was put before it shares its segment; the word's second character, or what follows, has the next one.
      const next = all[(at ?? 0) + 1]?.generated ?? code.length;
      const found = code.startsWith(word, generated) ? generated : code.lastIndexOf(word, next);
      expect(found, shown(text, offset)).toBeGreaterThanOrEqual(generated);
      expect(traced(all, found), shown(text, offset)).toBe(offset);
    }
  });

  test("every statement has a segment where its code begins", () => {
    const known = new Set(all.map(({ original }) => original));
    const missing = statementStarts(name, text).filter((offset) => !known.has(offset));
    expect(missing.map((offset) => shown(text, offset))).toEqual([]);
  });
});

/** The original offset that an offset of the output leads to. */
function traced(all: readonly Segment[], generated: number): number | undefined {
  return all.findLast((segment) => segment.generated <= generated)?.original;
}

function transpiled(
  { name, text }: Input,
  module: ts.ModuleKind,
  before: ts.TransformerFactory<ts.SourceFile>[],
): { code: string; map: SourceMapObject } {
  const { outputText, sourceMapText } = ts.transpileModule(text, {
    fileName: basename(name),
    compilerOptions: {
      target: ts.ScriptTarget.ESNext,
      module,
      sourceMap: true,
      jsx: ts.JsxEmit.React,
    },
    transformers: { before },
  });
  return { code: outputText, map: JSON.parse(sourceMapText ?? "") as SourceMapObject };
}

describe.each(inputs)("AST emitter, $name", (input) => {
  const { name, text, config } = input;
  test.each([ts.ModuleKind.ESNext, ts.ModuleKind.CommonJS])(
    "no word maps worse than by TypeScript alone, module %s",
    (module) => {
      const plain = transpiled(input, module, []);
      const ours = transpiled(input, module, [createTransformer(ts, { config })]);
      const expected = wordPlaces(segments(plain.map, plain.code, text), plain.code, text);
      const actual = wordPlaces(segments(ours.map, ours.code, text), ours.code, text);
      const lost = [...expected.keys()].filter((offset) => !actual.has(offset));
      expect(lost.map((offset) => shown(text, offset))).toEqual([]);
      // Breakpoints: from a statement to its code, and back.
      const lines = lineStarts(text);
      const [plainMap, map] = [plain.map, ours.map].map(
        (raw) => new TraceMap(raw as ConstructorParameters<typeof TraceMap>[0]),
      ) as [TraceMap, TraceMap];
      const rows = lineStarts(ours.code);
      const plainRows = lineStarts(plain.code);
      for (const offset of statementStarts(name, text)) {
        const line = lines.findLastIndex((start) => start <= offset);
        const place = {
          source: basename(name),
          line: line + 1,
          column: offset - (lines[line] ?? 0),
        };
        const wanted = generatedPositionFor(plainMap, place);
        if (wanted.line === null) continue;
        const found = generatedPositionFor(map, place);
        expect(found.line, shown(text, offset)).not.toBeNull();
        const { line: row, column } = originalPositionFor(
          map,
          found as { line: number; column: number },
        );
        expect({ line: row, column }, shown(text, offset)).toEqual({
          line: place.line,
          column: place.column,
        });
        const [before, after] = [
          wordAt(plain.code, (plainRows[wanted.line - 1] ?? 0) + wanted.column),
          wordAt(ours.code, (rows[(found.line ?? 0) - 1] ?? 0) + (found.column ?? 0)),
        ];
        if (after?.startsWith("$") !== true) expect(after, shown(text, offset)).toBe(before);
      }
    },
  );
});
