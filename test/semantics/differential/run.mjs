// `node run.mjs PROGRAM bare|counted|off|on|entered [INPUT…]` → the program's output, and how many calls or spans it took, as JSON.
// The program's imports lead to a package as it was published or to its instrumented copy, by the folder that it lies in.
import { Session } from "node:inspector/promises";
import { pathToFileURL } from "node:url";
import { configure, flush, withTrace } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";

const [file, mode, ...input] = process.argv.slice(2);
// What a program is handed is the same in all runs, and so is all that it may print.
const run = async () => (await import(pathToFileURL(file).href)).default(...input);
const started = performance.now();
const ran = await { bare, counted, off: bare, on, entered }[mode]();
const milliseconds = Math.round(performance.now() - started);
process.stdout.write(JSON.stringify({ ...ran, milliseconds }));

async function bare() {
  return { output: await run() };
}

/** The engine's own count of calls, by place. */
async function counted() {
  const session = new Session();
  session.connect();
  await session.post("Profiler.enable");
  await session.post("Profiler.startPreciseCoverage", { callCount: true, detailed: false });
  const output = await run();
  const { result } = await session.post("Profiler.takePreciseCoverage");
  session.disconnect();
  // Of the one file that other runs instrument.
  const { functions } = result.find(({ url }) => url.endsWith(process.env["SUBJECT"]));
  // The functions that the engine makes of fields and static blocks have names like `<static_initializer>`.
  const calls = functions
    .filter(({ functionName }) => !functionName.startsWith("<"))
    .map(({ ranges: [{ startOffset, endOffset, count }] }) => [startOffset, endOffset, count]);
  return { output, calls };
}

/** What is recorded under a cap, and what is left out of it. */
async function on() {
  const sink = memorySink();
  configure({ sink, durability: "memory", limits: { spansPerTrace: 50 } });
  const output = await withTrace("differential", run);
  await flush();
  let spans = 0;
  for (const trace of sink.traces()) spans += trace.spans.length + (trace.dropped?.spans ?? 0);
  return { output, spans };
}

/** The same, and how often each site was entered. */
async function entered() {
  const registry = globalThis[Symbol.for("llmops-observability")];
  const { module } = registry;
  const entries = [];
  registry.module = (abi, source, facts) => {
    const handle = module(abi, source, facts);
    const first = entries.length;
    for (const { line, column } of facts) entries.push([line, column, 0]);
    return counting(handle, (site) => entries[first + site][2]++);
  };
  return { ...(await on()), entries };
}

/** Every member of a handle that begins a span is handed a site's number first. */
function counting(handle, count) {
  const wrapped =
    (name) =>
    (...args) => {
      if (typeof args[0] === "number") count(args[0]);
      const made = handle[name](...args);
      return name === "beforeSuper" ? counting(made, count) : made;
    };
  return Object.fromEntries(
    Object.entries(handle).map(([name, member]) => [
      name,
      typeof member === "function" ? wrapped(name) : member,
    ]),
  );
}
