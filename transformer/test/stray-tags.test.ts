// Comments in which a tag is meant, and that mark nothing: each is one warning at the tag, in both
// emitters; what only talks of a tag is none.
import { createTransformer, type Diagnostic, instrument } from "llmops-transformer";
import ts from "typescript";
import { expect, test } from "vitest";

function diagnosticsOf(code: string): readonly Diagnostic[] {
  const filename = "a.tsx";
  const ofText = instrument(code, { filename, config: {} })?.diagnostics ?? [];
  const ofTree: Diagnostic[] = [];
  const addDiagnostic = (found: Diagnostic): number => ofTree.push(found);
  const before = [createTransformer(ts, { config: {}, addDiagnostic })];
  const compilerOptions = { target: ts.ScriptTarget.ESNext, jsx: ts.JsxEmit.Preserve };
  ts.transpileModule(code, { fileName: filename, compilerOptions, transformers: { before } });
  const places = (found: readonly Diagnostic[]): unknown[] =>
    found.map(({ code: id, line, column, message }) => [id, line, column, message]);
  expect(places(ofTree)).toEqual(places(ofText));
  return ofText;
}

/** `code text-at-its-place: message` */
const said = (code: string): string[] =>
  diagnosticsOf(code).map(
    ({ code: id, severity, start, length, message }) =>
      `${severity} ${id} ${code.slice(start, start + length)}: ${message}`,
  );

const BEFORE = "put it before a function";

test.each<[string, string]>([
  // No doc comment.
  [
    "// @track\nfunction f() {}",
    "2101 @track: Only doc comments mark functions: write /** @track */ before f.",
  ],
  [
    "// @track capture=x\nconst f = () => 1;",
    "2101 @track: Only doc comments mark functions: write /** @track */ before f.",
  ],
  ["//@track is for f\nfunction f() {}", "2101 @track: Only doc comments"],
  ["/* @track */ function f() {}", "2101 @track: Only doc comments"],
  [
    "/*\n * @trackLlm model=m\n */\nclass A { m() {} }",
    "2101 @trackLlm: Only doc comments mark functions: write /** @trackLlm */ before A.",
  ],
  [
    "class A {\n  // @track\n  m() {}\n}",
    "2101 @track: Only doc comments mark functions: write /** @track */ before m.",
  ],
  ["const o = {\n  // @track\n  m() {},\n};", "2101 @track: Only doc comments"],
  [
    "// @Track\nfunction f() {}",
    "2101 @Track: Only doc comments mark functions: write /** @track */ before f.",
  ],
  [
    "// @noTrack\nfunction f() {} /** @track */ function g() {}",
    "2101 @noTrack: Only doc comments",
  ],
  ["// @track\n// Pays.\nfunction f() {}", "2101 @track: Only doc comments"],
  [
    "function f() {\n  // @track\n  return 1;\n}",
    "2101 @track: Only doc comments mark functions: write /** @track */.",
  ],
  [
    "/*\n * Pays.\n * @track\n */\nfunction f() {}",
    "2101 @track: Only doc comments mark functions: write /** @track */ before f.",
  ],
  ["//// @track\nfunction f() {}", "2101 @track: Only doc comments"],
  ["//! @track\nfunction f() {}", "2101 @track: Only doc comments"],
  ["/*! @track */\nfunction f() {}", "2101 @track: Only doc comments"],
  // Misspelt.
  [
    "/** @Track */ function f() {}",
    '2102 @Track: @Track is no tag, and marks nothing. Did you mean "@track"?',
  ],
  [
    "/** @tracked */ function f() {}",
    '2102 @tracked: @tracked is no tag, and marks nothing. Did you mean "@track"?',
  ],
  [
    "/** @trackLLM model=m */ function f() {}",
    '2102 @trackLLM: @trackLLM is no tag, and marks nothing. Did you mean "@trackLlm"?',
  ],
  [
    "/**\n * Asks.\n * @track-llm\n */ function f() {}",
    '2102 @track-llm: @track-llm is no tag, and marks nothing. Did you mean "@trackLlm"?',
  ],
  ["/** @track_llm */ function f() {}", "2102 @track_llm: "],
  ["/** @TRACK */ function f() {}", "2102 @TRACK: "],
  [
    "/** @track */ class A { /** @no-track */ m() {} }",
    '2102 @no-track: @no-track is no tag, and marks nothing. Did you mean "@noTrack"?',
  ],
  // In a sentence.
  [
    "/** Pays the bill. @track */ function f() {}",
    "2103 @track: @track marks nothing in a sentence: begin a line with it to track f.",
  ],
  ["/** Please @trackLlm this. */ const f = async () => 1;", "2103 @trackLlm: "],
  ["/** {@track} */ class A { m() {} }", "2103 @track: "],
  [
    "class A { @dec /** Pays. @track */ m() {} }",
    "2103 @track: @track marks nothing in a sentence: begin a line with it to track m.",
  ],
  ["@dec /** Pays. @track */ class A { m() {} }", "2103 @track: "],
  // Another doc comment follows.
  [
    "/** @track */ /** Pays. */ function f() {}",
    "2108 @track: Only the last doc comment before f counts: put @track in it.",
  ],
  ["class A { /** @track */ /** Pays. */ get m() { return 1; } }", "2108 @track: "],
  ["/** @track */\n// note\n/** Pays. */ class A { m() {} }", "2108 @track: "],
  ["class A { @dec /** @track */ /** Pays. */ m() {} }", "2108 @track: "],
  ["/** @track */ /** @noTrack */ const f = () => 1;", "2108 @track: "],
  // Inside of the head.
  [
    "function f() /** @track */ {}",
    "2104 @track: @track stands inside of the head of f; put it before f.",
  ],
  ["function /** @track */ f() {}", "2104 @track: @track stands inside of the head of f"],
  ["export /** @track */ function f() {}", "2104 @track: @track stands inside of the head of f"],
  ["function f(/** @track */ a: number) {}", "2104 @track: @track stands inside of the head of f"],
  ["const f = () => /** @track */ {};", "2104 @track: @track stands inside of the head of f"],
  ["class A { m() /** @track */ {} }", "2104 @track: @track stands inside of the head of m"],
  // Nothing that runs.
  [
    "/** @track */ function f(a: string): void;\nfunction f(a: unknown): void {}",
    "2105 @track: @track on a declaration without a body has nothing to record; move it to the implementation.",
  ],
  ["/** @track */ declare function f(): void;", "2105 @track: "],
  ["/** @track */ declare const f: () => void;", "2105 @track: "],
  ["/** @track */ declare class A { m(): void }", "2105 @track: "],
  ["/** @track */ declare namespace N { function f(): void }", "2105 @track: "],
  ["abstract class A { /** @track */ abstract m(): void }", "2105 @track: "],
  [
    "/** @track */ type T = string;",
    `2106 @track: @track on a type has nothing to record; ${BEFORE}.`,
  ],
  [
    "/** @track */ interface I { m(): void }",
    `2106 @track: @track on a type has nothing to record; ${BEFORE}.`,
  ],
  [
    "interface I { /** @track */ m(): void }",
    `2106 @track: @track on a member of a type has nothing to record; ${BEFORE}.`,
  ],
  ["type T = { /** @track */ m: () => void };", "2106 @track: @track on a member of a type"],
  ["interface I { /** @track */ get m(): number }", "2106 @track: @track on a member of a type"],
  ["/** @track */ enum E { A }", "2106 @track: @track on an enum"],
  ["/** @track */ class A { x = 1 }", "2106 @track: @track on a class without functions"],
  [
    '/** @track */ import { f } from "./f";',
    "2107 @track: @track on an import has nothing to record; put it where the function stands.",
  ],
  [
    '/** @trackLlm */ export { f } from "./f";',
    "2107 @trackLlm: @trackLlm on an export of what is declared elsewhere",
  ],
  // Anything else.
  ["/** @track */ const limit = 3;", "2004 @track: @track marks nothing here"],
  ["class A { /** @track */ count = 1; m() {} }", "2004 @track: @track marks nothing here"],
  ["function f() { /** @track */ return 1; }", "2004 @track: @track marks nothing here"],
  ["/** @track */ if (a) b();", "2004 @track: @track marks nothing here"],
  ["const a = [1, /** @track */];", "2004 @track: @track marks nothing here"],
  ["export {};\n/** @track */", "2004 @track: @track marks nothing here"],
])("%s", (code, expected) => {
  const found = said(code);
  expect(found.length, found.join("\n")).toBe(1);
  expect(found[0]).toContain(`warning LLMOPS${expected}`);
});

