// `node --expose-gc waiting-child.ts DIRECTORY COUNT` → prints the bytes of memory that a trace takes which waits on disk while the queue is away.
import { configure, endTrace, startTrace, stats, type Sink } from "llmops-observability";

const [directory = "", count] = process.argv.slice(2);
const TRACES = Number(count);
let asked = 0;
const away: Sink = {
  name: "away",
  send: (entries) => {
    asked++;
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

configure({ sinks: [away], durability: "wal", spoolDir: directory });
// Until it counts as away.
while (asked < 3) {
  finishOne();
  await new Promise((done) => setTimeout(done, 20));
}
const before = used();
for (let n = 0; n < TRACES; n++) finishOne();
const after = used();
if (stats().pending < TRACES) throw new Error("they do not wait");
process.stdout.write(String(Math.round((after - before) / TRACES)));
process.exit(0);
