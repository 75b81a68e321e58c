// A monorepo's application, built from elsewhere by every bundler → its own configuration counts, spans name files as their
// folders have them, and what we find is shown once, with its place.
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { App } from "./app.ts";
import { bundlers } from "./build.ts";

const ROOT = join(import.meta.dirname, "../../..");
let repository: string;

function write(files: Readonly<Record<string, string>>): void {
  for (const [name, text] of Object.entries(files)) {
    mkdirSync(dirname(join(repository, name)), { recursive: true });
    writeFileSync(join(repository, name), text);
  }
}

beforeAll(() => {
  mkdirSync(join(ROOT, ".llmops/test"), { recursive: true });
  repository = mkdtempSync(join(ROOT, ".llmops/test/places-"));
  write({
    "packages/app/package.json": '{ "name": "app", "type": "module" }',
    "packages/app/llmops.config.json": '{ "track": [{ "functions": "configured" }] }',
    "packages/app/src/main.ts": `
      import { own } from "linked";
      import { dependency } from "installed";
      import { scoped } from "@scope/installed";
      function configured() { return own() + dependency() + scoped(); }
      /** @track */ function tagged() { return 1; }
      console.log(configured(), tagged());`,
    "packages/linked/package.json":
      '{ "name": "linked", "type": "module", "exports": "./src/index.ts" }',
    "packages/linked/src/index.ts": "/** @track */ export function own() { return 2; }",
    "packages/app/node_modules/installed/package.json":
      '{ "name": "installed", "type": "module", "exports": "./index.js" }',
    "packages/app/node_modules/installed/index.js":
      'import "below"; /** @track */ export function dependency() { return 3; }',
    "packages/app/node_modules/installed/node_modules/below/package.json":
      '{ "name": "below", "type": "module", "exports": "./index.js" }',
    "packages/app/node_modules/installed/node_modules/below/index.js":
      "/** @track */ export function below() { return 4; } below();",
    // Above the application, as in a workspace of npm; in CommonJS.
    "node_modules/@scope/installed/package.json": '{ "name": "@scope/installed" }',
    "node_modules/@scope/installed/index.js":
      "/** @track */ function scoped() { return 5; } exports.scoped = scoped;",
  });
  write({
    "packages/wrong/package.json": '{ "name": "wrong", "type": "module" }',
    "packages/wrong/src/main.ts": `
/** @track captur=b */
export function a(b: number) { return b; }
`,
    "packages/warned/package.json": '{ "name": "warned", "type": "module" }',
    "packages/warned/src/main.ts": `
/** @track */
interface A { b: string }
export const a: A = { b: "built all the same" };
`,
    "packages/misconfigured/package.json": '{ "name": "misconfigured", "type": "module" }',
    "packages/misconfigured/llmops.config.json": '{\n  "trak": []\n}',
    "packages/misconfigured/src/main.ts": 'import "./other.ts"; console.log(1);',
    "packages/misconfigured/src/other.ts": "console.log(2);",
  });
  symlinkSync("packages/app", join(repository, "link-to-app"));
  symlinkSync("../../linked", join(repository, "packages/app/node_modules/linked"));
});
afterAll(() => rmSync(repository, { recursive: true, force: true }));

/** `src/main.ts: configured tagged` of every module in a bundle, however it is printed. */
function tracked(code: string): string[] {
  const found: string[] = [];
  const facts = /\.module\(\s*\d+,\s*["'`]([^"'`]*)|[{,\s]"?fn"?:\s*["'`]([^"'`]*)/g;
  for (const [, file, name] of code.matchAll(facts))
    if (file !== undefined) found.push(`${file}:`);
    else found.push(`${found.pop()} ${name}`);
  return found.toSorted();
}

// Farm takes seconds to start; the sample application is built by it too.
const quick = Object.entries(bundlers).filter(([name]) => name !== "farm");