test.each([
  "/** @track */ function f() {}",
  "class D { /** @track */ m(){} }",
  "/** @noTrack */ const limit = 3;",
  "// See /** @track */ in the guide.\nfunction f() {}",
  "// @track is read by the compiler, from doc comments.\nconst limit = 3;",
  "/* The @track tag. */ function f() {}",
  "/** Like `@track`, but by hand. */ function f() {}",
  "/** See {@link track} and me@track.com, '@track', @trackBy. */ function f() {}",
  "/**\n * Wraps.\n * @example\n * see @track f\n */\nfunction f() {}",
  "/** Reads what @track has written. */ const limit = 3;",
  "/** @trackBy id */ function f() {}",
  "// @track/core has it.\nfunction f() {}",
  "/**\n * @track/core has it, @Track/core too.\n */\nfunction f() {}",
  "/**\n * Pays.\n * ```ts\n * @track capture=x\n * @Track\n * ```\n */\nfunction f() {}",
  "/** Pays.\n ~~~\n @track\n ~~~ */ class A { @dec /** Pays. */ m() {} }",
  "export /** @track */ const f = () => 1;",
  "/** @tracker me */ function f() {}",
  'const a = "// @track", b = `// @track ${a} /* @track */`, c = /\\/\\/ @track/;',
  "const a = <p>// @track {/* the @track tag */ 1} /** @track */</p>;",
  "#!/usr/bin/env node // @track\nfunction f() {}",
  "@Track() class A { m() {} }",
])("is no mistake: %s", (code) => {
  expect(said(code)).toEqual([]);
});
