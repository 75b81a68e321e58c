// Large programs that npm ships, every function tracked with every local captured: the same output, and as many spans as calls.
// `DIFFERENTIAL=long npx vitest run test/differential` compiles more with TypeScript and looks at all packages that are installed.
import { join } from "node:path";
import { expect, test } from "vitest";
import { Copy, ROOT, type Subject } from "./packages.ts";

const long = process.env["DIFFERENTIAL"] === "long";
const inside = (path: string): string => join(ROOT, path);

interface Case extends Subject {
  readonly input: readonly string[];
}

const cases: readonly Case[] = [
  { name: "acorn", file: "dist/acorn.mjs", input: [inside("node_modules/acorn/dist/acorn.mjs")] },
  { name: "luxon", file: "build/es6/luxon.mjs", input: ["3"] },
  { name: "fast-check", file: "lib/fast-check.js", keep: "lib", input: ["5"] },
];

test.each(cases)("$name", async (subject) => {
  const { input } = subject;
  const copy = new Copy(subject);
  const bare = await copy.run("counted", input);
  for (const emitter of ["text", "ast"] as const) {
    const { functions, inlined, untouched } = copy.rewrite(emitter);
    expect({ inlined, untouched }).toEqual({ inlined: functions, untouched: [] });
    expect((await copy.run("off", input)).output).toBe(bare.output);
    const on = await copy.run("entered", input);
    expect(on.output).toBe(bare.output);

    const called = copy.compareCalls(bare, on);
    expect(called.length).toBeGreaterThan(functions / 4);
    for (const { fn, calls, spans, resumed } of called) {
      expect(spans, fn).toBeGreaterThan(0);
      if (resumed) expect(spans, fn).toBeLessThanOrEqual(calls);
      else expect(spans, fn).toBe(calls);
    }
    expect(on.spans).toBe(called.reduce((total, { spans }) => total + spans, 0));
  }
});
