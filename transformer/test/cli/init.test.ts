// `llmops init` in fresh projects → what it writes, what builds and records then, and a second run.
import { spawnSync } from "node:child_process";
import { existsSync, readdirSync, readFileSync, statSync, symlinkSync } from "node:fs";
import { join } from "node:path";
import { describe, expect, test } from "vitest";
import type { Asker } from "../../src/cli/init/ask.ts";
import { init } from "../../src/cli/init/init.ts";
import { checked, type Files, llmops, projectOf } from "./setup.ts";
import { EXPRESS, HONO, LAMBDA, MONOREPO, NEST, NEXT, PLAIN, VITE } from "./templates.ts";

const ROOT = join(import.meta.dirname, "../../..");

/** With the packages of this repository installed. */
function fresh(files: Files): string {
  const directory = projectOf(files);
  symlinkSync(join(ROOT, "node_modules"), join(directory, "node_modules"), "dir");
  return directory;
}

const WRITTEN_BY_BUILDS = new Set(["node_modules", "dist", ".llmops", "spool"]);

/** `readdir` itself would follow the link to all packages. */
function textsIn(directory: string, below = ""): Record<string, string> {
  const entries = readdirSync(join(directory, below)).toSorted();
  const texts: [string, string][] = entries
    .filter((name) => !WRITTEN_BY_BUILDS.has(name))
    .flatMap((name) => {
      const path = join(below, name);
      return statSync(join(directory, path)).isDirectory()
        ? Object.entries(textsIn(directory, path))
        : [[path, readFileSync(join(directory, path), "utf8")]];
    });
  return Object.fromEntries(texts);
}

/** Names of the files that differ. */
function changed(before: Record<string, string>, after: Record<string, string>): string[] {
  return Object.keys(after).filter((name) => after[name] !== before[name]);
}

interface Expected {
  readonly files: Files;
  /** The file that gets the first tag, and its line then. */
  readonly tag: readonly [file: string, text: string];
  /** Other files that are written. */
  readonly writes: readonly string[];
  readonly hosts: readonly string[];
  /** What is left to do by hand. */
  readonly left?: readonly string[];
  /** Commands that build and run it, and what the last prints. */
  readonly run?: readonly (readonly string[])[];
  readonly prints?: string;
}

const SHARED = [".gitignore", "llmops.config.json", "package.json", "tsdoc.json"];

const PROJECTS: Readonly<Record<string, Expected>> = {
  "Express, by tsc and tsx": {
    files: EXPRESS,
    tag: ["src/users.ts", "/**\n * All users.\n * @track\n */\nexport async function listUsers"],
    writes: [...SHARED, "tsconfig.json"],
    hosts: ["tspc", "register"],
    run: [["tspc"], ["node", "dist/index.js"]],
    prints: '["ada","grace"]',
  },
  Vite: {
    files: VITE,
    tag: ["src/counter.ts", "/** @track */\nexport const count"],
    writes: [".gitignore", "llmops.config.json", "tsdoc.json", "vite.config.ts"],
    hosts: ["vite"],
    run: [
      ["vite", "build", "--logLevel", "warn"],
      ["node", "dist/main.js"],
    ],
    prints: "2",
  },
  "Lambda, by esbuild's command": {
    files: LAMBDA,
    tag: ["src/handler.ts", "/** @track */\nexport const handler"],
    writes: [...SHARED, "esbuild.config.mjs"],
    hosts: ["esbuild"],
    run: [
      ["node", "esbuild.config.mjs"],
      [
        "node",
        "-e",
        'require("./dist/handler.js").handler({ name: "Ada" }).then(({ body }) => process.stdout.write(body))',
      ],
    ],
    prints: "Hello Ada",
  },
  NestJS: {
    files: NEST,
    tag: ["src/app.service.ts", "  /** @track */\n  getHello"],
    writes: [...SHARED, "tsconfig.json"],
    hosts: ["nest"],
    // This repository's TypeScript is patched only while tspc runs.
    left: ['Run the script "prepare" once: it patches TypeScript.'],
  },
  Next: {
    files: NEXT,
    tag: ["app/lib/search.ts", "/** @track */\nexport async function search"],
    writes: [".gitignore", "llmops.config.json", "next.config.ts", "tsdoc.json"],
    hosts: ["next"],
  },
  Hono: {
    files: HONO,
    tag: ["src/index.ts", 'app.get("/", /** @track */ (c) =>'],
    writes: [...SHARED, "tsconfig.json"],
    hosts: ["tspc", "register"],
    run: [["tspc"], ["node", "dist/index.js"]],
    prints: "Hello Hono!",
  },
  "plain tsc": {
    files: PLAIN,
    tag: ["src/main.ts", "/** @track */\nfunction add"],
    writes: [...SHARED, "tsconfig.json"],
    hosts: ["tspc"],
    run: [
      ["tspc", "-p", "tsconfig.json"],
      ["node", "dist/main.js"],
    ],
    prints: "3",
  },
  "the root of a monorepo": {
    files: MONOREPO,
    tag: ["packages/api/src/main.ts", "/** @track */\nexport async function search"],
    writes: [
      ".gitignore",
      "llmops.config.json",
      "packages/api/package.json",
      "packages/api/tsconfig.json",
      "packages/api/tsdoc.json",
      "packages/web/tsdoc.json",
      "packages/web/vite.config.js",
    ],
    hosts: ["tspc", "vite"],
  },
};

