// Sources with tags in any place → what is passed over holds nothing that a walk through all finds.
import fc from "fast-check";
import { instrument } from "llmops-transformer";
import { expect, test } from "vitest";
import { cases, inputOf, textOf } from "../../../test/semantics/fixtures/variants.ts";
import { Places } from "../../src/analyze/places.ts";

const fixtures = cases.map((name) => {
  const file = inputOf(name);
  return { file, text: textOf(name, file) };
});

/** An entry about a file has all of its functions looked at, though it matches none of them. */
const LOOKS_AT_ALL = { track: [{ files: "**", functions: "no.such.function" }] };

const COMMENTS = [
  "/** @track */",
  "/** @track capture */",
  "/** @noTrack */",
  "/** @trackLlm provider=p */",
  "/** @Track */",
  "// @track\n",
  "/* @track */",
  "/** Pays. @track */",
  "/** @track capture=nothing */",
] as const;

function expectTheSame(file: string, text: string): void {
  const few = instrument(text, { filename: file, config: {} });
  const all = instrument(text, { filename: file, config: LOOKS_AT_ALL });
  // A comment fell into another, and a text that says no `@track` is not even parsed.
  if (all?.diagnostics.some(({ code }) => code === "LLMOPS3012") === true) return;
  expect(few?.code ?? text).toBe(all?.code ?? text);
  expect(few?.diagnostics ?? []).toEqual(all?.diagnostics ?? []);
}

test.each(fixtures)("$file", ({ file, text }) => expectTheSame(file, text));

test("comments wherever there may be one", () => {
  let tracked = 0;
  const draws = fc.tuple(
    fc.constantFrom(...fixtures),
    fc.array(fc.tuple(fc.nat(), fc.constantFrom(...COMMENTS)), { minLength: 1, maxLength: 3 }),
  );
  fc.assert(
    fc.property(draws, ([{ file, text }, added]) => {
      const gaps = Array.from(text.matchAll(/(?<=[\s(){};,=])/g), ({ index }) => index);
      const bare = text.replaceAll("@track", "track");
      const places = added.map(([at, comment]) => [gaps[at % gaps.length] ?? 0, comment] as const);
      const marked = places
        .toSorted(([a], [b]) => b - a)
        .reduce((done, [at, comment]) => done.slice(0, at) + comment + done.slice(at), bare);
      expectTheSame(file, marked);
      tracked += instrument(marked, { filename: file, config: {} })?.sites.length ?? 0;
    }),
    { numRuns: Number(process.env["RUNS"] ?? 300) },
  );
  expect(tracked).toBeGreaterThan(0);
});

test("ranges one in another, side by side and none", () => {
  const places = new Places([
    { pos: 2, end: 20 },
    { pos: 4, end: 6 },
    { pos: 30, end: 31 },
  ]);
  const touched = (pos: number, end: number): boolean => places.touch({ pos, end });
  expect([touched(0, 2), touched(0, 3), touched(10, 12), touched(20, 30)]).toEqual([
    false,
    true,
    true,
    false,
  ]);
  expect([touched(0, 50), touched(30, 31), touched(31, 40)]).toEqual([true, true, false]);
  expect(new Places([]).touch({ pos: 0, end: 9 })).toBe(false);
});
