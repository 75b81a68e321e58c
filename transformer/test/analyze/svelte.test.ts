// Files that Svelte compiles behind us → names and captures as its compiler takes them.
import { instrument } from "llmops-transformer";
import { expect, test } from "vitest";

const CODE = `
/** @track capture=a,b,c */
export function f() { const a = $state(1); const { b } = $derived.by(() => ({ b: a })) as { b: number }; let c = $(a); return b; }
`;

test.each(["/app/counter.svelte.ts", "/app/App.svelte"])(
  "%s: variables that runes make are not read",
  (filename) => {
    const { code = "", diagnostics = [] } = instrument(CODE, { filename }) ?? {};
    expect(diagnostics.map(({ code: id, severity, message }) => [id, severity, message])).toEqual([
      ["LLMOPS2007", "warning", '"a" of f is made by a rune of Svelte, and is not recorded.'],
      ["LLMOPS2007", "warning", '"b" of f is made by a rune of Svelte, and is not recorded.'],
    ]);
    expect(code).toContain("const a = $state(1); const { b } = $derived.by(");
    expect(code).toContain("let c = _$c = $(a);");
    expect(code).not.toMatch(/\b(?:var|const|function|import \* as) \$/);
  },
);

test("elsewhere such names are the program's own", () => {
  const { code = "", diagnostics } = instrument(CODE, { filename: "/app/counter.ts" }) ?? {};
  expect(diagnostics).toEqual([]);
  expect(code).toContain("const a = $$a = $state(1)");
});
