// Which functions are leaves: those whose own code can start no asynchronous work.
import { expect, test } from "vitest";
import { instrument } from "../../src/index.ts";

function entered(body: string, before = "function"): string | undefined {
  const code = `/** @track */\n${before} f(a, b) {\n${body}\n}\n`;
  return /\.(enter(?:Leaf)?)\(0/.exec(instrument(code, { filename: "f.tsx" })?.code ?? "")?.[1];
}

test.each([
  "return a + b * 2;",
  "return a.b?.c ?? a[b];",
  "if (a) { a = b; } else throw a; return { a, b };",
  "for (const k in a) b = k; while (a) a--; return [a, b];",
  "const { x } = a; return `${x}`;",
  // It runs later, or is called by somebody else.
  "return () => b();",
])("a leaf: %s", (body) => {
  expect(entered(body)).toBe("enterLeaf");
});

test.each([
  "return b();",
  "return a?.b();",
  "return new a();",
  "return a`text`;",
  "for (const x of a) b = x;",
  "return [...a];",
  "return Math.max(...a);",
  "const [x] = a; return x;",
  "const { x: [y] } = a; return y;",
  "[a] = b;",
  "({ x: [a] } = b);",
  "for ([a] in b);",
  "using x = a;",
  "class C { static x = a; }",
  "return class {};",
  "return <a />;",
  "return <a></a>;",
  "return <></>;",
])("no leaf: %s", (body) => {
  expect(entered(body)).toBe("enter");
});

test.each(["async function", "function*", "async function*"])("no leaf: %s", (before) => {
  expect(entered("return a;", before)).toBe("enter");
});
