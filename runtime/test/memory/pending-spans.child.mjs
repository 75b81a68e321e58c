// `node --expose-gc pending-spans.child.mjs KIND COUNT OPENTRACES` → prints the heap bytes that a
// pending span takes.
import { configure, startTrace, track } from "llmops-observability";

const [kind, count, openTraces] = process.argv.slice(2);
const SPANS = Number(count);
class Client {
  constructor(number) {
    this.number = number;
    this.text = `${number} ${"word ".repeat(170)}`;
  }
}
const make = {
  text: (number) => ({ number, text: `${number} ${"word ".repeat(170)}` }),
  fields: (number) =>
    Object.fromEntries(
      Array.from({ length: 12 }, (_, at) => [
        `field${at}`,
        `value ${at} of ${number}, ${"word ".repeat(8)}`,
      ]),
    ),
  instance: (number) => new Client(number),
  slice: (number) => ({ number, text: `${number} ${"large ".repeat(2_000)}`.slice(0, 100) }),
}[kind];

const work = track(function work(value) {
  return value.number;
});
configure({
  sinks: [],
  durability: "memory",
  limits: { spansPerTrace: SPANS * 2, openTraces: Number(openTraces) },
});
startTrace("open");
for (let number = 0; number < 1000; number++) work(make(number));
const before = await heapUsed();
for (let number = 0; number < SPANS; number++) work(make(number));
process.stdout.write(String(Math.round(((await heapUsed()) - before) / SPANS)));
process.exit(0);

/** What is there for good: compilers and finalizers of the first part are done. */
async function heapUsed() {
  await new Promise((done) => setTimeout(done, 50));
  gc();
  await new Promise((done) => setImmediate(done));
  gc();
  return process.memoryUsage().heapUsed;
}
