// A project of 1,000 files, a tenth of them marked, built with and without us → ratios of one run, each build in a process of its own.
// `node bench/builds.ts [--runs 5] [--only esbuild]`; needs a build of the packages. First builds find nothing of us on the disk but Node's
// compile cache, second builds find what the first has kept. Lower quartiles, so that a busy machine is seen less. Beside them, once
// `npm run bench` has installed the peers, istanbul's plugin for Vite, which counts what runs in each file: in builds for browsers, as it
// does nothing in others, where ours does nothing.
import { execFileSync } from "node:child_process";
import {
  cpSync,
  existsSync,
  mkdirSync,
  readdirSync,
  readFileSync,
  rmSync,
  writeFileSync,
} from "node:fs";
import { join } from "node:path";
import { instrument } from "llmops-transformer";
import { quantile } from "./quantile.ts";

const ROOT = join(import.meta.dirname, "..");
const PROJECT = join(ROOT, ".llmops/bench/builds");
const CACHE = join(PROJECT, "node_modules/.cache");
const FILES = 1_000;
const OURS = { runtime: "llmops-observability", transformer: "llmops-transformer" };
const argument = (name: string): string | undefined => {
  const at = process.argv.indexOf(name);
  return at < 0 ? undefined : process.argv[at + 1];
};
const runs = Number(argument("--runs") ?? 5);
const only = argument("--only");

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
  // Results of ours are kept in it, and nowhere else.
  mkdirSync(join(PROJECT, "node_modules"));
  // As an install has them: Vite takes a linked package for a part of the program, and builds it too.
  for (const [folder, name] of Object.entries(OURS)) {
    const installed = join(PROJECT, "node_modules", name);
    for (const part of ["package.json", "dist", "dist-browser"])
      if (existsSync(join(ROOT, folder, part)))
        cpSync(join(ROOT, folder, part), join(installed, part), { recursive: true });
  }
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
  writeFileSync(
    join(PROJECT, "peak.mjs"),
    `import { writeFileSync } from "node:fs";
    process.on("exit", () => writeFileSync("peak", String(process.resourceUsage().maxRSS)));`,
  );
  const write = (file: string, options: object): void =>
    writeFileSync(
      join(PROJECT, file),
      JSON.stringify({ compilerOptions: options, include: ["src"] }),
    );
  write("tsconfig.json", compilerOptions);
  write("tsconfig.llmops.json", { ...compilerOptions, plugins });
}

/** Without us, with us, with a plugin that does nothing but hand over the texts that ours makes, and with istanbul's. */
type Contender = "bare" | "ours" | "handing over" | "istanbul";

const BROWSERS = "vite for browsers";
const ISTANBUL = join(import.meta.dirname, "node_modules/vite-plugin-istanbul/dist/index.mjs");

/** What the output of a build holds, if the plugin did its work. */
const MARKS: Readonly<Record<Contender, RegExp>> = {
  bare: /work0/,
  ours: /\bfn"?: ?"work0"/,
  "handing over": /\bfn"?: ?"work0"/,
  istanbul: /__coverage__/,
};

const PLUGINS: Readonly<Record<Contender, (host: string) => string>> = {
  bare: () => "const plugins = [];",
  ours: (host) => `import llmops from "llmops-transformer/${host}"; const plugins = [llmops()];`,
  "handing over": (host) => `import { readFileSync } from "node:fs";
    const made = JSON.parse(readFileSync("made.json", "utf8"));
    const base64 = (map) => Buffer.from(JSON.stringify(map)).toString("base64");
    const comment = "//# sourceMappingURL=data:application/json;base64,";
    const plugins = [${
      host === "esbuild"
        ? `{ name: "made", setup: ({ onLoad }) => onLoad({ filter: /\\.ts$/ }, ({ path }) => {
          const found = made[path];
          if (found === undefined) return;
          const contents = found.code + "\\n" + comment + base64(found.map);
          return { contents, loader: "ts", resolveDir: "src" };
        }) }`
        : '{ name: "made", enforce: "pre", transform: (code, id) => made[id] ?? null }'
    }];`,
  istanbul: () => `import istanbul from ${JSON.stringify(ISTANBUL)};
    const plugins = [istanbul({ include: "src/**", forceBuildInstrument: true })];`,
};

const SCRIPTS: Readonly<Record<string, string>> = {
  esbuild: `
    import { build } from "esbuild";
    await build({ entryPoints: ["src/main.ts"], bundle: true, outfile: "out/main.js", platform: "node", format: "esm",
      sourcemap: true, minify: true, packages: "external", plugins });`,
  vite: `
    import { build } from "vite";
    await build({ configFile: false, logLevel: "silent", plugins,
      build: { ssr: "src/main.ts", sourcemap: true, outDir: "out" } });`,
  [BROWSERS]: `
    import { build } from "vite";
    await build({ configFile: false, logLevel: "silent", plugins, build: { sourcemap: true, outDir: "out",
      lib: { entry: "src/main.ts", formats: ["es"], fileName: "main" } } });`,
};

