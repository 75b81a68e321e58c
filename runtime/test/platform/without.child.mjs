// `node --import without.child.mjs`: takes away what the variable WITHOUT names, as shims of other platforms and tests that mock do.
import { createRequire, Module, syncBuiltinESMExports } from "node:module";

const require = createRequire(import.meta.url);
const without = process.env.WITHOUT;

/** As a Node that was built without it, or a platform that never had it. */
function takeAway(module) {
  const { getBuiltinModule } = process;
  const isIt = (id) => id === module || id === `node:${module}`;
  process.getBuiltinModule = (id) => (isIt(id) ? undefined : getBuiltinModule(id));
  const { _load: load } = Module;
  Module._load = (id, ...rest) => {
    if (isIt(id)) throw new Error(`there is no ${id}`);
    return load(id, ...rest);
  };
}

const ways = {
  nothing: () => {},
  "process.getBuiltinModule": () => delete process.getBuiltinModule,
  "process, but for its env": () => {
    globalThis.process = { env: { PATH: "/" } };
  },
  process: () => delete globalThis.process,
  "any way to load a module": () => {
    delete process.getBuiltinModule;
    Module.createRequire = undefined;
    syncBuiltinESMExports();
  },
  AsyncLocalStorage: () => {
    Object.defineProperty(require("node:async_hooks"), "AsyncLocalStorage", { value: undefined });
    syncBuiltinESMExports();
  },
  AsyncResource: () => {
    Object.defineProperty(require("node:async_hooks"), "AsyncResource", { value: undefined });
    syncBuiltinESMExports();
  },
  // As some libraries extend it. (Node's zlib itself minds a "level" there.)
  "a clean Object.prototype": () => {
    const texts = ["args", "kwargs", "locals", "model", "metadata", "tags"];
    const facts = Object.fromEntries(texts.map((name) => [name, "inherited"]));
    Object.assign(facts, { self: true, async: true, generator: true, llm: true, undeclared: 0 });
    Object.assign(facts, { result: false, settle: false });
    for (const [name, value] of Object.entries(facts))
      // oxlint-disable-next-line no-extend-native -- what is tried here
      Object.defineProperty(Object.prototype, name, { value, writable: true });
  },
  // As `jest-environment-jsdom` has it.
  "what jsdom lacks": () => {
    let last = 0;
    const { setTimeout, clearTimeout, setInterval, clearInterval } = globalThis;
    const timers = new Map();
    const numbered =
      (set) =>
      (task, ms, ...rest) => {
        timers.set(++last, set(task, ms, ...rest));
        return last;
      };
    globalThis.setTimeout = numbered(setTimeout);
    globalThis.setInterval = numbered(setInterval);
    globalThis.clearTimeout = (id) => clearTimeout(timers.get(id));
    globalThis.clearInterval = (id) => clearInterval(timers.get(id));
    const more = ["fetch", "Headers", "Request", "Response", "ReadableStream", "structuredClone"];
    for (const name of [...more, "setImmediate", "clearImmediate", "TextEncoder", "TextDecoder"])
      delete globalThis[name];
  },
  "v8.promiseHooks": () => {
    require("node:v8").promiseHooks = undefined;
  },
};
(ways[without] ?? (() => takeAway(without)))();
