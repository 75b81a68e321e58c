// Node's built-in modules for the runtime: without their ES form, whose import reads all exports and so loads what each keeps for later
// (`fs.promises`, `crypto.webcrypto`, …), and those that are dear to load only when they are needed: 1 ms at the import instead of 11 to
// 16 (Node 24, the modules alone; for all of it see `npm run faults -- budget`). By then most programs have loaded them anyway.
const load = process.getBuiltinModule;

export const fs: typeof import("node:fs") = load("node:fs");
export const types: typeof import("node:util/types") = load("node:util/types");

export const crypto: () => typeof import("node:crypto") = later(() => load("node:crypto"));
export const os: () => typeof import("node:os") = later(() => load("node:os"));
export const util: () => typeof import("node:util") = later(() => load("node:util"));
export const v8: () => typeof import("node:v8") = later(() => load("node:v8"));
export const workerThreads: () => typeof import("node:worker_threads") = later(() =>
  load("node:worker_threads"),
);
export const zlib: () => typeof import("node:zlib") = later(() => load("node:zlib"));

function later<Module>(loading: () => Module): () => Module {
  let module: Module | undefined;
  return () => (module ??= loading());
}
