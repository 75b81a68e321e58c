// `node --expose-gc unawaited-queries.child.mjs COUNT` → makes that many queries in one turn that
// the program awaits none of, outside of any trace; prints how many megabytes the heap has grown by
// at the end of the turn, and by how many after all are let go.
import { configure, flush, track } from "llmops-observability";

const QUERIES = Number(process.argv[2]);
configure({
  durability: "memory",
  sink: { name: "sink", send: async (entries) => entries.map(() => ({ state: "sent" })) },
  limits: { memory: 1e6 },
});
class Query {
  parts = [];
  where(part) {
    this.parts.push(part);
    return this;
  }
  // oxlint-disable-next-line unicorn/no-thenable -- that is what they have
  then(fulfilled) {
    fulfilled(this.parts);
  }
}
const base = track(function base(number) {
  return new Query().where(`number = ${number}`);
});

function make(count) {
  for (let made = 0; made < count; made++) base(made);
}

function megabytes() {
  gc();
  return process.memoryUsage().heapUsed / 1e6;
}

make(2000);
await flush();
const before = megabytes();
make(QUERIES);
const inTheTurn = megabytes() - before;
await flush();
process.stdout.write(JSON.stringify([inTheTurn, megabytes() - before]));
process.exit(0);
