// A project of 1,000 files, a tenth of them marked, built with and without us → ratios of one run, each build in a process of its own.
// `node bench/builds.ts [--runs 5]`; needs a build of the packages.
import { execFileSync } from "node:child_process";
import { mkdirSync, rmSync, writeFileSync } from "node:fs";
import { join } from "node:path";
import { instrument } from "llmops-transformer";
import { median } from "./quantile.ts";

const ROOT = join(import.meta.dirname, "..");
const PROJECT = join(ROOT, ".llmops/bench/builds");
const FILES = 1_000;
const at = process.argv.indexOf("--runs");
const runs = at < 0 ? 5 : Number(process.argv[at + 1]);

/** About 3 KB, as files of applications are. */
function fileText(index: number): string {
  const functions = Array.from({ length: 12 }, (_, number) => {
    const mark = index % 10 === 0 && number < 2 ? "/** @track capture */\n" : "";
    return `${mark}export function work${number}(items: readonly Item[], limit: number): Result {
  const kept = items.filter((item) => item.size > limit && item.name.length > ${number});
  const total = kept.reduce((sum, { size }) => sum + size, 0);
  return { total, names: kept.map(({ name }) => name.toUpperCase()) };
}`;
  });
  return `interface Item { readonly name: string; readonly size: number }
interface Result { total: number; names: string[] }
${functions.join("\n")}
`;
}

function writeProject(): void {
  rmSync(PROJECT, { recursive: true, force: true });
  mkdirSync(join(PROJECT, "src"), { recursive: true });
  const names = Array.from({ length: FILES }, (_, index) => `file${index}`);
  for (const [index, name] of names.entries())
    writeFileSync(join(PROJECT, `src/${name}.ts`), fileText(index));
  const all = names.map((name) => `export * as ${name} from "./${name}.ts";`).join("\n");
  writeFileSync(join(PROJECT, "src/main.ts"), `${all}\n`);
  writeFileSync(join(PROJECT, "package.json"), '{ "name": "builds", "type": "module" }');
  const compilerOptions = {
    target: "es2022",
    module: "nodenext",
    types: [],
    rootDir: "src",
    outDir: "out",
    rewriteRelativeImportExtensions: true,
  };
  const plugins = [{ transform: "llmops-transformer", transformProgram: true }];
  const write = (file: string, options: object): void =>
    writeFileSync(
      join(PROJECT, file),
      JSON.stringify({ compilerOptions: options, include: ["src"] }),
    );
  write("tsconfig.json", compilerOptions);
  write("tsconfig.llmops.json", { ...compilerOptions, plugins });
}

const SCRIPTS: Readonly<Record<string, (ours: boolean) => string>> = {
  esbuild: (ours) => `
    import { build } from "esbuild";
    ${ours ? 'import llmops from "llmops-transformer/esbuild";' : "const llmops = undefined;"}
    await build({ entryPoints: ["src/main.ts"], bundle: true, outfile: "out/main.js", platform: "node", format: "esm",
      sourcemap: true, minify: true, packages: "external", plugins: llmops ? [llmops()] : [] });`,
  vite: (ours) => `
    import { build } from "vite";
    ${ours ? 'import llmops from "llmops-transformer/vite";' : "const llmops = undefined;"}
    await build({ configFile: false, logLevel: "silent", plugins: llmops ? [llmops()] : [],
      build: { ssr: "src/main.ts", sourcemap: true, outDir: "out" } });`,
};

/** In ms, with the start of the process and the loading of the tool. */
function timed(args: readonly string[]): number {
  const begun = performance.now();
  execFileSync(process.execPath, args, { cwd: PROJECT, stdio: ["ignore", "ignore", 2] });
  return performance.now() - begun;
}

function builds(name: string, ours: boolean): number {
  const script = SCRIPTS[name]?.(ours);
  if (script === undefined) {
    const tool = join(ROOT, "node_modules/ts-patch/bin/tspc.js");
    return timed([tool, "-p", ours ? "tsconfig.llmops.json" : "tsconfig.json"]);
  }
  const file = join(PROJECT, `build-${name}.mjs`);
  writeFileSync(file, script);
  return timed([file]);
}

function refusing(config: object): number {
  const code = fileText(1);
  const filename = join(process.cwd(), "src/file.ts");
  const calls = 50_000;
  const begun = performance.now();
  for (let call = 0; call < calls; call++) instrument(code, { filename, config });
  return (calls * code.length) / ((performance.now() - begun) * 1e6);
}

writeProject();
for (const name of ["esbuild", "vite", "tspc"]) {
  const [bare, ours]: [number[], number[]] = [[], []];
  for (let run = 0; run <= runs; run++) {
    const times = [builds(name, false), builds(name, true)] as const;
    // The first fills the file system's cache.
    if (run === 0) continue;
    bare.push(times[0]);
    ours.push(times[1]);
  }
  const [without, withUs] = [median(bare), median(ours)];
  console.log(
    `${name}: ${(withUs / without).toFixed(2)} × (${without.toFixed(0)} → ${withUs.toFixed(0)} ms)`,
  );
}
const entries = { track: [{ files: "src/other/**", functions: "Shop.*" }] };
console.log(
  `refusing an unmarked file: ${refusing({}).toFixed(1)} GB/s, with entries ${refusing(entries).toFixed(1)} GB/s`,
);
