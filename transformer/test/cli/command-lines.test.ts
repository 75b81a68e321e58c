// Scripts as people write them → the verdict on what they run, and the line that mends it.
import { expect, test } from "vitest";
import { BUNDLED, manifest, scripts, SOUND, SOURCE, tsconfig } from "./faults.ts";
import { checked, type Files, llmops, packageOf, projectOf } from "./setup.ts";

async function faultsOf(files: Files): Promise<[code: string | null, fix: string | null][]> {
  const { report } = await checked(projectOf(files));
  return report.host.verdicts.flatMap(({ ok, code, fix }) => (ok ? [] : [[code, fix]]));
}

/** Each runs tsc, and what is written in its place. */
const TSC: readonly (readonly [line: string, mended: string])[] = [
  ["npx tsc -p .", "npx tspc -p ."],
  ["npx --yes tsc@6", "npx --yes tspc"],
  ["npx -p typescript tsc -p .", "npx tspc -p ."],
  ['npx -p typescript -c "tsc -p ."', 'npx -c "tspc -p ."'],
  ["pnpm --silent exec tsc", "pnpm --silent exec tspc"],
  ["pnpm -s tsc", "pnpm -s tspc"],
  ["corepack yarn run tsc", "corepack yarn run tspc"],
  ["bun x tsc", "bun x tspc"],
  ["bun run tsc", "bun run tspc"],
  [
    "node --max-old-space-size=8192 ./node_modules/.bin/tsc",
    "node --max-old-space-size=8192 ./node_modules/.bin/tspc",
  ],
  ["node node_modules/typescript/bin/tsc -b", "node node_modules/ts-patch/bin/tspc.js -b"],
  ["node ./node_modules/typescript/lib/tsc.js", "node ./node_modules/ts-patch/bin/tspc.js"],
  ["./node_modules/.bin/tsc", "./node_modules/.bin/tspc"],
  ["(cd . && tsc)", "(cd . && tspc)"],
  ["sh -c 'tsc -p .'", "sh -c 'tspc -p .'"],
  ["timeout 60 nice -n 10 tsc", "timeout 60 nice -n 10 tspc"],
  ["env-cmd -f .env tsc", "env-cmd -f .env tspc"],
  ["doppler run -- tsc", "doppler run -- tspc"],
  ['cross-env-shell A=1 "tsc -p ."', 'cross-env-shell A=1 "tspc -p ."'],
  ["exec tsc || true", "exec tspc || true"],
  ["tsc --noEmit false", "tspc --noEmit false"],
  ["tsc -d", "tspc -d"],
  ["cd site && npm run build && cd .. && tsc", "cd site && npm run build && cd .. && tspc"],
  ["chokidar 'src/**' -c 'tsc'", "chokidar 'src/**' -c 'tspc'"],
  ["nodemon --exec 'tsc && node dist/pay.js'", "nodemon --exec 'tspc && node dist/pay.js'"],
  [
    "tsc-watch --onSuccess 'node dist/pay.js'",
    "tsc-watch --compiler ts-patch/compiler/tsc --onSuccess 'node dist/pay.js'",
  ],
];

test.each(TSC)("%s runs tsc", async (line, mended) => {
  const fix = `Write tspc (of ts-patch) for tsc: ${mended}`;
  expect(await faultsOf({ ...SOUND, ...scripts({ build: line }) })).toEqual([["LLMOPS1305", fix]]);
  expect(await faultsOf({ ...SOUND, ...scripts({ build: mended }) })).toEqual([]);
});

test("tsc in wireit and in Nx's targets is found, and mended where it stands", async () => {
  const wireit = { build: { command: "tsc -p ." } };
  const nx = { targets: { emit: { command: "npx tsc" } } };
  const files = { ...SOUND, "package.json": manifest({ build: "wireit" }, { wireit, nx }) };
  const directory = projectOf(files);
  const { report } = await checked(directory);
  expect(report.host.verdicts).toMatchObject([
    { code: "LLMOPS1305", fix: expect.stringContaining("tspc -p .") },
    { code: "LLMOPS1305", fix: expect.stringContaining("npx tspc") },
  ]);
  await llmops(directory, ["init", "--yes"]);
  expect((await checked(directory)).report.host.verdicts.filter(({ ok }) => !ok)).toEqual([]);
});

const TESTS: Files = {
  "test/tsconfig.json": { compilerOptions: { outDir: "out", types: [] }, include: ["*.ts"] },
  "test/a.ts": "export {};\n",
};

