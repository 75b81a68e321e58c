// A Plan → the statements that begin an instrumented module: import, handle, lazy initialiser.
// Invariant: written once, as text, for both emitters.
import { HANDLE, LOAD, REGISTRY_SYMBOL, RUNTIME_MODULE, SPAN } from "../abi.ts";
import type { Plan } from "../plan.ts";

/** On one line. */
export function moduleHead({ names, abi, file, form, requires, mayRunEarly, sites }: Plan): string {
  const { runtime, handle, load } = names;
  const facts = JSON.stringify(sites.map((site) => site.facts)).replaceAll(
    '"__proto__":',
    '["__proto__"]:',
  );
  const cached = `${handle} ??= ${runtime}.${LOAD}(${abi}, ${JSON.stringify(file)}, ${facts})`;
  const from = JSON.stringify(RUNTIME_MODULE);
  const early = mayRunEarly === true;
  const made = early
    ? `try { return ${cached}; } catch { return ${PASS_THROUGH}; }`
    : `return ${cached};`;
  const loading = `var ${handle}; function ${load}() { ${made} }`;
  switch (form) {
    case "esm":
      return `import * as ${runtime} from ${from}; ${loading}`;
    case "cjs":
      return `var ${runtime} = require(${from}); ${loading}`;
    case "script": {
      const registry = `globalThis[Symbol.for(${JSON.stringify(REGISTRY_SYMBOL)})]`;
      // A CommonJS module of Node may be the first that asks for the runtime.
      const asked = requires
        ? `if (!${runtime} && !${load}.asked) { ${load}.asked = true; try { ${runtime} = module.require(${from}); } catch {} } `
        : "";
      return `var ${handle}; function ${load}() { var ${runtime} = ${registry}; ${asked}return ${runtime} ? ${cached} : ${PASS_THROUGH}; }`;
    }
    default:
      return form satisfies never;
  }
}

const { enterAfterSuper, ...handingOn } = SPAN;

/** Where no runtime is found, everything passes through: handle and span are one. */
const PASS_THROUGH: string = `{ ${[
  ...Object.values({ ...HANDLE, enterAfterSuper }).map((name) => `${name}() { return this; }`),
  ...Object.values(handingOn).map((name) => `${name}(value) { return value; }`),
].join(", ")} }`;
