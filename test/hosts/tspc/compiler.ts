// `TYPESCRIPT=5.4` → that compiler and the ts-patch made for it, installed into a folder of its own at first use; else the project's own.
import { execFileSync } from "node:child_process";
import { existsSync } from "node:fs";
import { createRequire } from "node:module";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import type ts from "typescript";

const root = fileURLToPath(new URL("../../../", import.meta.url));
const wanted = process.env["TYPESCRIPT"];
const home = wanted === undefined ? root : join(root, `.llmops/typescript-${wanted}`);

if (wanted !== undefined && !existsSync(join(home, "node_modules/ts-patch"))) {
  const patch = Number.parseInt(wanted, 10) < 6 ? "3.3" : "4.0";
  const packages = [`typescript@~${wanted}.0`, `ts-patch@~${patch}.0`];
  const options = ["--no-save", "--ignore-scripts", "--no-audit", "--no-fund"];
  execFileSync("npm", ["install", "--prefix", home, ...options, ...packages], { stdio: "pipe" });
}

/** Path of one of its command line tools. */
export const bin = (name: "tsc" | "tspc"): string => join(home, "node_modules/.bin", name);

export const compiler: typeof ts = createRequire(join(home, "package.json"))(
  "typescript",
) as typeof ts;
