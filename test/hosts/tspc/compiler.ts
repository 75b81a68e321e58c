// `TYPESCRIPT=5.4` → that compiler and the ts-patch made for it, installed into a folder of its own at first use; else
// the project's own. As commands in processes of their own, and in this one, where reading the compiler costs once.
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

/** What `tsc`'s own main file calls; TypeScript's types leave it out. */
interface CommandLine {
  executeCommandLine(system: ts.System, onProgram: () => void, args: readonly string[]): void;
}

export type Command = "tsc" | "tspc";

export interface Ran {
  readonly code: number | null;
  readonly output: string;
}

const require = createRequire(join(home, "package.json"));

export const compiler: typeof ts = require("typescript") as typeof ts;

/** Path of one of its command line tools. */
export const bin = (name: Command): string => join(home, "node_modules/.bin", name);

/** As the command does it in a process of its own, by the same code: its output, and what it exits with. */
export function compile(name: Command, directory: string, args: readonly string[]): Ran {
  const library =
    name === "tsc" ? "typescript" : join(home, "node_modules/ts-patch/compiler/typescript.js");
  const { sys, executeCommandLine } = require(library) as typeof ts & CommandLine;
  const { write, exit, getCurrentDirectory } = sys;
  const before = process.cwd();
  const end = new Error("exit");
  let output = "";
  let code: number | null = null;
  process.chdir(directory);
  sys.write = (text) => void (output += text);
  sys.getCurrentDirectory = () => directory;
  sys.exit = (given = 0): never => {
    code ??= given;
    throw end;
  };
  try {
    executeCommandLine(sys, () => {}, args);
  } catch (error) {
    if (error !== end) throw error;
  } finally {
    Object.assign(sys, { write, exit, getCurrentDirectory });
    process.chdir(before);
  }
  return { code, output };
}
