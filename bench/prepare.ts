// Makes ready what the samples need: the peers, installed at first use, and dist/ with three builds of the workloads.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, readdirSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { instrument } from "llmops-transformer";

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

/** They have a lockfile of their own, so that nobody who installs the project gets them. */
export function installPeers(): void {
  if (existsSync(at("node_modules"))) return;
  // `npm ci` asks for packages of other systems, which a lockfile made here does not name.
  console.error("Installing the peers in bench/node_modules, once (about 600 MB) ...");
  const options = [
    "install",
    "--no-save",
    "--prefix",
    at("."),
    "--ignore-scripts",
    "--no-audit",
    "--no-fund",
  ];
  execFileSync("npm", options, { stdio: ["ignore", 2, 2] });
  // Only now are their types here to check peers/ against.
  run("tsc", ["--noEmit", "-p", at("tsconfig.json")]);
}

/** bare: what tsc emits. ast: by tspc. text: bare, by the text emitter. */
export function buildWorkloads(): void {
  rmSync(at("dist"), { recursive: true, force: true });
  run("tsc", ["-p", at("workloads"), "--outDir", at("dist/bare")]);
  run("tspc", ["-p", at("workloads"), "--outDir", at("dist/ast")]);
  mkdirSync(at("dist/text"));
  for (const file of readdirSync(at("dist/bare"))) {
    const filename = at(`dist/bare/${file}`);
    const instrumented = instrument(readFileSync(filename, "utf8"), { filename });
    if (!instrumented) throw new Error(`${filename} holds nothing to track`);
    writeFileSync(at(`dist/text/${file}`), instrumented.code);
  }
}

function run(compiler: "tsc" | "tspc", args: readonly string[]): void {
  execFileSync(at(`../node_modules/.bin/${compiler}`), args, { stdio: ["ignore", 2, 2] });
}
