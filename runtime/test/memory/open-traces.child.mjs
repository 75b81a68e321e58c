// `node --expose-gc open-traces.child.mjs KIND COUNT OPENTRACES` → prints the heap bytes that so
// many calls hold which never end, each outside of any trace. With LLMOPS_ENABLED=false: what the
// program itself holds.
import { configure, track } from "llmops-observability";

const [kind, count, openTraces] = process.argv.slice(2);
const CALLS = Number(count);
const never = new Promise(() => {});
const held = [];
const inner = track(function inner(value) {
  return value;
});
const asynchronous = track(async function asynchronous(value) {
  inner(value);
  await never;
});
const thenable = track(function thenable(value) {
  // oxlint-disable-next-line unicorn/no-thenable
  return { then() {}, value };
});
const generator = track(function* generator(value) {
  yield value;
});
const call = {
  asynchronous,
  thenable: (value) => held.push(thenable(value)),
  generator: (value) => {
    const steps = generator(value);
    steps.next();
    held.push(steps);
  },
}[kind];
const argument = (number) => ({ number, text: `${number} ${"word ".repeat(20)}` });

configure({ sinks: [], durability: "memory", limits: { openTraces: Number(openTraces) } });
for (let number = 0; number < 100; number++) void call(argument(number));
gc();
const before = process.memoryUsage().heapUsed;
for (let number = 0; number < CALLS; number++) void call(argument(number));
gc();
process.stdout.write(String(process.memoryUsage().heapUsed - before));
process.exit(0);
