// What can be wrong with a build → the verdict's code, its sentence and its fix.
// Invariant: a code is never reused; 13xx are of `llmops check` alone.
import type { FilePlace } from "../project/json-file.ts";

/** Whether one way in which the project is built or run has us in it. */
export interface Verdict {
  /** `tspc`, `vite`, `register`; `runtime` and `node` for what all of them need. */
  readonly host: string;
  readonly ok: boolean;
  readonly code: FaultCode | null;
  readonly message: string;
  /** What to do, where it is not ok. */
  readonly fix: string | null;
  /** Where it is to be done. Absolute. */
  readonly file: string | null;
  readonly line: number | null;
  readonly column: number | null;
}

interface Fault {
  readonly message: (...values: readonly string[]) => string;
  readonly fix: (...values: readonly string[]) => string;
}

const ENTRY = '"plugins": [{ "transform": "llmops-transformer", "transformProgram": true }]';

export type FaultCode =
  | "LLMOPS1201"
  | "LLMOPS1300"
  | "LLMOPS1301"
  | "LLMOPS1302"
  | "LLMOPS1303"
  | "LLMOPS1304"
  | "LLMOPS1305"
  | "LLMOPS1306"
  | "LLMOPS1307"
  | "LLMOPS1308"
  | "LLMOPS1310"
  | "LLMOPS1311"
  | "LLMOPS1312"
  | "LLMOPS1313"
  | "LLMOPS1314"
  | "LLMOPS1315"
  | "LLMOPS1316";

const FAULTS: Readonly<Record<FaultCode, Fault>> = {
  /** Nothing is there that could run us. */
  LLMOPS1300: {
    message: () => "Nothing that builds or runs this project has llmops-transformer in it.",
    fix: () => "Run `npx llmops init`.",
  },
  LLMOPS1301: {
    message: (config, line) =>
      `${config}, which \`${line}\` compiles, has no entry for the plugin.`,
    fix: () => `Add to its compilerOptions: ${ENTRY}`,
  },
  LLMOPS1302: {
    message: (config) =>
      `The plugin in ${config} lacks "transformProgram": its findings do not show under --noEmit, and an edit of the config alone rebuilds nothing.`,
    fix: () => `Write ${ENTRY}`,
  },
  LLMOPS1303: {
    message: () => "tspc belongs to ts-patch, which is not installed.",
    fix: (wanted) => `npm i -D ts-patch@${wanted}`,
  },
  LLMOPS1304: {
    message: (patch, typescript) => `ts-patch ${patch} cannot patch TypeScript ${typescript}.`,
    fix: (_patch, _typescript, wanted) => `npm i -D ts-patch@${wanted}`,
  },
  LLMOPS1305: {
    message: (script) => `"${script}" runs tsc, which takes no plugins.`,
    fix: (_script, line) => `Write tspc (of ts-patch) for tsc: ${line}`,
  },
  LLMOPS1306: {
    message: (version) => `TypeScript ${version} ignores "plugins": nothing is recorded.`,
    fix: () =>
      "Emit with `llmops build` and keep tsc for checking, build with a bundler's plugin, or compile by tspc with TypeScript 6: npm i -D typescript@6 ts-patch@4",
  },
  LLMOPS1307: {
    message: (config, host) => `${config} does not use the plugin for ${host}.`,
    fix: (_config, _host, how) => how ?? "",
  },
  LLMOPS1308: {
    message: (script, entry) => `"${script}" runs ${entry} without the transformer.`,
    fix: (_script, _entry, line) => `Write: ${line}`,
  },
  LLMOPS1201: {
    message: () => "llmops-observability is not installed: what is compiled cannot load.",
    fix: () => "npm i llmops-observability",
  },
  LLMOPS1310: {
    message: () =>
      "llmops-observability stands in devDependencies: an install for production leaves it out.",
    fix: () => "Move it to dependencies: npm i llmops-observability",
  },
  LLMOPS1311: {
    message: (versions) =>
      `Two versions of llmops-observability are installed (${versions}): one program would record in two.`,
    fix: () => "Ask for one version in every package.json, then run npm dedupe.",
  },
  LLMOPS1312: {
    message: (version, whose, wanted) => `Node ${version} is outside of ${whose}: ${wanted}.`,
    fix: (_version, _whose, _wanted, how) => how ?? "Use Node 22.18, 24.11, 26 or later.",
  },
  LLMOPS1313: {
    message: (what) => `${what} takes comments out before the tags in them are read.`,
    fix: (_what, how) => how ?? "",
  },
  LLMOPS1314: {
    message: (config) => `${config} is referenced and emits code, but has no entry for the plugin.`,
    fix: () => `Add to its compilerOptions: ${ENTRY}`,
  },
  LLMOPS1315: {
    message: (config) =>
      `${config} emits declarations alone: its code comes from a tool without the plugin.`,
    fix: () => "Emit the code by tspc or `llmops build`, or give that tool the plugin.",
  },
  LLMOPS1316: {
    message: (builder) =>
      `nest builds with ${builder}, in which the plugin of the tsconfig does not run.`,
    fix: (_builder, how) => how ?? "",
  },
};

/** @param values for the message and the fix, in their order */
export function fault(
  host: string,
  code: FaultCode,
  place: FilePlace | undefined,
  ...values: readonly string[]
): Verdict {
  const { message, fix } = FAULTS[code];
  return {
    host,
    ok: false,
    code,
    message: message(...values),
    fix: fix(...values),
    file: place?.file ?? null,
    line: place?.line ?? null,
    column: place?.column ?? null,
  };
}

export function fine(host: string, message: string, place?: FilePlace): Verdict {
  const { file = null, line = null, column = null } = place ?? {};
  return { host, ok: true, code: null, message, fix: null, file, line, column };
}