describe("--yes", () => {
  test.each(Object.entries(PROJECTS))(
    "%s",
    async (_, { files, tag, writes, hosts, left = [], run, prints }) => {
      const directory = fresh(files);
      const before = textsIn(directory);
      const look = await llmops(directory, ["init", "--dry-run"]);
      expect(look.code).toBe(0);
      expect(textsIn(directory)).toEqual(before);

      const { code, out } = await llmops(directory, ["init", "--yes"]);
      expect(code).toBe(0);
      const after = textsIn(directory);
      expect(changed(before, after)).toEqual([tag[0], ...writes].toSorted());
      expect(after[tag[0]]).toContain(tag[1]);
      // What was said is what was done.
      const said = [...out.matchAll(/^\+\+\+ (\S+)$/gm)].map((match) => match[1] ?? "");
      expect(said.toSorted()).toEqual([tag[0], ...writes].toSorted());

      const again = await llmops(directory, ["init", "--yes"]);
      expect(again).toMatchObject({ code: 0, out: expect.stringContaining("Nothing to change.") });
      expect(textsIn(directory)).toEqual(after);

      const { report } = await checked(directory);
      const faults = report.host.verdicts.filter(({ ok }) => !ok);
      expect(faults.map(({ fix }) => fix)).toEqual(left);
      expect(report.host.detected).toEqual(hosts);
      expect(report.diagnostics).toEqual([]);
      expect(report.totals.tracked).toBe(1);

      for (const command of run ?? []) {
        const ran = runIn(directory, command);
        expect(ran.status, ran.stderr).toBe(0);
        if (command === run?.at(-1)) expect(ran.stdout).toBe(prints);
      }
      if (run !== undefined) expect(recorded(directory)).toContain("trace_id");
    },
  );
});

/** A tool of `node_modules/.bin`, or Node. */
function runIn(
  directory: string,
  [tool = "", ...args]: readonly string[],
): { status: number | null; stdout: string; stderr: string } {
  const bin = tool === "node" ? process.execPath : join(ROOT, "node_modules/.bin", tool);
  return spawnSync(bin, args, {
    cwd: directory,
    encoding: "utf8",
    env: { ...process.env, LLMOPS_SPOOL_DIR: join(directory, "spool") },
  });
}

/** What waits for a queue. */
function recorded(directory: string): string {
  const spool = join(directory, "spool");
  if (!existsSync(spool)) return "";
  return readdirSync(spool, { recursive: true, encoding: "utf8" })
    .map((name) => join(spool, name))
    .filter((path) => statSync(path).isFile())
    .map((path) => readFileSync(path, "utf8"))
    .join("");
}

test("comments and layout of a tsconfig stay, and its scripts keep what is around tsc", async () => {
  const directory = fresh({
    ...PLAIN,
    "package.json": {
      name: "kept",
      type: "module",
      scripts: { build: "rimraf dist && tsc -p . && cp a b" },
    },
  });
  await llmops(directory, ["init", "--yes"]);
  const { "tsconfig.json": tsconfig = "", "package.json": manifest = "" } = textsIn(directory);
  expect(tsconfig).toContain("// As tsc --init writes it.");
  expect(tsconfig).toContain('"skipLibCheck": true, // a comma behind it');
  expect(tsconfig).toContain('"transform": "llmops-transformer"');
  expect(JSON.parse(manifest)).toMatchObject({
    scripts: { build: "rimraf dist && tspc -p . && cp a b" },
  });
});

test("plugins that a tsconfig extends stay: TypeScript takes those of the last file alone", async () => {
  const directory = fresh({
    ...PLAIN,
    "base.json": { compilerOptions: { plugins: [{ name: "other" }] } },
    "tsconfig.json": {
      extends: "./base.json",
      compilerOptions: { outDir: "dist", types: ["node"] },
      include: ["src"],
    },
  });
  await llmops(directory, ["init", "--yes"]);
  expect(JSON.parse(textsIn(directory)["tsconfig.json"] ?? "")).toMatchObject({
    compilerOptions: { plugins: [{ name: "other" }, { transform: "llmops-transformer" }] },
  });
});

