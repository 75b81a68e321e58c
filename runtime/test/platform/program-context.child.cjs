// The program's errors and promises are of another realm than the runtime's.
const { readFileSync } = require("node:fs");
const { createRequire, isBuiltin } = require("node:module");
const vm = require("node:vm");

const context = vm.createContext();
const inner = vm.runInContext("globalThis", context);
for (const [name, property] of Object.entries(Object.getOwnPropertyDescriptors(globalThis)))
  if (!Object.hasOwn(inner, name)) Object.defineProperty(inner, name, property);

const modules = new Map();

function load(id, from) {
  if (isBuiltin(id)) return require(id);
  const file = createRequire(from).resolve(id);
  const known = modules.get(file);
  if (known !== undefined) return known.exports;
  const module = { exports: {} };
  modules.set(file, module);
  const names = ["module", "exports", "require"];
  const code = readFileSync(file, "utf8");
  const run = vm.compileFunction(code, names, { filename: file, parsingContext: context });
  run(module, module.exports, (other) => load(other, file));
  return module.exports;
}

const [runtime, testing, instrument] = ["", "/testing", "/instrument"].map((door) =>
  load(`llmops-observability${door}`, __filename),
);
void import("./program.mjs").then(({ run }) => run(runtime, testing, instrument));
