// A function's text → where its own returns are.
import { expect, test } from "vitest";
import { codeOf, returnsIn } from "../../src/source/scan.ts";

/** The text behind each return that counts. */
const returned = (text: string): string[] =>
  returnsIn(codeOf(text)).map((at) => text.slice(at + 7, at + 8));

test.each([
  ["a function", "function f() { return 1; }", "1"],
  ["a method", "async f({ a }) { return 1 }", "1"],
  ["an arrow", "(a) => { return 1; }", "1"],
  ["an arrow without braces", "(a) => a.map((b) => { return 1; })", ""],
  ["types", "function f(a: { b: c }): Promise<{ a: 1 }> { return 1; }", "1"],
  ["a type of braces", "f(): { a: number } { return 1; }", "1"],
  ["a list's type", "f(): string[] { return 1; }", "1"],
  ["a word's type", "f(): number { return 1; }", "1"],
  ["a generator", "*f() { yield 1; return 2; }", "2"],
  ["a computed name", "[Symbol.iterator]() { return 1; }", "1"],
  ["a default that is a function", "f(a = () => { return 1; }) { return 2; }", "2"],
  ["callbacks", "f() { a.map(() => { return 1; }); return 2; b(function () { return 3 }); }", "2"],
  ["methods of an object", "f() { const a = { b() { return 1; } }; return 2; }", "2"],
  ["a class", "f() { class A { b(): C { return 1; } static { } } return 2; }", "2"],
  ["a local function with a type", "f() { function g(): number { return 1; } return 2; }", "2"],
  [
    "branches",
    "f() { if (a) { return 1; } else { return 2; } for await (const b of c) { return 3; } }",
    "123",
  ],
  ["a switch", "f() { switch (a) { case 1: { return 1; } default: return 2; } }", "12"],
  ["try", "f() { try { return 1; } catch (e) { return 2; } finally { return 3; } }", "123"],
  ["catch without a name", "f() { try { return 1; } catch { return 2; } }", "12"],
  ["do and labels", "f() { a: { do { return 1; } while (b) } }", "1"],
  ["texts", "f() { return 1; 'return a'; \"return b\"; `return c ${d} return e`; }", "1"],
  ["code in templates", "f() { return `${a.map((b) => { return 1; })}`; }", "`"],
  ["comments", "f() { return 1; // return 2\n /* return 3 */ }", "1"],
  ["patterns", "f() { a(/[/]return '/, 4 / 2); return 1; }", "1"],
  ["division", "f() { const a = b / c; return 1 / d; }", "1"],
  ["members", "f() { a.return(1); b = { return: 2 }; return 3; }", "3"],
  ["what follows", "f() { return 1; }\ng() { return 2; }", "1"],
])("of %s", (_, text, expected) => {
  expect(returned(text).join("")).toBe(expected);
});

test("a text's code has its length and its line ends", () => {
  const text = "a('b\\'c') /* d\r\ne */ `f${`g${h}`}i`; // j\n/k[/]l/.test(m)";
  const code = codeOf(text);
  expect(code).toHaveLength(text.length);
  expect(code.match(/[\r\n]/g)).toEqual(text.match(/[\r\n]/g));
  expect(code.replaceAll(/\s+/g, " ")).toBe("a(' ') ` ${` ${h}`} `; / /.test(m)");
});
