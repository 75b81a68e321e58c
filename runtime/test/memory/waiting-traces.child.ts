// `node --expose-gc waiting-traces.child.ts DIRECTORY COUNT` → prints the bytes of memory that a
// trace takes which waits on disk while the queue is away.
import { configure, endTrace, startTrace, stats, type Sink } from "llmops-observability";

const [directory = "", count] = process.argv.slice(2);
const TRACES = Number(count);
let asked = 0;
let isAway = (): void => {};
const sink: Sink = {
  name: "away",
  send: (entries) => {
    asked++;
    // From the third failure on it counts as away; its outcome is known a moment later.
    if (asked === 3) setTimeout(isAway, 50);
    return Promise.resolve(entries.map(() => ({ state: "retry", reason: "Away" })));
  },
};

function used(): number {
  globalThis.gc?.();
  const { heapUsed, external } = process.memoryUsage();
  return heapUsed + external;
}

function finishOne(): void {
  startTrace("waits");
  endTrace();
}

configure({ sinks: [sink], durability: "wal", spoolDir: directory });
const finishing = setInterval(finishOne, 20);
await new Promise<void>((resolve) => (isAway = resolve));
clearInterval(finishing);
const before = used();
for (let n = 0; n < TRACES; n++) finishOne();
const after = used();
if (stats().pending < TRACES) throw new Error("they do not wait");
process.stdout.write(String(Math.round((after - before) / TRACES)));
process.exit(0);
