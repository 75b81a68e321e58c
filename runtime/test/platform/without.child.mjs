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
  "v8.promiseHooks": () => {
    require("node:v8").promiseHooks = undefined;
  },
};
(ways[without] ?? (() => takeAway(without)))();
