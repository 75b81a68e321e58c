// A workspace that pnpm, or Yarn with Plug'n'Play, has installed, where one package lists the runtime and another, which it imports,
// does not → both reach one runtime; where none lists it, the build says how to install it.
import { execFile, execFileSync } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import { type Built, bundlers } from "./build.ts";
import { installWorkspace } from "./workspace.ts";

const ROOT = join(import.meta.dirname, "../../..");
const OTHERS = existsSync(join(import.meta.dirname, "../others/node_modules"));
let workspace: string;

beforeAll(() => {
  if (OTHERS) workspace = installWorkspace("pnpm");
});
const started = process.cwd();
beforeAll(() => {
  if (OTHERS) process.chdir(workspace);
});
afterAll(() => process.chdir(started));
afterAll(() => {
  if (OTHERS) rmSync(workspace, { recursive: true, force: true });
});

/** What the runtime asks for when it sends. */
const CLIENTS = ["@aws-sdk/client-sqs", "@smithy/node-http-handler"];

/** The majors before search as these do. */
const newest = Object.entries(bundlers).filter(([name]) => !/\d/.test(name));

function ran(file: string): string {
  return execFileSync(process.execPath, [file], {
    encoding: "utf8",
    env: { LLMOPS_SPOOL_DIR: `${file}-spool` },
  });
}

describe.skipIf(!OTHERS).each(newest)("pnpm, %s", (name, build) => {
  // Farm 1 finds no package in a store, of the program's own imports neither.
  test.skipIf(name === "farm")("one runtime, for both packages", async () => {
    const directory = join(workspace, "packages/app");
    const { file, code, errors } = await build({ directory, external: CLIENTS });
    expect(errors).toEqual([]);
    expect(code.match(/there is no option/g)).toHaveLength(1);
    expect(code.match(/from\s*["'`]llmops-observability/g)).toBeNull();
    expect(ran(file)).toBe("41 number\n");
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

describe.skipIf(!OTHERS)("Yarn with Plug'n'Play", () => {
  let directory: string;
  beforeAll(() => {
    directory = installWorkspace("yarn");
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const build = async (name: string, app: string): Promise<Built> => {
    const child = fileURLToPath(new URL("build.child.ts", import.meta.url));
    const options = { directory: join(directory, "packages", app), external: CLIENTS };
    const { stdout } = await promisify(execFile)(
      process.execPath,
      ["--require", "./.pnp.cjs", child, name, JSON.stringify(options)],
      { cwd: directory, maxBuffer: 64 << 20 },
    );
    // Vite says more before it.
    return JSON.parse(stdout.slice(stdout.lastIndexOf("\n") + 1)) as Built;
  };

  // Rollup's search, Farm and Bun know nothing of it.
  test.each(["vite", "rolldown", "esbuild", "webpack", "rspack"])(
    "%s: one runtime, for both packages; where none lists it, an error",
    async (name) => {
      const { file, code, errors } = await build(name, "app");
      expect(errors).toEqual([]);
      expect(code.match(/there is no option/g)).toHaveLength(1);
      expect(ran(file)).toBe("41 number\n");
      expect((await build(name, "without")).errors.join("\n")).toContain("LLMOPS1201");
    },
  );
});