describe.each(quick)("%s", (bundler, build) => {
  const app = (name: string, options?: App["options"]): App => ({
    directory: join(repository, "packages", name),
    ...(options && { options }),
  });

  test("configuration and files by their own folders; a linked package is the program's own", async () => {
    const { code, errors } = await build(app("app"));
    expect(errors).toEqual([]);
    expect(tracked(code)).toEqual(["src/index.ts: own", "src/main.ts: configured tagged"]);
  });

  const OWN = ["src/index.ts: own", "src/main.ts: configured tagged"];

  test("links that are kept: files have the names that they have without", async () => {
    const { code, errors } = await build({ ...app("app"), keepLinks: true });
    expect(errors).toEqual([]);
    expect(tracked(code)).toEqual(OWN);
  });

  // Rollup's is the working directory.
  test.skipIf(bundler.startsWith("rollup")).each([
    ["src/**", OWN.slice(1)],
    [["src/**", "node_modules/linked/**"], OWN],
  ])("a root that is a link to the application's folder: include %s", async (include, names) => {
    const directory = join(repository, "link-to-app");
    const { code, errors } = await build({ directory, options: { include } });
    expect(errors).toEqual([]);
    expect(tracked(code)).toEqual(names);
  });

  test("include, exclude and a configuration in the options", async () => {
    const options = {
      include: ["**/app/src/**", "**/node_modules/installed/*"],
      exclude: "**/linked/**",
      config: { track: [{ files: "**/src/*", functions: "configured" }] },
    };
    const { code } = await build(app("app", options));
    expect(tracked(code)).toEqual(["index.js: dependency", "src/main.ts: configured tagged"]);
  });

  const NAMED = [
    "node_modules/installed/index.js: dependency",
    "node_modules/installed/node_modules/below/index.js: below",
  ];

  test.each([
    ["node_modules/@scope/installed/**", ["index.js: scoped", ...OWN]],
    [/node_modules\/(?:@scope\/)?installed\//, ["index.js: scoped", ...NAMED, ...OWN]],
    [["./node_modules/installed/index.js", "src/none/**"], NAMED.slice(0, 1)],
  ])("include of packages, wherever they are: %s", async (include, names) => {
    const { code, errors } = await build(app("app", { include }));
    expect(errors).toEqual([]);
    expect(tracked(code)).toEqual(names);
  });

  test("not enabled", async () => {
    const { code, errors } = await build(app("wrong", { enabled: false }));
    expect([errors, tracked(code), code.includes("llmops-observability")]).toEqual([[], [], false]);
  });

  test("options that are none", async () => {
    const said = async (options: object): Promise<string> => {
      const text = await build(app("app", options)).then(
        ({ errors }) => errors.join("\n"),
        (error: unknown) => String(error),
      );
      return /LLMOPS1203: [^\n]*/.exec(text)?.[0] ?? text;
    };
    expect(await said({ confg: {} })).toBe(
      'LLMOPS1203: The plugin\'s option "confg" is unknown. Did you mean "config"?',
    );
    expect(await said({ enabled: false, include: 5 })).toBe(
      'LLMOPS1203: The plugin\'s option "include" must be a glob, an expression, or a list of these.',
    );
  });

  test.each([
    ["wrong", "src/main.ts", /LLMOPS1001: Unknown option/, "/** @track captur=b */"],
    ["misconfigured", "llmops.config.json", /LLMOPS1101: llmops.config.json: trak/, '"trak": []'],
  ])("an error fails the build: %s", async (name, file, message, line) => {
    const { errors } = await build(app(name));
    const text = errors.join("\n");
    expect(text).toMatch(message);
    expect(text.match(new RegExp(message, "g"))).toHaveLength(1);
    expect(text).toContain(line);
    expect(text).toMatch(new RegExp(`${file}[^\n]*2\\D`));
  });

  test("a warning is shown once", async () => {
    const { errors, warnings, code } = await build(app("warned"));
    const text = warnings.join("\n");
    expect(errors).toEqual([]);
    expect(text.match(/LLMOPS2\d{3}: @track/g)).toHaveLength(1);
    expect(text.match(/\/\*\* @track \*\//g)).toHaveLength(1);
    expect(text).toMatch(/src\/main\.ts/);
    expect(code).toContain("built all the same");
  });
});
