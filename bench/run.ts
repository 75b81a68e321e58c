// `npm run bench`: compiles the workloads, measures every contender in child processes → what a tracked call costs, on stdout.
// Samples are interleaved, so that a slow minute of the machine falls on all alike. Prints figures; sets no goal.
import { execFileSync } from "node:child_process";
import { rmSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { contenders, workloads } from "./contenders.ts";
import { median } from "./median.ts";

/** Child processes for each row of the report; odd, so that the median is one of them. */
const SAMPLES = 9;

interface Row {
  readonly workload: string;
  readonly title: string;
  readonly contender: string;
  /** ns per call, one figure for each sample. */
  readonly samples: number[];
}

const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

rmSync(at("dist"), { recursive: true, force: true });
compile("tsc", "dist/bare");
compile("tspc", "dist/tracked");

const rows: readonly Row[] = Object.entries(workloads).flatMap(([workload, title]) =>
  contenders.map(({ name }) => ({ workload, title, contender: name, samples: [] })),
);
for (let round = 1; round <= SAMPLES; round++) {
  for (const row of rows) row.samples.push(measure(row));
  if (process.stderr.isTTY) process.stderr.write(`\rround ${round} of ${SAMPLES}`);
}

console.log(`\nCost of one call in ns, Node ${process.version}: median of ${SAMPLES} processes.`);
console.log("Two arguments, one captured local; one open trace; sink: memory.\n");
console.table(Object.fromEntries(rows.map((row) => [`${row.title}, ${row.contender}`, cost(row)])));

function compile(compiler: "tsc" | "tspc", outDir: string): void {
  const options = ["-p", at("workloads"), "--outDir", at(outDir)];
  execFileSync(at(`../node_modules/.bin/${compiler}`), options, { stdio: "inherit" });
}

function measure({ contender, workload }: Row): number {
  const options = { encoding: "utf8" } as const;
  return Number(execFileSync(process.execPath, [at("measure.ts"), contender, workload], options));
}

function cost({ workload, samples }: Row): Record<string, number> {
  const bare = rows.find((row) => row.workload === workload)?.samples ?? samples;
  const [base, own] = [median(bare), median(samples)];
  return {
    "ns per call": rounded(own),
    fastest: rounded(Math.min(...samples)),
    slowest: rounded(Math.max(...samples)),
    "× bare": rounded(own / base),
    "more than bare": rounded(own - base),
  };
}

/** Two significant digits below ten, none after the point above. */
function rounded(value: number): number {
  return Number(value < 10 ? value.toPrecision(2) : value.toFixed());
}
