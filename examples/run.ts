// `npm run example -- agent`: an example, built as its package.json says, against a scripted model
// → what it prints, and its traces as trees.
import { spawn } from "node:child_process";
import { existsSync, mkdtempSync, readdirSync, readFileSync, rmSync } from "node:fs";
import { tmpdir } from "node:os";
import { delimiter, dirname, join } from "node:path";
import { render } from "llmops-processor";
import { readSpool } from "llmops-observability/spool";
import type { WireTrace } from "llmops-observability/wire";
import { startQueue } from "../demo/queue.ts";
import { startModel } from "./model.ts";

const ROOT = join(import.meta.dirname, "..");

export const EXAMPLES: readonly string[] = readdirSync(import.meta.dirname).filter((name) =>
  existsSync(join(import.meta.dirname, name, "package.json")),
);

export interface Ran {
  readonly stdout: string;
  readonly traces: readonly WireTrace[];
}

/** @throws {Error} where a command of the example fails, with what it said */
export async function runExample(name: string): Promise<Ran> {
  const directory = join(import.meta.dirname, name);
  const { scripts } = JSON.parse(readFileSync(join(directory, "package.json"), "utf8")) as {
    scripts: { build?: string; try: string };
  };
  const spool = mkdtempSync(join(tmpdir(), "llmops-example-"));
  const [model, queue] = await Promise.all([startModel(), startQueue()]);
  try {
    const env = {
      PATH: [dirname(process.execPath), join(ROOT, "node_modules/.bin"), process.env["PATH"]].join(
        delimiter,
      ),
      HOME: process.env["HOME"],
      OPENAI_BASE_URL: model.baseUrl,
      OPENAI_API_KEY: "none",
      JOBS_URL: queue.url,
      AWS_ACCESS_KEY_ID: "none",
      AWS_SECRET_ACCESS_KEY: "none",
      LLMOPS_SPOOL_DIR: spool,
    };
    let stdout = "";
    for (const command of [scripts.build, scripts.try])
      if (command !== undefined) stdout = await output(command, directory, env);
    const traces: WireTrace[] = [];
    for await (const { json } of readSpool(spool)) traces.push(JSON.parse(json) as WireTrace);
    return { stdout, traces };
  } finally {
    await Promise.all([model.close(), queue.close()]);
    rmSync(spool, { recursive: true, force: true });
  }
}

async function output(command: string, cwd: string, env: NodeJS.ProcessEnv): Promise<string> {
  const child = spawn(command, { cwd, env, shell: true, stdio: ["ignore", "pipe", "pipe"] });
  const texts = { stdout: "", stderr: "" };
  child.stdout.on("data", (text: Buffer) => (texts.stdout += text.toString()));
  child.stderr.on("data", (text: Buffer) => (texts.stderr += text.toString()));
  const status = await new Promise((resolve) => child.once("close", resolve));
  if (status !== 0) throw new Error(`${command}: status ${String(status)}\n${texts.stderr}`);
  return texts.stdout;
}

if (import.meta.main) {
  const [name = ""] = process.argv.slice(2);
  if (EXAMPLES.includes(name)) {
    const { stdout, traces } = await runExample(name);
    process.stdout.write(stdout);
    for (const trace of traces) process.stdout.write(`\n${render(trace)}\n`);
  } else {
    process.stderr.write(`Usage: npm run example -- ${EXAMPLES.join("|")}\n`);
    process.exitCode = 2;
  }
}
