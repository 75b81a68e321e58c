// Compiled scenarios → run one after the other in this process, on any Node from 20 on; prints what each gave, as JSON.
import { AsyncResource } from "node:async_hooks";
import { readdirSync } from "node:fs";
import { join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { pathToFileURL } from "node:url";
import { inspect } from "node:util";
import { configure, flush } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { drawTraces } from "./outline-traces.mjs";

const [directory, only] = process.argv.slice(2);
const load = (file) => import(pathToFileURL(join(directory, file)).href);
const { probe } = await load("support.js");
// A context that nothing was ever entered in.
const outside = new AsyncResource("scenario");
const GRACE_MS = 20;
const outcomes = {};

for (const file of readdirSync(directory).filter((name) => name.endsWith(".js"))) {
  const { scenarios = {} } = await load(file);
  for (const [name, { run, traces = [], roots, late = false }] of Object.entries(scenarios)) {
    if (only !== undefined && !name.includes(only)) continue;
    const sink = memorySink();
    configure({ sink, graceMs: GRACE_MS, openTraceTtlMs: 3_600_000, autoTrace: true });
    const log = [];
    let result;
    try {
      // What a scenario leaves behind for its caller shows in the probes: they must be alone, each in a trace of its own.
      const running = outside.runInAsyncScope(() => {
        const started = run((entry) => log.push(entry));
        probe();
        return started;
      });
      result = { returned: await running };
    } catch (error) {
      result = { threw: String(error) };
    }
    outside.runInAsyncScope(probe);
    if (late) await sleep(4 * GRACE_MS);
    await flush();
    const drawn = drawTraces(sink.traces());
    outcomes[name] = {
      result: inspect({ ...result, log }, { depth: 9, breakLength: 100 }),
      traces: drawn.filter((line) => line !== "probe: probe"),
      probes: drawn.filter((line) => line === "probe: probe").length,
      // Of a scenario with `roots` only that all traces begin with one of them.
      expected: roots === undefined ? traces : drawn.filter((line) => isRoot(line, roots)),
    };
  }
}
function isRoot(line, roots) {
  return roots.some((name) => line.startsWith(`${name}: ${name}`));
}

process.stdout.write(JSON.stringify(outcomes));
