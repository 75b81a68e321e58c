// `npm run faults [NAME…]`: the long form of all fault scenarios, or of those whose name holds a NAME → a line of figures for
// each on stdout, progress on stderr. Exit status 1 where anything does not hold. SEED=… repeats a run.
import { TROUBLES } from "../../support/langfuse-with-faults.ts";
import { startFaultSqs } from "../../support/sqs-with-faults.ts";
import { importBudget, traceBudget } from "./budget.ts";
import { corruptFiles } from "./corruption.ts";
import { CALLS, crashPoints, straceIsThere } from "./crash-points.ts";
import { badDisks } from "./disk.ts";
import { exitPaths } from "./exits.ts";
import type { Progress, Report } from "./harness.ts";
import { randomKills } from "./kills.ts";
import { langfuseBesideSqs, langfuseKills } from "./langfuse.ts";
import { nodes } from "../../support/nodes.ts";
import { outage } from "./outage.ts";

const seed = Number(process.env["SEED"] ?? Date.now() % 1e6);
const KILLS = { healthy: 334, down: 333, chaotic: 333 };
const LANGFUSE_KILLS = 150;
const MINUTE = 60_000;

type Scenario = (progress: Progress) => Promise<Report | Report[]>;

const scenarios: Readonly<Record<string, Scenario>> = {
  ...Object.fromEntries(
    Object.entries(KILLS).map(([weather, kills]): [string, Scenario] => [
      `kills-${weather}`,
      (progress) => randomKills(weather as keyof typeof KILLS, kills, seed, progress),
    ]),
  ),
  ...Object.fromEntries(
    CALLS.map((call): [string, Scenario] => [
      `crash-${call}`,
      (progress) => crashPoints(call, undefined, progress),
    ]),
  ),
  ...Object.fromEntries(
    (["healthy", "down", "chaotic"] as const).map((weather): [string, Scenario] => [
      `langfuse-kills-${weather}`,
      (progress) => langfuseKills(weather, LANGFUSE_KILLS, seed, progress),
    ]),
  ),
  "langfuse-beside-sqs": async (progress) => {
    const reports: Report[] = [];
    const all = [...TROUBLES, "one refused"] as const;
    for (const trouble of all) {
      reports.push(await langfuseBesideSqs(trouble));
      progress(reports.length, all.length);
    }
    return reports;
  },
  disks: badDisks,
  corruption: (progress) => corruptFiles(10_000, seed, progress),
  ...Object.fromEntries(
    nodes.map(({ major, path }): [string, Scenario] => [
      `exits-${major}`,
      (progress) => exitPaths(path, progress),
    ]),
  ),
  outage: (progress) =>
    outage({ healthyMs: MINUTE / 2, outageMs: 10 * MINUTE, strict: true }, progress),
  budget: async () => {
    const reports = [await traceBudget()];
    for (const { path } of nodes) reports.push(await importBudget(path));
    return reports;
  },
};

const wanted = process.argv.slice(2);
const chosen = Object.entries(scenarios).filter(
  ([name]) => wanted.length === 0 || wanted.some((part) => name.includes(part)),
);
if (chosen.length === 0) {
  console.error(`No scenario is called that. There are: ${Object.keys(scenarios).join(", ")}`);
  process.exit(2);
}
if (!straceIsThere())
  console.error("strace is missing: crash points and failing writes are not tried.");
// Fails here, and clearly, where nothing may listen on loopback.
await (await startFaultSqs()).close();

for (const [name, scenario] of chosen) {
  if (name.startsWith("crash-") && !straceIsThere()) continue;
  const began = Date.now();
  const result = await scenario((done, all) => {
    if (process.stderr.isTTY) process.stderr.write(`\r${name}: ${done} of ${all} `);
  });
  if (process.stderr.isTTY) process.stderr.write("\r\u001B[K");
  for (const { name: title, figures, failures } of [result].flat()) {
    console.log(`${failures.length === 0 ? "ok  " : "FAIL"} ${title}: ${figures}`);
    for (const failure of failures) console.log(`       ${failure}`);
    if (failures.length > 0) process.exitCode = 1;
  }
  console.log(`     (${name}, ${((Date.now() - began) / 1000).toFixed(0)} s)`);
}
