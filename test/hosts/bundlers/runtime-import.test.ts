// A workspace where one package lists the runtime and another, which it imports, does not → both reach one runtime; where
// none lists it, the build says how to install it.
import { execFileSync } from "node:child_process";
import { cpSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { bundlers } from "./build.ts";

const ROOT = join(import.meta.dirname, "../../..");
/** Outside of the repository, whose node_modules would be found from everywhere in it. */
let workspace: string;

beforeAll(() => {
  workspace = mkdtempSync(join(tmpdir(), "llmops-workspace-"));
  const files = {
    "pnpm-workspace.yaml": 'packages: ["packages/*"]\n',
    "package.json": '{ "name": "workspace", "private": true }',
    "packages/lib/package.json": '{ "name": "lib", "type": "module", "exports": "./src/index.ts" }',
    "packages/lib/src/index.ts":
      "/** @track */ export function priced(a: number): number { return a * 2; }\n",
    "packages/app/package.json": '{ "name": "app", "type": "module" }',
    "packages/app/src/main.ts": `
      import { priced } from "lib";
      import { stats, withTrace } from "llmops-observability";
      /** @track */ function pay(a: number): number { return priced(a) + 1; }
      console.log(await withTrace("t", async () => pay(20)), typeof stats().accepted);
    `,
    "packages/without/package.json": '{ "name": "without", "type": "module" }',
    "packages/without/src/main.ts": 'import { priced } from "lib"; console.log(priced(1));',
  };
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(workspace, name)), { recursive: true });
    writeFileSync(join(workspace, name), text);
  }
  // As pnpm lays packages out: each sees what it lists, and nothing is found by chance.
  const store = join(workspace, "node_modules/.pnpm/all/node_modules/llmops-observability");
  for (const part of ["dist", "dist-browser", "package.json"])
    cpSync(join(ROOT, "runtime", part), join(store, part), { recursive: true });
  for (const name of ["app", "without"]) {
    const modules = join(workspace, "packages", name, "node_modules");
    mkdirSync(modules);
    symlinkSync("../../lib", join(modules, "lib"));
    if (name === "app") symlinkSync(store, join(modules, "llmops-observability"));
  }
});
const started = process.cwd();
beforeAll(() => process.chdir(workspace));
afterAll(() => process.chdir(started));
afterAll(() => rmSync(workspace, { recursive: true, force: true }));

/** What the runtime asks for when it sends. */
const CLIENTS = ["@aws-sdk/client-sqs", "@smithy/node-http-handler"];

/** The majors before search as these do. */
const newest = Object.entries(bundlers).filter(([name]) => !/\d/.test(name));

describe.each(newest)("%s", (name, build) => {
  // Farm 1 finds no package in a store, of the program's own imports neither.
  test.skipIf(name === "farm")("one runtime, for both packages", async () => {
    const directory = join(workspace, "packages/app");
    const { file, code, errors } = await build({ directory, external: CLIENTS });
    expect(errors).toEqual([]);
    expect(code.match(/there is no option/g)).toHaveLength(1);
    expect(code.match(/from\s*["'`]llmops-observability/g)).toBeNull();
    const ran = execFileSync(process.execPath, [file], {
      cwd: directory,
      encoding: "utf8",
      env: { LLMOPS_SPOOL_DIR: join(workspace, "spool") },
    });
    expect(ran).toBe("41 number\n");
  });

  test("left outside, it stays an import of the package", async () => {
    const directory = join(workspace, "packages/app");
    const { code, errors } = await build({ directory });
    expect(errors).toEqual([]);
    expect(code).not.toContain(workspace);
    expect(code).not.toContain(ROOT);
    expect(code).toMatch(/["'`]llmops-observability\/instrument["'`]/);
  });

  test("no package lists it", async () => {
    const directory = join(workspace, "packages/without");
    const { errors } = await build({ directory, external: CLIENTS });
    const text = errors.join("\n");
    expect(text).toContain("LLMOPS1201");
    expect(text).toContain("npm install llmops-observability");
    // Farm shows an error's message and its stack.
    expect(text.match(/LLMOPS1201/g)).toHaveLength(name === "farm" ? 2 : 1);
  });
});