test.each(["\n", "\r\n"])(
  "a list in the line before the new one stays in its line: %j",
  async (eol) => {
    const types = '    "types": ["vitest/globals", "node"]';
    const directory = fresh({
      ...PLAIN,
      "tsconfig.json": ["{", '  "compilerOptions": {', types, "  }", "}", ""].join(eol),
    });
    await llmops(directory, ["init", "--yes"]);
    const text = textsIn(directory)["tsconfig.json"] ?? "";
    expect(text).toContain(`${types},${eol}    "plugins": [${eol}      {${eol}`);
    expect(text.split(eol).join("")).not.toContain("\n");
    expect(JSON.parse(text)).toMatchObject({
      compilerOptions: { plugins: [{ transform: "llmops-transformer" }] },
    });
  },
);

test.each([
  ["const plugins = [react()];\nexport default { plugins };\n"],
  ["export default makeConfig();\n"],
  ['import llmops from "./mine";\nexport default { plugins: [llmops()] };\n'],
])("a config of unknown shape is left, and what to add is printed: %j", async (config) => {
  const directory = fresh({ ...VITE, "vite.config.ts": config });
  const { code, out } = await llmops(directory, ["init", "--yes"]);
  expect(code).toBe(0);
  expect(textsIn(directory)["vite.config.ts"]).toBe(config);
  expect(out).toContain(
    'By hand: vite.config.ts does not use the plugin for vite. Add import llmops from "llmops-transformer/vite"',
  );
});

test.each([
  [
    "export default defineConfig(() => ({\n  plugins: [\n    react(),\n  ],\n}));\n",
    "  plugins: [\n    llmops(),\n    react(),\n  ],",
  ],
  [
    "module.exports = {\n\tplugins: [a].filter(Boolean),\n};\n",
    "\tplugins: [llmops(), a].filter(Boolean),",
  ],
  ["const config = { base: '/' }\nexport default config\n", "{ plugins: [llmops()], base: '/' }"],
])("a config of known shape gets the plugin in its own layout: %j", async (config, contains) => {
  const directory = fresh({ ...VITE, "vite.config.ts": config });
  await llmops(directory, ["init", "--yes"]);
  const written = textsIn(directory)["vite.config.ts"];
  expect(written).toContain(contains);
  expect(written).toContain("llmops-transformer/vite");
});

test("what does not parse is left as it is", async () => {
  const broken = "export default { plugins: [ \n";
  const directory = fresh({ ...VITE, "vite.config.ts": broken });
  const { out } = await llmops(directory, ["init", "--yes"]);
  expect(textsIn(directory)["vite.config.ts"]).toBe(broken);
  expect(out).toContain("By hand: vite.config.ts");
});