/** What the plugin that hands over hands over. */
function writeMade(): void {
  const made: Record<string, object> = {};
  for (const name of readdirSync(join(PROJECT, "src"))) {
    const filename = join(PROJECT, "src", name);
    const done = instrument(readFileSync(filename, "utf8"), { filename });
    if (done !== null) made[filename] = { code: done.code, map: done.map };
  }
  writeFileSync(join(PROJECT, "made.json"), JSON.stringify(made));
}

/** Of a process: with its start, and the loading of the tool. */
interface Build {
  readonly ms: number;
  /** MB of resident memory, at most. */
  readonly peak: number;
}

function timed(args: readonly string[]): Build {
  const begun = performance.now();
  const all = ["--import", join(PROJECT, "peak.mjs"), ...args];
  execFileSync(process.execPath, all, { cwd: PROJECT, stdio: ["ignore", "ignore", 2] });
  const ms = performance.now() - begun;
  return { ms, peak: Number(readFileSync(join(PROJECT, "peak"), "utf8")) / 1024 };
}

function builds(name: string, contender: Contender): Build {
  rmSync(join(PROJECT, "out"), { recursive: true, force: true });
  const build = timed(commandOf(name, contender));
  // Of the first file, which is marked, or of all in one.
  const output = join(PROJECT, "out", name === "tspc" ? "file0.js" : "main.js");
  if (!MARKS[contender].test(readFileSync(output, "utf8")))
    throw new Error(`${name}, ${contender}: the plugin has done nothing`);
  return build;
}

function commandOf(name: string, contender: Contender): readonly string[] {
  const script = SCRIPTS[name];
  if (script === undefined) {
    const tool = join(ROOT, "node_modules/ts-patch/bin/tspc.js");
    const config = contender === "ours" ? "tsconfig.llmops.json" : "tsconfig.json";
    return [tool, "-p", config];
  }
  const file = join(PROJECT, `build-${name}-${contender}.mjs`.replaceAll(" ", "-"));
  writeFileSync(file, `${PLUGINS[contender](name)}\n${script}`);
  return [file];
}

function refusing(config: object): number {
  const code = fileText(1);
  const filename = join(process.cwd(), "src/file.ts");
  const calls = 50_000;
  const begun = performance.now();
  for (let call = 0; call < calls; call++) instrument(code, { filename, config });
  return (calls * code.length) / ((performance.now() - begun) * 1e6);
}

/** Makes one build of each kind, in turn. */
const KINDS: Readonly<Record<string, (name: string) => Build>> = {
  bare: (name) => builds(name, "bare"),
  "first build": (name) => {
    rmSync(CACHE, { recursive: true, force: true });
    return builds(name, "ours");
  },
  "second build": (name) => builds(name, "ours"),
  "texts handed over": (name) => builds(name, "handing over"),
  "istanbul's plugin": (name) => builds(name, "istanbul"),
};

const OF_BUNDLERS = ["bare", "first build", "second build", "texts handed over"];
const MEASURED: Readonly<Record<string, readonly string[]>> = {
  esbuild: OF_BUNDLERS,
  vite: OF_BUNDLERS,
  [BROWSERS]: existsSync(ISTANBUL) ? ["bare", "istanbul's plugin"] : [],
  // It keeps nothing of ours.
  tspc: ["bare", "first build"],
};

writeProject();
writeMade();
for (const [name, measured] of Object.entries(MEASURED)) {
  if (measured.length === 0 || (only ?? name) !== name) continue;
  const kinds = Object.entries(KINDS).filter(([kind]) => measured.includes(kind));
  const done = new Map(kinds.map(([kind]) => [kind, [] as Build[]]));
  for (let run = 0; run <= runs; run++) {
    for (const [kind, one] of kinds) {
      const took = one(name);
      // The first fills the file system's cache.
      if (run > 0) done.get(kind)?.push(took);
    }
  }
  const lower = (kind: string, pick: (build: Build) => number): number =>
    quantile((done.get(kind) ?? []).map(pick), 0.25);
  const told = (kind: string): string => {
    const [ms, peak] = [lower(kind, (build) => build.ms), lower(kind, (build) => build.peak)];
    return `${ms.toFixed(0)} ms, ${peak.toFixed(0)} MB`;
  };
  const bare = lower("bare", ({ ms }) => ms);
  console.log(`${name}: ${told("bare")} without us`);
  for (const [kind] of kinds.slice(1))
    console.log(`  ${kind}: ${(lower(kind, ({ ms }) => ms) / bare).toFixed(2)} × (${told(kind)})`);
}
const entries = { track: [{ files: "src/other/**", functions: "Shop.*" }] };
console.log(
  `refusing an unmarked file: ${refusing({}).toFixed(1)} GB/s, with entries ${refusing(entries).toFixed(1)} GB/s`,
);
