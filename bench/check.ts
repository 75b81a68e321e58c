// `node bench/check.ts [rounds]` → what `llmops check` and `llmops build` of 1,000 files take, beside
// `tsc --noEmit` of the same project in the same minute.
import { spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const FILES = 1_000;
/** One of so many files has tags. */
const MARKED_EACH = 10;
const rounds = Number(process.argv[2] ?? 5);
const root = fileURLToPath(new URL("..", import.meta.url));

const project = mkdtempSync(join(tmpdir(), "llmops-bench-check-"));
try {
  generate();
  const commands: Record<string, string[]> = {
    "tsc --noEmit": [join(root, "node_modules/typescript/bin/tsc"), "--noEmit", "-p", "."],
    "llmops check": [join(root, "transformer/dist/cli.js"), "check", "--json"],
    "llmops build": [join(root, "transformer/dist/cli.js"), "build"],
  };
  const times = new Map(Object.keys(commands).map((name) => [name, [] as number[]]));
  // In turn, so that a slow minute falls on all alike.
  for (let round = 0; round < rounds; round++) {
    for (const [name, args] of Object.entries(commands)) times.get(name)?.push(time(args));
  }
  const base = median(times.get("tsc --noEmit") ?? []);
  for (const [name, each] of times) {
    const ms = median(each);
    console.log(`${name.padEnd(13)} ${ms.toFixed(0).padStart(6)} ms  ${(ms / base).toFixed(2)} ×`);
  }
} finally {
  rmSync(project, { recursive: true, force: true });
}

/** About 3 KB a file, each importing the one before it. */
function generate(): void {
  mkdirSync(join(project, "src"));
  symlinkSync(join(root, "node_modules"), join(project, "node_modules"), "dir");
  const plugins = [{ transform: "llmops-transformer", transformProgram: true }];
  const options = {
    target: "es2023",
    module: "nodenext",
    rootDir: "src",
    outDir: "dist",
    types: [],
  };
  write("package.json", { name: "bench", type: "module", scripts: { build: "tspc" } });
  write("tsconfig.json", {
    compilerOptions: { ...options, strict: true, plugins },
    include: ["src"],
  });
  for (let index = 0; index < FILES; index++) {
    const tag = index % MARKED_EACH === 0 ? "/** @track capture=total */\n" : "";
    const before = index === 0 ? "" : `import { sum0 as other } from "./f${index - 1}.js";\n`;
    const functions = Array.from(
      { length: 12 },
      (
        _,
        at,
      ) => `${at === 0 ? tag : ""}export function sum${at}(prices: readonly number[], factor = ${at}): number {
  let total = 0;
  for (const price of prices) {
    total += price * factor;
  }
  return total${at === 0 && index > 0 ? " + other([])" : ""};
}
`,
    );
    write(`src/f${index}.ts`, before + functions.join("\n"));
  }
}

function write(name: string, content: string | object): void {
  const text = typeof content === "string" ? content : JSON.stringify(content, null, 2);
  writeFileSync(join(project, name), text);
}

function time(args: readonly string[]): number {
  const began = performance.now();
  const { status, stdout, stderr } = spawnSync(process.execPath, args, {
    cwd: project,
    encoding: "utf8",
    maxBuffer: 1 << 28,
  });
  if (status !== 0) throw new Error(`${args.join(" ")}: ${stdout.slice(-2_000)}${stderr}`);
  return performance.now() - began;
}

function median(values: readonly number[]): number {
  return values.toSorted((a, b) => a - b)[Math.floor(values.length / 2)] ?? NaN;
}
