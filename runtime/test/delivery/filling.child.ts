// `node filling.child.ts DIRECTORY` → accepts traces until the spool is full, says how many, and lives until its stdin ends.
import { resolveOptions } from "../../src/config/resolve.ts";
import { createDelivery } from "../../src/delivery/delivery.ts";

const KIB = 1024;
const [spoolDir = ""] = process.argv.slice(2);
const { options } = resolveOptions({ spoolDir });
const away = { name: "away", send: () => Promise.reject(new Error("away")) };
const limits = { diskBytes: 1024 * KIB, segmentBytes: 256 * KIB };
const delivery = createDelivery(options, { sinks: [away], key: "away" }, limits);

let accepted = 0;
const json = JSON.stringify({ spans: [], text: "x".repeat(4 * KIB) });
// A turn of the loop between any two: the others write meanwhile.
const fill = (): void => {
  if (delivery.accept({ traceId: `t-${process.pid}-${accepted}`, json })) {
    accepted++;
    setImmediate(fill);
  } else process.stdout.write(`${accepted}\n`);
};
fill();
process.stdin.on("end", () => process.exit()).resume();