test.each([
  ["tsc --version && tsc --showConfig && tsc -b --clean && tsc --init"],
  ["tsc -p test"],
  ["cd site && tsc"],
  ["echo 'run tsc'"],
  ["npm run tsc"],
  ["yarn tsc"],
])("%s compiles no tracked function", async (line) => {
  const build = { build: "tspc", tsc: "tspc -p .", other: line };
  expect(await faultsOf({ ...SOUND, ...TESTS, ...scripts(build) })).toEqual([]);
});

/** Each runs the sources, and what is written in its place. */
const RUNNING: readonly (readonly [line: string, mended: string])[] = [
  ["node .", "node --import llmops-transformer/register ."],
  [
    "node --import tsx src/pay.ts",
    "node --import llmops-transformer/register --import tsx src/pay.ts",
  ],
  ["npx tsx watch src/pay.ts", "npx tsx watch --import llmops-transformer/register src/pay.ts"],
  [
    "node --run x && node src/pay.ts",
    "node --run x && node --import llmops-transformer/register src/pay.ts",
  ],
  [
    "nodemon --exec tsx src/pay.ts",
    'nodemon --exec "tsx --import llmops-transformer/register" src/pay.ts',
  ],
];

test.each(RUNNING)("%s runs the sources", async (line, mended) => {
  const files = { ...BUNDLED, "package.json": manifest({ start: line }, { main: "src/pay.ts" }) };
  expect(await faultsOf(files)).toEqual([["LLMOPS1308", `Write: ${mended}`]]);
  expect(await faultsOf({ ...files, ...scripts({ start: mended }) })).toEqual([]);
});

test("tests may run without us", async () => {
  const ofTests = { "test/pay.ts": 'import { pay } from "../src/pay.ts";\nawait pay(1);\n' };
  const build = { build: "tspc", test: "tsx test/pay.ts", "test:unit": "node test/pay.ts" };
  expect(await faultsOf({ ...SOUND, ...ofTests, ...scripts(build) })).toEqual([]);
});

test("nodemon runs what its own file says", async () => {
  const files = { ...BUNDLED, ...scripts({ dev: "nodemon" }) };
  const exec = "node --import llmops-transformer/register src/pay.ts";
  expect(await faultsOf({ ...files, "nodemon.json": { exec } })).toEqual([]);
  expect(await faultsOf({ ...files, "nodemon.json": { exec: "tsx src/pay.ts" } })).toMatchObject([
    ["LLMOPS1308", expect.any(String)],
  ]);
});

test("what builds a package without tracked functions may do so without us", async () => {
  const workspace: Files = {
    "package.json": { name: "root", private: true, workspaces: ["packages/*"] },
    "packages/lib/package.json": { name: "lib", exports: "./src/pay.ts" },
    "packages/lib/src/pay.ts": SOURCE,
    "packages/docs/package.json": { name: "docs", scripts: { build: "vite build" } },
    "packages/docs/vite.config.ts": "export default {};\n",
    "packages/web/package.json": manifest(
      { build: "vite build" },
      { dependencies: { lib: "*", "llmops-observability": "*" } },
    ),
    "packages/web/vite.config.ts":
      'import llmops from "llmops-transformer/vite";\nexport default { plugins: [llmops()] };\n',
    ...packageOf("llmops-observability", "0.1.0"),
  };
  expect(await faultsOf(workspace)).toEqual([]);
  const without = { ...workspace, "packages/web/vite.config.ts": "export default {};\n" };
  // `web` bundles `lib`, which nothing else builds.
  expect(await faultsOf(without)).toMatchObject([["LLMOPS1307", expect.any(String)]]);
});

test("the root's tspc -b builds a package: a second init changes nothing", async () => {
  const directory = projectOf({
    "package.json": { name: "root", workspaces: ["packages/*"], scripts: { build: "tsc -b" } },
    "tsconfig.json": { files: [], references: [{ path: "packages/a" }] },
    "packages/a/package.json": { name: "a", dependencies: { "llmops-observability": "*" } },
    "packages/a/tsconfig.json": tsconfig({ composite: true, plugins: undefined }),
    "packages/a/src/pay.ts": SOURCE,
    ...packageOf("llmops-observability", "0.1.0"),
    ...packageOf("typescript", "6.0.3"),
    ...packageOf("ts-patch", "4.0.1"),
  });
  await llmops(directory, ["init", "--yes"]);
  const { report } = await checked(directory);
  expect(report.host.verdicts).toMatchObject([{ host: "tspc", ok: true }]);
  expect((await llmops(directory, ["init", "--yes"])).out).toContain("Nothing to change.");
});
