// DIRECTORY END → a query that is made and not awaited in the last turn of a process that ends as END says.
import { configure, track } from "llmops-observability";

const [directory, end] = process.argv.slice(2);
configure({ sinks: [], durability: "wal", spoolDir: directory, unawaitedMs: 3_600_000 });
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
  return new Query().where(`n=${number}`);
});
base(1);
if (end === "exits") process.exit();
if (end === "fails") throw new Error("the program's own");
