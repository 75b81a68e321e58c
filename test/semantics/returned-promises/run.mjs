// FOLDER SETTING SPANS SCENARIO... → the scenarios one after the other, in a process that has set itself up for rejections as SETTING says.
// The spans go into the file SPANS, where there are any: stdout and stderr are the program's own.
import { AsyncLocalStorage } from "node:async_hooks";
import { writeFileSync } from "node:fs";
import { join } from "node:path";
import { setImmediate as turn } from "node:timers/promises";
import { pathToFileURL } from "node:url";

const [folder, setting, spans, ...names] = process.argv.slice(2);
const told = (reason) => (reason instanceof Error ? reason.message : reason);
const listeners = {
  unhandledRejection: (reason) => console.log("unhandledRejection", told(reason)),
  rejectionHandled: () => console.log("rejectionHandled"),
  uncaughtException: (error, origin) => console.log("uncaughtException", told(error), origin),
  uncaughtExceptionMonitor: (error, origin) => console.log("monitor", told(error), origin),
};
for (const name of setting.split(" ").filter((word) => word in listeners))
  process.on(name, listeners[name]);
if (setting === "capture callback")
  process.setUncaughtExceptionCaptureCallback((error) => console.log("captured", told(error)));
process.on("exit", (code) => console.log("exit", code));
const domain = setting === "domain" ? (await import("node:domain")).create() : undefined;
domain?.on("error", (error) => console.log("domain", told(error)));

// Before Node 24, its first use in a process adds a frame to the stacks of timers and immediates, whoever uses it.
new AsyncLocalStorage().enterWith({});

const recording = spans !== "";
const { configure, flush } = recording ? await import("llmops-observability") : {};
const { memorySink } = recording ? await import("llmops-observability/testing") : {};
const sink = memorySink?.();
configure?.({ sink, autoTrace: true });

const { scenarios } = await import(pathToFileURL(join(folder, "kinds.js")).href);
for (const name of names) {
  console.log("==", name);
  await (domain === undefined ? scenarios[name]() : domain.run(scenarios[name]));
  // Longer than any of them goes on.
  for (let count = 0; count < 12; count++) await turn();
}

if (recording) {
  await flush();
  writeFileSync(spans, JSON.stringify(sink.traces().flatMap((trace) => trace.spans)));
}