test("byte order marks and line ends stay", async () => {
  const directory = fresh({
    "package.json": `\uFEFF${JSON.stringify({ name: "a", scripts: { build: "tsc" } })}`,
    "tsconfig.json":
      '\uFEFF{\r\n  "compilerOptions": {\r\n    "outDir": "dist"\r\n  },\r\n  "include": ["src"]\r\n}\r\n',
    ".gitignore": "node_modules\r\n",
    "src/a.ts": "/** @track */\r\nexport function a() {}\r\n",
  });
  await llmops(directory, ["init", "--yes"]);
  const texts = textsIn(directory);
  expect(texts[".gitignore"]).toBe("node_modules\r\n.llmops/\r\n");
  expect(texts["package.json"]).toMatch(/^\uFEFF.*"tspc"/);
  expect(texts["tsconfig.json"]).toMatch(/^\uFEFF\{\r\n/);
  expect(texts["tsconfig.json"]).not.toMatch(/[^\r]\n/);
});

test("one file that cannot be written, and none is", async () => {
  const directory = fresh({ ...PLAIN, "tsdoc.json/kept.txt": "" });
  const before = textsIn(directory);
  const { code, err } = await llmops(directory, ["init", "--yes"]);
  expect({ code, err }).toEqual({
    code: 2,
    err: `${directory}/tsdoc.json cannot be written (it is a directory): nothing was changed.\n`,
  });
  expect(textsIn(directory)).toEqual(before);
});

test("an entry that lacks transformProgram, and tsc, are mended at once", async () => {
  const plugins = [{ transform: "llmops-transformer" }];
  const directory = fresh({
    ...PLAIN,
    "tsconfig.json": { compilerOptions: { outDir: "dist", plugins }, include: ["src"] },
  });
  await llmops(directory, ["init", "--yes"]);
  expect((await llmops(directory, ["init", "--yes"])).out).toContain("Nothing to change.");
});

test("esbuild's command is not mended by a build file that is there", async () => {
  const scripts = {
    build: "esbuild src/a.ts --bundle --outdir=dist",
    dev: "esbuild src/a.ts --bundle --outdir=dev",
    both: "esbuild a.ts --outdir=a && esbuild b.ts --outdir=b",
  };
  const directory = fresh({ ...LAMBDA, "package.json": { name: "a", scripts } });
  const { out } = await llmops(directory, ["init", "--yes"]);
  expect(JSON.parse(textsIn(directory)["package.json"] ?? "")).toMatchObject({
    scripts: { ...scripts, build: "node esbuild.config.mjs" },
  });
  expect(out.match(/^By hand: The command for esbuild/gm)).toHaveLength(2);
  expect((await llmops(directory, ["init", "--yes"])).out).toContain("Nothing to change.");
});

test("ESLint's config gets the preset where it has the plugin for JSDoc", async () => {
  const directory = fresh({
    ...PLAIN,
    "eslint.config.js":
      'import jsdoc from "eslint-plugin-jsdoc";\n\nexport default [\n  jsdoc.configs["flat/recommended"],\n];\n',
  });
  await llmops(directory, ["init", "--yes"]);
  expect(textsIn(directory)["eslint.config.js"]).toBe(
    'import jsdoc from "eslint-plugin-jsdoc";\nimport llmops from "llmops-transformer/eslint";\n\nexport default [\n  jsdoc.configs["flat/recommended"],\n  ...llmops,\n];\n',
  );
});

test("what is missing is printed as a command of the project's own package manager", async () => {
  const directory = projectOf({ ...PLAIN, "pnpm-lock.yaml": "lockfileVersion: '9.0'\n" });
  const { out } = await llmops(directory, ["init", "--yes"]);
  expect(out).toContain("To install: pnpm add llmops-observability\n");
  expect(out).toContain("To install: pnpm add -D llmops-transformer ts-patch@4\n");
});

test("TypeScript 7: tsc checks and llmops build emits", async () => {
  const directory = projectOf({
    ...PLAIN,
    "node_modules/typescript/package.json": { version: "7.0.2" },
  });
  const { out } = await llmops(directory, ["init", "--yes"]);
  expect(JSON.parse(textsIn(directory)["package.json"] ?? "")).toMatchObject({
    scripts: { build: "tsc -p tsconfig.json --noEmit && llmops build -p tsconfig.json" },
  });
  expect(out).toContain("@typescript/typescript6");
});

test("without a terminal it wants --yes; an unknown host is named", async () => {
  const directory = fresh(PLAIN);
  expect(await llmops(directory, ["init"])).toMatchObject({
    code: 2,
    err: expect.stringContaining("--yes"),
  });
  expect(await llmops(directory, ["init", "--yes", "--host", "vit"])).toMatchObject({
    code: 2,
    err: expect.stringContaining('"vite"'),
  });
});

test("a person is asked for each, and a no leaves the file as it is", async () => {
  const directory = fresh(EXPRESS);
  const before = textsIn(directory);
  const asked: string[] = [];
  const asker: Asker = {
    folder: async (found) => found,
    tag: async ({ name }) => asked.push(`tag ${name}`) < 0,
    hosts: async (found) => (asked.push(`hosts ${found.join()}`), ["tspc"]),
    queue: async () => "https://sqs.eu-west-1.amazonaws.com/1/q",
    change: async (name) => (asked.push(`change ${name}`), name !== "tsconfig.json"),
    install: async () => false,
  };
  const terminal = {
    cwd: directory,
    env: {},
    interactive: true,
    color: false,
    out: () => {},
    err: () => {},
  };
  expect(await init({}, terminal, asker)).toBe(0);
  const after = textsIn(directory);
  expect(changed(before, after)).toEqual([
    ".env",
    ".gitignore",
    "llmops.config.json",
    "package.json",
    "tsdoc.json",
  ]);
  expect(after[".env"]).toBe("AWS_SQS_URL=https://sqs.eu-west-1.amazonaws.com/1/q\n");
  expect(JSON.parse(after["package.json"] ?? "")).toMatchObject({
    scripts: { build: "tspc", dev: "tsx watch src/index.ts" },
  });
  expect(asked).toContain("tag listUsers");
  expect(asked).toContain("hosts tspc,register");
});
