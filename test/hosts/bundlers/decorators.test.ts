// A program with standard decorators, by every bundler and by tspc → the same output, and the same traces.
import { execFileSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { afterAll, beforeAll, expect, test } from "vitest";
import { bundlers } from "./build.ts";
import { type Ran, ranIn } from "./ran.ts";

const ROOT = join(import.meta.dirname, "../../..");
let directory: string;
let expected: Ran;

const PROGRAM = `type Call = (this: unknown, ...values: number[]) => unknown;
const names: string[] = [];
function doubled(call: Call, context: ClassMethodDecoratorContext): Call {
  names.push(String(context.name));
  return function (...values) { return call.apply(this, values.map((value) => value * 2)); };
}
function counted(first: undefined, context: ClassFieldDecoratorContext): (value: number) => number {
  return (value) => value + 1;
}
function named<C extends new (...values: never[]) => object>(made: C, context: ClassDecoratorContext): C {
  names.push(String(context.name));
  return made;
}
@named
class Shop {
  @counted sold = 0;
  accessor open = true;
  /** @track capture */
  @doubled
  sell(count: number): number {
    const left = 10 - count;
    return this.#less(left);
  }
  /** @track */
  #less(left: number): number { return left - this.sold; }
  /** @track */
  @doubled
  static async close(rest: number): Promise<number> { return await Promise.resolve(rest); }
}
/** @track name=main */
async function main(): Promise<void> {
  const shop = new Shop();
  console.log(names.join(), shop.sell(3), shop.open, await Shop.close(2));
}
await main();
`;

beforeAll(async () => {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  directory = mkdtempSync(join(ROOT, ".llmops/test/decorators-"));
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    types: [],
    skipLibCheck: true,
    noCheck: true,
    rootDir: "src",
    outDir: "dist/tspc",
    plugins: [{ transform: "llmops-transformer", transformProgram: true }],
  };
  mkdirSync(join(directory, "src"));
  const files = {
    "package.json": '{ "name": "decorators", "type": "module" }',
    "tsconfig.json": JSON.stringify({ compilerOptions, include: ["src"] }),
    "src/main.ts": PROGRAM,
  };
  for (const [name, text] of Object.entries(files)) writeFileSync(join(directory, name), text);
  execFileSync(process.execPath, [
    join(ROOT, "node_modules/ts-patch/bin/tspc.js"),
    "-p",
    directory,
  ]);
  expected = await ranIn(directory, "tspc", join(directory, "dist/tspc/main.js"));
});
afterAll(() => rmSync(directory, { recursive: true, force: true }));

test("tspc", () => {
  expect(expected.stdout).toBe("close,sell,Shop 3 true 4\n");
  expect(expected.spans.map((span) => span.split(" ").slice(0, 3).join(" ").trim())).toEqual([
    "> main",
    "Shop.sell > Shop.#less",
    "main > Shop.close",
    "main > Shop.sell",
  ]);
});

test.each(Object.entries(bundlers))("%s", async (name, build) => {
  const { file, errors } = await build({ directory, decorators: "standard" });
  expect(errors).toEqual([]);
  expect(await ranIn(directory, name, file)).toEqual(expected);
});
