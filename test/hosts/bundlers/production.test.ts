// A minified build → spans keep their names, a module whose tracked functions are not used is dropped as without us, with
// the runtime, and a build for browsers runs and records nothing.
import { execFile } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { waitingIn } from "../../../runtime/test/delivery/waiting.ts";
import type { WireTrace } from "../../../runtime/src/wire/message.ts";
import { bundlers } from "./build.ts";

const run = promisify(execFile);
const ROOT = join(import.meta.dirname, "../../..");
let directory: string;

beforeAll(() => {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  directory = mkdtempSync(join(ROOT, ".llmops/test/production-"));
  mkdirSync(join(directory, "src"));
  const files = {
    "package.json": '{ "name": "production", "type": "module", "sideEffects": false }',
    // The repository's own leads packages to their sources.
    "tsconfig.json": "{}",
    "src/main.ts": `
      import { chargeCustomer, refundCustomer } from "./till.ts";
      import { unused } from "./unused.ts";
      const started: boolean = true;
      if (!started) unused;
      console.log(chargeCustomer(20, { currency: "eur" }));
    `,
    "src/till.ts": `
      /** @track capture=withTax */
      export function chargeCustomer(amount: number, options: { currency: string }): string {
        const withTax = amount * 1.25;
        return withTax + options.currency;
      }
      /** @track */
      export function refundCustomer(): string { return "a refund that nothing asks for"; }
      export const currency = (): string => "eur";
    `,
    "src/idle.ts": `
      import { currency } from "./till.ts";
      console.log(currency());
    `,
    "src/unused.ts": `
      /** @track */
      export function unused(): string { return "a module that nothing uses"; }
    `,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

// Farm 1 keeps names and modules in a way of its own; the majors before shake as these do.
const newest = Object.entries(bundlers).filter(([name]) => !/\d|farm/.test(name));

describe.each(newest)("%s", (name, build) => {
  test("minified", async () => {
    const bare = await build({ directory, minify: true, options: { enabled: false } });
    const { file, code, errors } = await build({ directory, minify: true });
    expect(errors).toEqual([]);
    for (const text of ["a module that nothing uses", "a refund that nothing asks for"])
      expect([text, code.includes(text)]).toEqual([text, bare.code.includes(text)]);
    const spool = join(directory, `spool-${name}`);
    const { stdout } = await run(process.execPath, [file], { env: { LLMOPS_SPOOL_DIR: spool } });
    expect(stdout).toBe("25eur\n");
    const [trace] = waitingIn(spool).map(({ json }) => JSON.parse(json) as WireTrace);
    expect(trace?.spans).toMatchObject([
      {
        span_name: "chargeCustomer",
        input_data: { args: [20, { currency: "eur" }], locals: { withTax: 25 } },
      },
    ]);
  });

  // Bun keeps the runtime: it forgets what a package says of side effects where a plugin resolves.
  test.skipIf(name === "bun")("no tracked function is used: as without us", async () => {
    const app = { directory, entry: "src/idle.ts", external: [], minify: true };
    const bare = await build({ ...app, options: { enabled: false } });
    const { code, errors } = await build(app);
    expect(errors).toEqual([]);
    // The names that minifiers give are by what was read.
    expect(code).toHaveLength(bare.code.length);
  });

  test("for a browser", async () => {
    const { file, code, errors } = await build({ directory, platform: "browser", external: [] });
    expect(errors).toEqual([]);
    expect(code).not.toMatch(/node:|async_hooks/);
    const shown: unknown[] = [];
    const url = `data:text/javascript,${encodeURIComponent(readFileSync(file, "utf8"))}`;
    const { log } = console;
    console.log = (text: unknown) => void shown.push(text);
    try {
      await import(/* @vite-ignore */ url);
    } finally {
      console.log = log;
    }
    expect(shown).toEqual(["25eur"]);
  });
});
