import fc from "fast-check";
import { describe, expect, test } from "vitest";
import * as format from "../../page/parts/format.ts";
import { seen } from "../../page/parts/text.ts";
import { ownPieces } from "../../page/parts/words.ts";
import { tokensOf } from "../../page/source/tokens.ts";
import { fieldOf, termsOf, valuesOf, withValues, without } from "../../page/state/query.ts";
import { criticalPath, parentsOf, shownOf } from "../../page/trace/tree.ts";
import { spanRow } from "./fake.ts";

const code = fc.array(
  fc
    .array(
      fc.constantFrom(
        "`",
        "${",
        "}",
        "{",
        "/*",
        "*/",
        "//",
        '"',
        "'",
        "\\",
        "/",
        "a",
        " = ",
        "1",
        "await",
        "é",
        "\u202e",
        "[",
      ),
    )
    .map((parts) => parts.join("")),
);

test("the tokens of a line, joined, are the line", () => {
  fc.assert(
    fc.property(fc.oneof(code, fc.array(fc.string({ unit: "binary" }))), (lines) => {
      const single = lines.map((line) => line.replaceAll(/[\r\n\u2028\u2029]/g, " "));
      const joined = tokensOf(single).map((tokens) => tokens.map(({ text }) => text).join(""));
      expect(joined).toEqual(single);
    }),
  );
});

test.for<readonly [string, string]>([
  ["const a = 1; // note", "keyword text number text comment"],
  ["a / b / c", "text"],
  ["x = /[/]re/g.test(y)", "text string text"],
  ['call("a \\" b", \'c\')', "text string text string text"],
  ["`a ${b} c`", "string text string"],
  ["`a ${ { b: `c` } }`", "string text string text string"],
  ["object.default", "text"],
])("what is told apart in %s", ([line, kinds]) => {
  expect(
    tokensOf([line])[0]
      ?.map(({ kind }) => kind)
      .join(" "),
  ).toBe(kinds);
});

test("comments and templates go on over lines", () => {
  const lines = ["/* one", "two */ a", "`three", "${b} four`", "c"];
  const kinds = tokensOf(lines).map((tokens) => tokens.map(({ kind }) => kind).join(" "));
  expect(kinds).toEqual(["comment", "comment text", "string", "string text string", "text"]);
});

test("the pieces of a text, joined, are the text; what is not its own stands in the other in that order", () => {
  fc.assert(
    fc.property(fc.string(), fc.string(), (a, b) => {
      const pieces = ownPieces(a, b);
      expect(pieces.map(({ text }) => text).join("")).toBe(b);
      let from = 0;
      for (const { text, own } of pieces) {
        if (own) continue;
        for (const unit of text) {
          const at = a.indexOf(unit, from);
          expect(at).toBeGreaterThanOrEqual(from);
          from = at + unit.length;
        }
      }
    }),
  );
});

test("what is shown has neither controls nor direction marks", () => {
  fc.assert(
    fc.property(fc.string({ unit: "binary" }), (text) => {
      expect(seen(text).replaceAll(/[\n\t]/g, "")).not.toMatch(
        /[\p{Bidi_Control}\p{Cc}\u200b\ufeff]/u,
      );
      expect(seen(text).isWellFormed()).toBe(true);
    }),
  );
});

describe("a query's terms", () => {
  test.for([
    ['a "b c" status:error', ["a", '"b c"', "status:error"]],
    ['name:"x y" -tag:z', ['name:"x y"', "-tag:z"]],
    ['open "quote', ["open", '"quote']],
    ["  ", []],
  ] as const)("of %s", ([query, terms]) => {
    expect(termsOf(query)).toEqual(terms);
  });

  test("a value that goes in and out again leaves the rest as it was", () => {
    const query = 'words "in quotes" duration:>2s';
    const one = withValues(query, "model", ["gpt 4", "o1"]);
    expect(one).toBe(`${query} model:"gpt 4",o1`);
    expect(valuesOf(one, "model")).toEqual(["gpt 4", "o1"]);
    expect(withValues(one, "model", ["o1"])).toBe(`${query} model:o1`);
    expect(withValues(one, "model", [])).toBe(query);
    expect(without(query, "duration:>2s")).toBe('words "in quotes"');
    expect(["-status:error", "meta.key:x", '"a:b"', "word"].map(fieldOf)).toEqual([
      "status",
      "meta.key",
      undefined,
      undefined,
    ]);
  });
});

test.for([
  [0.4123, "0.412 ms"],
  [0, "0 ms"],
  [999, "999 ms"],
  [2100, "2.10 s"],
  [12_345, "12.3 s"],
  [59_999, "1 m 00 s"],
  [3_599_999, "1 h 00 m"],
  [123_456, "2 m 03 s"],
] as const)("%s ms reads %s", ([ms, text]) => {
  expect(format.duration(ms)).toBe(text);
});

test.for([
  [null, "–"],
  [0, "$0"],
  [0.000_198, "$0.0002"],
  [0.000_074_35, "$0.000074"],
  [-0.000_05, "−$0.00005"],
  [0.5, "$0.5"],
  [12.345, "$12.35"],
  [1234.5, "$1,235"],
] as const)("$%s reads %s", ([dollars, text]) => {
  expect(format.cost(dollars)).toBe(text);
});

test("trees of any shape: parents are above, collapsed spans hide what is below them", () => {
  const depths = fc.array(fc.nat(6), { maxLength: 60 });
  fc.assert(
    fc.property(depths, fc.array(fc.nat(59)), (found, closed) => {
      let before = -1;
      const spans = found.map((wanted, index) => {
        const depth = Math.min(wanted, before + 1);
        before = depth;
        return spanRow({ span_id: `s${index}`, depth, start: index, duration_ms: 3 });
      });
      const parents = parentsOf(spans);
      spans.forEach(({ depth }, index) => {
        const parent = parents[index] ?? -1;
        expect(parent < 0 ? 0 : (spans[parent]?.depth ?? -1) + 1).toBe(depth);
      });
      const collapsed = new Set(closed.map((index) => `s${index}`));
      const shown = new Set(shownOf(spans, collapsed, undefined, parents));
      spans.forEach((_, index) => {
        let hidden = false;
        for (let up = parents[index] ?? -1; up >= 0; up = parents[up] ?? -1)
          hidden ||= collapsed.has(`s${up}`);
        expect(shown.has(index)).toBe(!hidden);
      });
      expect(criticalPath(spans, parents).size).toBeLessThanOrEqual(spans.length);
    }),
  );
});
