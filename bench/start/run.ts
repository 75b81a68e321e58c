// W5: a process's start, alone and with a first trace, and what a bundler makes of it → a table.
// Invariant: programs are JavaScript as it is, for Node would strip types in the measured time.
import { spawn } from "node:child_process";
import { mkdirSync, writeFileSync } from "node:fs";
import { once } from "node:events";
import { performance } from "node:perf_hooks";
import { fileURLToPath } from "node:url";
import { gzipSync } from "node:zlib";
import { build } from "esbuild";
import { quantile } from "../quantile.ts";
import { figure } from "../report.ts";
import type { Bench } from "../rag/run.ts";

const PROGRAMS = [
  { key: "llmops", title: "llmops" },
  { key: "otel", title: "OpenTelemetry by hand" },
  { key: "langfuse", title: "Langfuse" },
  { key: "sentry", title: "Sentry" },
] as const;
/** What disturbs a start only ever adds. */
const QUARTILE = 0.25;
/** A start is short: more of them than of other samples. */
const STARTS_A_ROUND = 3;

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** @returns lines of a Markdown table */
export async function measureStart({ node, port, rounds }: Bench): Promise<readonly string[]> {
  const collector = `http://127.0.0.1:${port}`;
  const bundles = new Map<string, Bundle>();
  for (const { key } of PROGRAMS) bundles.set(key, await bundled(key));
  const bare = "bare";
  // What `module.enableCompileCache()` in a program's first line does.
  const cache = { NODE_COMPILE_CACHE: at("../dist/start/cache") };
  const runs: readonly Run[] = PROGRAMS.flatMap(({ key }) => [
    { name: `${key}, import`, file: at(`${key}.mjs`), args: [collector] },
    { name: `${key}, trace`, file: at(`${key}.mjs`), args: [collector, "trace"] },
    { name: `${key}, cached`, file: at(`${key}.mjs`), args: [collector, "trace"], cache },
    { name: `${key}, bundle`, file: bundles.get(key)?.file ?? "", args: [collector, "trace"] },
  ]);
  const all: readonly Run[] = [{ name: bare, file: at("bare.mjs"), args: [] }, ...runs];
  const times = new Map(all.map(({ name }) => [name, [] as number[]]));
  for (let round = 0; round < rounds * STARTS_A_ROUND; round++)
    for (const run of all) times.get(run.name)?.push(await started(node, run));
  const of = (name: string): number => quantile(times.get(name) ?? [], QUARTILE);
  const over = (name: string): string => {
    const more = of(name) - of(bare);
    return `${figure(more)} (${(more / of(bare)).toFixed(2)} ×)`;
  };
  const lines = [
    `| W5, ms over bare Node (${figure(of(bare))}) | import | import and first trace | the same, compile cache | the same, one file | one file, KB | gz |`,
    "|---|---|---|---|---|---|---|",
  ];
  for (const { key, title } of PROGRAMS) {
    const { bytes = 0, gz = 0 } = bundles.get(key) ?? {};
    const cells = [
      over(`${key}, import`),
      over(`${key}, trace`),
      over(`${key}, cached`),
      over(`${key}, bundle`),
    ];
    lines.push(`| ${title} | ${cells.join(" | ")} | ${kilobytes(bytes)} | ${kilobytes(gz)} |`);
  }
  return lines;
}

interface Run {
  readonly name: string;
  readonly file: string;
  readonly args: readonly string[];
  readonly cache?: Readonly<Record<string, string>>;
}

interface Bundle {
  readonly file: string;
  readonly bytes: number;
  readonly gz: number;
}

/** As for a Lambda function, whose Node has the AWS SDK. */
async function bundled(key: string): Promise<Bundle> {
  const file = at(`../dist/start/${key}.mjs`);
  const { outputFiles } = await build({
    entryPoints: [at(`${key}.mjs`)],
    outfile: file,
    bundle: true,
    minify: true,
    platform: "node",
    format: "esm",
    target: "node20",
    external: ["@aws-sdk/*"],
    // CommonJS in it asks for builtins by `require`.
    banner: {
      js: 'import { createRequire } from "node:module"; const require = createRequire(import.meta.url);',
    },
    // Or the paths of tsconfig.json lead to the sources.
    tsconfigRaw: {},
    logLevel: "error",
    write: false,
  });
  const contents = outputFiles[0]?.contents ?? new Uint8Array();
  mkdirSync(at("../dist/start"), { recursive: true });
  writeFileSync(file, contents);
  return { file, bytes: contents.length, gz: gzipSync(contents, { level: 9 }).length };
}

async function started(node: string, { file, args, cache }: Run): Promise<number> {
  const began = performance.now();
  const env = { ...process.env, ...cache };
  const child = spawn(node, [file, ...args], { stdio: ["ignore", "ignore", "inherit"], env });
  const [code] = (await once(child, "exit")) as [number | null];
  if (code !== 0) throw new Error(`${file} ended with ${code}`);
  return performance.now() - began;
}

function kilobytes(bytes: number): string {
  return figure(bytes / 1000);
}
