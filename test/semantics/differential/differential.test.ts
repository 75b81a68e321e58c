// Large programs that npm ships, every function tracked with every local captured: the same output, and as many spans as calls.
// `DIFFERENTIAL=long npx vitest run test/semantics/differential` has TypeScript's compiler, too, and looks at all packages that are installed.
import { readdirSync, readFileSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { parse } from "acorn";
import { expect, test } from "vitest";
import { Copy, instrumentEverything, ROOT, type Subject, tallyOf } from "./packages.ts";

const long = process.env["DIFFERENTIAL"] === "long";
const inside = (path: string): string => join(ROOT, path);

interface Case extends Subject {
  readonly input: readonly string[];
}

const cases: readonly Case[] = [
  { name: "acorn", file: "dist/acorn.mjs", input: [inside("node_modules/acorn/dist/acorn.mjs")] },
  { name: "luxon", file: "build/es6/luxon.mjs", input: ["3"] },
  { name: "fast-check", file: "lib/fast-check.js", keep: "lib", input: ["20"] },
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

const typescript: Subject = { name: "typescript", file: "lib/typescript.js", keep: "lib" };
const wholeProject = [inside("demo/app/rag/tsconfig.json")];

test.runIf(long)(
  "TypeScript's compiler",
  async () => {
    const input = wholeProject;
    const copy = new Copy(typescript);
    const bare = await copy.run("counted", input);
    expect(bare.output).toMatch(/^\d\d files /);
    for (const emitter of ["text", "ast"] as const) {
      const { functions, inlined, untouched } = copy.rewrite(emitter);
      expect(functions).toBeGreaterThan(20_000);
      expect({ inlined, untouched }).toEqual({ inlined: functions, untouched: [] });
      expect((await copy.run("off", input)).output).toBe(bare.output);
      const on = await copy.run("on", input);
      expect(on.output).toBe(bare.output);
      const called = copy.compareCalls(bare, { ...on, entries: [] });
      const sum = (list: typeof called): number => list.reduce((all, { calls }) => all + calls, 0);
      // A generator has one span, but as many calls as resumptions.
      expect(on.spans).toBeGreaterThan(sum(called.filter(({ resumed }) => !resumed)));
      expect(on.spans).toBeLessThanOrEqual(sum(called));
    }
  },
  600_000,
);

/** Empty where the text is a program. */
function mistakeIn(code: string, sourceType: "module" | "script"): string {
  try {
    parse(code, {
      ecmaVersion: "latest",
      sourceType,
      allowHashBang: true,
      allowReturnOutsideFunction: true,
    });
    return "";
  } catch (error) {
    return String(error);
  }
}

/** Every script of every package that is installed here, with its dependencies: about 6,000 files with 200,000 functions. */
test.runIf(long)(
  "all installed packages",
  () => {
    const folder = inside("node_modules");
    const total = { files: 0, functions: 0, inlined: 0 };
    const untouched: string[] = [];
    const broken: string[] = [];
    for (const entry of readdirSync(folder, { recursive: true, withFileTypes: true })) {
      if (!entry.isFile() || !/\.[cm]?js$/.test(entry.name)) continue;
      const path = join(entry.parentPath, entry.name);
      const code = readFileSync(path, "utf8");
      const done = instrumentEverything(code, path);
      const tally = tallyOf(code, path, done);
      expect(tally.inlined + tally.untouched.length, path).toBe(tally.functions);
      total.files++;
      total.functions += tally.functions;
      total.inlined += tally.inlined;
      untouched.push(...tally.untouched);
      if (done === null || done.sites.length === 0) continue;
      expect(instrumentEverything(done.code, path), path).toBeNull();
      const sourceType = /^import \* as \$/m.test(done.code) ? "module" : "script";
      const mistake = mistakeIn(code, sourceType) === "" ? mistakeIn(done.code, sourceType) : "";
      if (mistake !== "") broken.push(`${path}: ${mistake}`);
    }
    writeFileSync(
      inside(".llmops/test/differential/packages.json"),
      JSON.stringify({ ...total, untouched }, null, 2),
    );
    expect(broken).toEqual([]);
    expect(total.functions).toBeGreaterThan(100_000);
    expect(total.inlined / total.functions).toBeGreaterThan(0.999);
  },
  1_800_000,
);
