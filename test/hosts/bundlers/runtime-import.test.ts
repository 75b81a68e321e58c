// A workspace that pnpm, or Yarn with Plug'n'Play, has installed, where one package lists the runtime and another, which it imports,
// does not → both reach one runtime, also where only a package above them lists it; where none does, the build says how to
// install it.
import { execFile } from "node:child_process";
import { existsSync, rmSync } from "node:fs";
import type { AddressInfo } from "node:net";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { llmops } from "llmops-transformer/vite";
import { createServer } from "vite";
import { afterAll, beforeAll, describe, expect, test } from "vitest";
import type { Build, Built } from "./app.ts";
import { bundlers } from "./build.ts";
import { write } from "../../packages/setup.ts";
import { ranIn } from "./ran.ts";
import { installWorkspace } from "./workspace.ts";

const ROOT = join(import.meta.dirname, "../../..");
const OTHERS_MODULES = join(import.meta.dirname, "../others/node_modules");
const OTHERS = existsSync(OTHERS_MODULES);
let workspace: string;

beforeAll(() => {
  if (!OTHERS) return;
  workspace = installWorkspace("pnpm");
  // Farm makes an import at the top of each that is written within a function.
  for (const client of CLIENTS)
    write(join(workspace, "node_modules", client), {
      "package.json": '{ "type": "module", "exports": "./index.js" }',
      "index.js": "export const SQSClient = 1, NodeHttpHandler = 1;\n",
    });
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

const SPANS = [' > pay [[20],{}] {"output":41} ', 'pay > priced [[20],{}] {"output":40} '];

/** Of `app`, and of `inner`, whose own package does not list the runtime. */
async function expectOneRuntime(build: Build, name: string, directory: string): Promise<void> {
  const { file, code, errors } = await build({ directory, external: CLIENTS });
  expect(errors).toEqual([]);
  expect(code.match(/there is no option/g)).toHaveLength(1);
  expect(code).not.toMatch(/from\s*["'`]llmops-observability/);
  const { stdout, spans } = await ranIn(directory, name, file);
  expect(stdout).toBe("41 number\n");
  expect(spans).toEqual(SPANS);
}

describe.skipIf(!OTHERS).each(newest)("pnpm, %s", (name, build) => {
  test.each(["app", "group/inner"])("%s: one runtime, for both packages", async (app) => {
    await expectOneRuntime(build, name, join(workspace, "packages", app));
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

const REGISTER = fileURLToPath(import.meta.resolve("../../../transformer/dist/register.js"));

/** A program that Node loads with `llmops-transformer/register`. */
async function expectRegistered(packages: string, flags: readonly string[] = []): Promise<void> {
  const all = [...flags, "--import", REGISTER];
  write(packages, {
    "lib/src/common.cts":
      "/** @track */ exports.half = function half(a: number) { return a / 2; };\n",
    "app/src/common.cts":
      'console.log((require("../../lib/src/common.cts") as { half(a: number): number }).half(4));\n',
  });
  for (const app of ["app", "group/inner"]) {
    const { stdout, spans } = await ranIn(join(packages, app), "node", ...all, "src/main.ts");
    expect([stdout, spans]).toEqual(["41 number\n", SPANS]);
  }
  const required = await ranIn(join(packages, "app"), "required", ...all, "src/common.cts");
  expect(required).toEqual({ stdout: "2\n", spans: [' > half [[4],{}] {"output":2} '] });
  await expect(ranIn(join(packages, "without"), "node", ...all, "src/main.ts")).rejects.toThrow(
    /LLMOPS1201: .*without: npm install llmops-observability/,
  );
}

test.skipIf(!OTHERS)("pnpm, llmops-transformer/register", async () => {
  await expectRegistered(join(workspace, "packages"));
});

test.skipIf(!OTHERS)(
  "pnpm, Vite's server: one runtime, also once its optimizer has run again",
  async () => {
    const root = join(workspace, "packages/app");
    write(root, {
      "node_modules/late/package.json": '{ "name": "late", "version": "1.0.0", "main": "late.js" }',
      "node_modules/late/late.js": "exports.late = 1;\n",
      "src/page.ts": 'import "./main.ts";\n',
    });
    const server = await createServer({
      root,
      configFile: false,
      logLevel: "silent",
      plugins: [llmops()],
      server: { host: "127.0.0.1", port: 0, ws: false },
    });
    await server.listen();
    const address = server.httpServer?.address() as AddressInfo | undefined;
    /** What a browser would ask for, with what the server answers. */
    const asked = async (url: string, seen = new Map<string, number>()): Promise<typeof seen> => {
      if (seen.has(url)) return seen;
      const response = await fetch(`http://127.0.0.1:${address?.port}${url}`);
      seen.set(url, response.status);
      const text = await response.text();
      for (const [, path = ""] of text.matchAll(/(?:from|import)\s*"([./][^"]+)"/g)) {
        const { pathname, search } = new URL(path, `http://x${url}`);
        await asked(pathname + search, seen);
      }
      return seen;
    };
    const runtimes = async (): Promise<unknown> => {
      const seen = [...(await asked("/src/page.ts"))];
      const failed = seen.filter(([, status]) => status !== 200);
      return [failed, seen.filter(([url]) => url.includes("observability_instrument")).length];
    };
    try {
      await expect.poll(runtimes).toEqual([[], 1]);
      write(root, { "src/page.ts": 'import "./main.ts"; import { late } from "late"; late;\n' });
      await expect
        .poll(async () => [...(await asked("/src/page.ts")).keys()].join())
        .toMatch(/deps\/late\.js/);
      await expect.poll(runtimes).toEqual([[], 1]);
    } finally {
      await server.close();
    }
  },
);

const FAILING =
  '/** @track */ export function failing(): never { const a: string = "here"; throw new Error(a); }\n';

test.skipIf(!OTHERS)(
  "pnpm, llmops-transformer/jest: one runtime, and places as without",
  async () => {
    const swc = { jsc: { parser: { syntax: "typescript" } }, module: { type: "commonjs" } };
    const next = [join(OTHERS_MODULES, "@swc/jest/index.js"), swc];
    const jest = fileURLToPath(import.meta.resolve("../../../transformer/dist/jest.js"));
    const app = join(workspace, "packages/app");
    write(workspace, {
      "packages/lib/src/failing.ts": FAILING,
      "packages/app/src/main.test.ts": `import { priced } from "lib";
import { failing } from "../../lib/src/failing";
import { withTrace } from "llmops-observability";
test("both packages", async () => {
  expect(await withTrace("tested", () => priced(2))).toBe(4);
  const place = (() => { try { failing(); } catch (e) { return /failing\\.ts:(\\d+:\\d+)/.exec((e as Error).stack ?? "")?.[1]; } })();
  expect(place).toBe("1:${FAILING.indexOf("new Error") + 1}");
});
`,
      "packages/app/jest.config.json": JSON.stringify({
        cacheDirectory: join(workspace, "jest-cache"),
        transform: { "\\.[jt]s$": [jest, { next }] },
      }),
    });
    const { spans } = await ranIn(app, "jest", join(OTHERS_MODULES, "jest/bin/jest.js"));
    expect(spans).toEqual([
      ' > failing [[],{}] {"output":null} here',
      ' > priced [[2],{}] {"output":4} ',
    ]);
  },
);

describe.skipIf(!OTHERS)("Yarn with Plug'n'Play", () => {
  let directory: string;
  beforeAll(() => {
    directory = installWorkspace("yarn");
  });
  afterAll(() => rmSync(directory, { recursive: true, force: true }));

  const buildBy =
    (name: string, flags = ["--require", "./.pnp.cjs"]): Build =>
    async (app) => {
      const child = fileURLToPath(new URL("build.child.ts", import.meta.url));
      const { stdout } = await promisify(execFile)(
        process.execPath,
        [...flags, child, name, JSON.stringify(app)],
        { cwd: directory, maxBuffer: 64 << 20 },
      );
      // Vite says more before it.
      return JSON.parse(stdout.slice(stdout.lastIndexOf("\n") + 1)) as Built;
    };

  // Farm and Bun find no package there, without us as with us: "Can not resolve `lib`".
  test.each(["vite", "rollup", "rolldown", "esbuild", "webpack", "rspack"])(
    "%s: one runtime, for both packages; where none lists it, an error",
    async (name) => {
      const build = buildBy(name);
      for (const app of ["app", "group/inner"])
        await expectOneRuntime(build, name, join(directory, "packages", app));
      const without = join(directory, "packages/without");
      const { errors } = await build({ directory: without, external: CLIENTS });
      expect(errors.join("\n")).toContain("LLMOPS1201");
    },
  );

  test("llmops-transformer/register", async () => {
    const loader = ["--no-warnings", "--experimental-loader", join(directory, ".pnp.loader.mjs")];
    const flags = ["--require", join(directory, ".pnp.cjs"), ...loader];
    await expectRegistered(join(directory, "packages"), flags);
  });

  test("esbuild, which reads `.pnp.cjs` itself, in a Node that has not", async () => {
    await expectOneRuntime(buildBy("esbuild", []), "bare", join(directory, "packages/app"));
  });
});
