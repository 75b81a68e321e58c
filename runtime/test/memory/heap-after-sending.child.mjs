// `node --expose-gc heap-after-sending.child.mjs DIRECTORY DURABILITY` → sends 100 traces of 1 MB,
// prints by how many megabytes the heap has grown then.
import { configure, flush, track, withTrace } from "llmops-observability";

const [spoolDir, durability] = process.argv.slice(2);
configure({
  durability,
  spoolDir,
  sink: { name: "sink", send: async (entries) => entries.map(() => ({ state: "sent" })) },
});
const words = track((text) => text.length);

async function send(traces) {
  for (let trace = 0; trace < traces; trace++) {
    withTrace("large", () => {
      for (let span = 0; span < 100; span++) words(`${trace} ${span} ${"word ".repeat(2000)}`);
    });
    if (!(await flush(10_000))) throw new Error("not sent");
  }
}

await send(3);
gc();
const before = process.memoryUsage().heapUsed;
await send(100);
gc();
process.stdout.write(String((process.memoryUsage().heapUsed - before) / 1e6));
process.exit(0);
