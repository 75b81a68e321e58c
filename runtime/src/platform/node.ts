// Node's built-in modules and `process` → the runtime's, whatever the program puts in their place.
// Invariant: loading this never throws: where all is missing, `isNode()` says no.
import * as nodeModule from "node:module";

type Load = (id: string) => unknown;

const getBuiltinModule: unknown = (globalThis.process as Partial<NodeJS.Process> | undefined)
  ?.getBuiltinModule;
let require: Load | undefined;

interface Modules {
  readonly "node:async_hooks": Partial<typeof import("node:async_hooks")>;
  readonly "node:crypto": typeof import("node:crypto");
  readonly "node:diagnostics_channel": Partial<typeof import("node:diagnostics_channel")>;
  readonly "node:fs": typeof import("node:fs");
  readonly "node:inspector": typeof import("node:inspector");
  readonly "node:os": typeof import("node:os");
  readonly "node:process": NodeJS.Process;
  readonly "node:timers": typeof import("node:timers");
  readonly "node:util": typeof import("node:util");
  readonly "node:util/types": typeof import("node:util/types");
  readonly "node:v8": Partial<typeof import("node:v8")>;
  readonly "node:vm": typeof import("node:vm");
  readonly "node:worker_threads": typeof import("node:worker_threads");
  readonly "node:zlib": typeof import("node:zlib");
}

/** A module, or `otherwise` where it is missing. */
function load<Id extends keyof Modules>(id: Id, otherwise: object = {}): Modules[Id] {
  for (const way of [builtin, required]) {
    try {
      const found: unknown = way(id);
      if (found !== undefined) return found as Modules[Id];
    } catch {
      // The other way, then.
    }
  }
  return otherwise as Modules[Id];
}

function builtin(id: string): unknown {
  return typeof getBuiltinModule === "function"
    ? Reflect.apply(getBuiltinModule, globalThis.process, [id])
    : undefined;
}

/** For Node before 20.16, and for programs whose tests have replaced `process`. */
function required(id: string): unknown {
  require ??= nodeModule.createRequire("/") as Load;
  return require(id);
}

function later<Id extends keyof Modules>(id: Id, otherwise?: object): () => Modules[Id] {
  let module: Modules[Id] | undefined;
  return () => (module ??= load(id, otherwise));
}

// We `import` none of these: for an ES import Node reads all exports, and so loads what a module
// keeps for later (`fs.promises`, `crypto.webcrypto`). Those that are slow to load wait until they
// are needed; by then most programs have loaded them anyway. Importing the runtime takes 1 ms for
// them instead of 11 to 16 (Node 24; for the whole import see `npm run faults -- budget`).
export const process: Modules["node:process"] = load("node:process", globalThis.process);
export const asyncHooks: Modules["node:async_hooks"] = load("node:async_hooks");
export const fs: Modules["node:fs"] = load("node:fs");
export const timers: Modules["node:timers"] = load("node:timers", globalThis);
export const types: Modules["node:util/types"] = load("node:util/types");

/** V8's first number, 13 in Node 24; NaN where it says none. */
export const engine: number = Number.parseInt(process.versions?.v8 ?? "", 10);

export const crypto: () => Modules["node:crypto"] = later("node:crypto");
export const diagnosticsChannel: () => Modules["node:diagnostics_channel"] = later(
  "node:diagnostics_channel",
);
export const inspector: () => Modules["node:inspector"] = later("node:inspector");
export const os: () => Modules["node:os"] = later("node:os", {
  hostname: () => "unknown",
  tmpdir: () => "/tmp",
});
export const util: () => Modules["node:util"] = later("node:util");
export const v8: () => Modules["node:v8"] = later("node:v8");
export const vm: () => Modules["node:vm"] = later("node:vm");
export const zlib: () => Modules["node:zlib"] = later("node:zlib");

export type Decoder = InstanceType<Modules["node:util"]["TextDecoder"]>;

/** From `util` where jsdom has replaced the globals: it has no TextDecoder. */
export function textDecoder(options?: { fatal: boolean; ignoreBOM: boolean }): Decoder {
  const Found = (globalThis as Partial<typeof globalThis>).TextDecoder ?? util().TextDecoder;
  return new Found("utf-8", options);
}

const shared = new Map<unknown, unknown>();
export const workerThreads: () => Modules["node:worker_threads"] = later("node:worker_threads", {
  isMainThread: true,
  threadId: 0,
  getEnvironmentData: (key: unknown) => shared.get(key),
  setEnvironmentData: (key: unknown, value: unknown) => shared.set(key, value),
});

/** Whether what recording cannot do without is there. */
export function isNode(): boolean {
  return (
    typeof process.on === "function" &&
    typeof process.hrtime === "function" &&
    typeof types.isProxy === "function"
  );
}
