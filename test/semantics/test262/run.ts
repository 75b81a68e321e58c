// A checkout of tc39/test262 → whether each script of `test/language` that passes as written passes with every function tracked.
// `npm run test262 -- <checkout> [--every <n>] [--only <part of a path>]`; the suite is not part of this project.
import { fork } from "node:child_process";
import { readdirSync, writeFileSync } from "node:fs";
import { availableParallelism } from "node:os";
import { join, resolve } from "node:path";
import { parseArgs } from "node:util";
import type { FileReport } from "./worker.ts";

const { values, positionals } = parseArgs({
  allowPositionals: true,
  options: {
    every: { type: "string", default: "1" },
    only: { type: "string", default: "" },
    out: { type: "string" },
  },
});
if (positionals[0] === undefined)
  throw new Error("Usage: npm run test262 -- <checkout of tc39/test262>");
const checkout = resolve(positionals[0]);
const folder = join(checkout, "test/language");
const files = readdirSync(folder, { recursive: true, encoding: "utf8" })
  .filter(
    (file) => file.endsWith(".js") && !file.includes("_FIXTURE") && file.includes(values.only),
  )
  .toSorted()
  .filter((_, index) => index % Number(values.every) === 0)
  .map((file) => join(folder, file));

/** A file that keeps a process busy for longer is a failure of its own. */
const PATIENCE_MS = 60_000;

interface Outcome {
  runs: number;
  regressions: string[];
}
const total = {
  files: 0,
  runs: 0,
  text: { runs: 0, regressions: [] } as Outcome,
  ast: { runs: 0, regressions: [] } as Outcome,
  functions: 0,
  inlined: 0,
  untouched: {} as Record<string, number>,
};

function add(file: string, report: FileReport): void {
  total.files++;
  for (const run of report.runs) {
    total.runs++;
    for (const emitter of ["text", "ast"] as const) {
      const result = run[emitter];
      if (result === undefined) continue;
      total[emitter].runs++;
      if (result !== "") total[emitter].regressions.push(`${file} (${run.mode}): ${result}`);
    }
    total.functions += run.functions;
    total.inlined += run.inlined;
    const count = (reason: string, times = 1): void => {
      total.untouched[reason] = (total.untouched[reason] ?? 0) + times;
    };
    for (const code of run.untouched) count(code);
    const rest = run.functions - run.inlined - run.untouched.length;
    if (rest !== 0) count(run.parsable ? "unaccounted for" : "syntax error", rest);
  }
}

let next = 0;
async function work(): Promise<void> {
  while (next < files.length) {
    const child = fork(join(import.meta.dirname, "worker.ts"), [checkout], {
      execArgv: ["--experimental-vm-modules", "--no-warnings", "--expose-gc"],
      stdio: ["ignore", "ignore", "inherit", "ipc"],
    });
    await new Promise<void>((done) => {
      let file = "";
      let withUs = false;
      let timer: NodeJS.Timeout | undefined;
      const give = (): void => {
        clearTimeout(timer);
        file = files[next++] ?? "";
        if (file === "") {
          child.disconnect();
          return;
        }
        timer = setTimeout(() => child.kill("SIGKILL"), PATIENCE_MS);
        child.send(file);
      };
      child.on("message", (report) => {
        if (typeof report === "string") {
          withUs = report === "with us";
          return;
        }
        withUs = false;
        add(file.slice(folder.length + 1), report as FileReport);
        if (total.files % 1000 === 0) process.stderr.write(`${total.files} of ${files.length}\n`);
        give();
      });
      child.on("exit", () => {
        clearTimeout(timer);
        if (withUs) total.text.regressions.push(`${file}: ended the process, or its patience`);
        done();
      });
      give();
    });
  }
}
await Promise.all(Array.from({ length: availableParallelism() }, work));

const summary = JSON.stringify({ ...total, share: total.inlined / total.functions }, undefined, 2);
if (values.out !== undefined) writeFileSync(values.out, summary);
console.log(summary);
process.exitCode = total.text.regressions.length + total.ast.regressions.length === 0 ? 0 : 1;
