// Scripts that call TypeScript, and tsconfigs → whether the plugin runs in them.
// Invariant: a `tsc` that only checks is no finding; one that emits is, unless others read its
// output.
import { resolve } from "node:path";
import type { Command } from "../project/scripts.ts";
import { flagValues, hasFlag, tspcLine } from "../project/scripts.ts";
import {
  emitOf,
  pluginsPlace,
  readTsconfig,
  type Tsconfig,
  withReferences,
} from "../project/tsconfig.ts";
import type { Evidence } from "./evidence.ts";
import { fault, fine, type Verdict } from "./faults.ts";

export const COMPILERS: ReadonlySet<string> = new Set(["tsc", "tspc", "tsgo"]);

/** The major of ts-patch that patches a major of TypeScript. */
const PATCH_FOR: Readonly<Record<string, string>> = { 5: "3", 6: "4" };

/** @param covered another way of the package's has us: its `tsc` may be for something else */
export function tspcVerdicts(evidence: Evidence, covered: boolean): Verdict[] {
  const { commands, tsconfigs } = evidence.package;
  const compiling = commands.filter(({ tool }) => COMPILERS.has(tool));
  const patched = commands.some(({ tool, args }) => tool === "ts-patch" && args[0] === "install");
  const verdicts = compiling.flatMap((command) => {
    const compiled = compiledBy(evidence, command);
    const isTspc = command.tool === "tspc" || (patched && command.tool === "tsc");
    return isTspc
      ? ofTspc(evidence, command, compiled)
      : ofTsc(evidence, command, compiled, covered);
  });
  if (verdicts.length > 0 || covered) return distinct(verdicts);
  // No script compiles: the entry in the tsconfig says how it is meant.
  const [main] = tsconfigs;
  if (main?.entry === undefined) return [];
  return ofEntry(evidence, main);
}

/** What TypeScript is asked for in place of code. */
const WRITES_NO_CODE =
  "--emitDeclarationOnly --showConfig --version -v --help -h --all --init --listFilesOnly --clean --dry".split(
    " ",
  );

export function asksForCode(command: Command): boolean {
  // Without `-b` it means `--declaration`.
  const isDry = hasFlag(command, "-d") && hasFlag(command, "-b", "--build");
  return !isDry && !isOn(command, "--noEmit") && !hasFlag(command, ...WRITES_NO_CODE);
}

/** `--noEmit`, also as `--noEmit true`. */
function isOn({ args }: Command, flag: string): boolean {
  return args.some((arg, at) => arg === flag && args[at + 1] !== "false");
}

interface Compiled {
  readonly main: Tsconfig | undefined;
  /** Those that it writes code for. */
  readonly emitting: readonly Tsconfig[];
}

function compiledBy({ ts, package: { directory } }: Evidence, command: Command): Compiled {
  const builds = hasFlag(command, "-b", "--build");
  const named = builds
    ? command.args.filter((arg) => !arg.startsWith("-"))
    : flagValues(command, "-p", "--project");
  const paths = (named.length > 0 ? named : ["."]).map((name) => resolve(directory, name));
  const configs = paths.flatMap((path) => readTsconfig(ts, path) ?? []);
  const all = builds ? configs.flatMap((config) => withReferences(ts, config)) : configs;
  const emits = asksForCode(command);
  return {
    main: configs[0],
    emitting: emits ? all.filter((each) => emitOf(each).code && each.hasFiles) : [],
  };
}

function ofTspc(evidence: Evidence, command: Command, { main, emitting }: Compiled): Verdict[] {
  const verdicts = [...installedFor(evidence, command)];
  for (const config of emitting) {
    const name = evidence.show(config.path);
    if (config.entry === undefined) {
      const place = pluginsPlace(config);
      verdicts.push(
        config === main
          ? fault("tspc", "LLMOPS1301", place, name, command.line)
          : fault("tspc", "LLMOPS1314", place, name),
      );
    } else if (!config.entry.transformProgram) {
      verdicts.push(fault("tspc", "LLMOPS1302", pluginsPlace(config), name));
    }
  }
  if (emitting.length === 0 && main !== undefined && writesDeclarations(command, main))
    verdicts.push(fault("tspc", "LLMOPS1315", pluginsPlace(main), evidence.show(main.path)));
  if (verdicts.length > 0 || emitting.length === 0) return verdicts;
  return [fine("tspc", `"${command.script}" compiles with the plugin.`, command.place)];
}

function writesDeclarations(command: Command, { options }: Tsconfig): boolean {
  if (hasFlag(command, "--noEmit") || options.noEmit === true) return false;
  return options.emitDeclarationOnly === true || hasFlag(command, "--emitDeclarationOnly");
}

/** Whether ts-patch and TypeScript are there, and fit. */
function* installedFor(evidence: Evidence, { place }: Pick<Command, "place">): Generator<Verdict> {
  const typescript = evidence.installed("typescript");
  const major = typescript?.version.split(".")[0] ?? "6";
  if (Number(major) >= 7) {
    yield fault("tspc", "LLMOPS1306", place, typescript?.version ?? "7");
    return;
  }
  const patch = evidence.installed("ts-patch");
  const wanted = PATCH_FOR[major] ?? "4";
  if (patch === undefined) yield fault("tspc", "LLMOPS1303", place, wanted);
  else if (patch.version.split(".")[0] !== wanted)
    yield fault("tspc", "LLMOPS1304", place, patch.version, typescript?.version ?? "", wanted);
}

function ofTsc(
  evidence: Evidence,
  command: Command,
  { emitting }: Compiled,
  covered: boolean,
): Verdict[] {
  // One that compiles tests or tools is for something else.
  const { siteFiles } = evidence;
  const concerned =
    siteFiles.size === 0 || emitting.some(({ files }) => files.some((file) => siteFiles.has(file)));
  if (emitting.length === 0 || !concerned) return [];
  const meant = emitting.some(({ entry }) => entry !== undefined);
  if (covered && !meant) return [];
  const version = evidence.installed("typescript")?.version ?? "";
  if (command.tool === "tsgo" || Number(version.split(".")[0]) >= 7)
    return [fault("tsc", "LLMOPS1306", command.place, version || "7")];
  const line = tspcLine(command.line) ?? "tspc";
  return [fault("tsc", "LLMOPS1305", command.place, command.script, line)];
}

function ofEntry(evidence: Evidence, main: Tsconfig): Verdict[] {
  const place = pluginsPlace(main);
  const all = withReferences(evidence.ts, main).filter((config) => emitOf(config).code);
  const verdicts = [...installedFor(evidence, { place })];
  for (const config of all) {
    const name = evidence.show(config.path);
    if (config.entry === undefined) {
      if (config.hasFiles) verdicts.push(fault("tspc", "LLMOPS1314", pluginsPlace(config), name));
    } else if (!config.entry.transformProgram) {
      verdicts.push(fault("tspc", "LLMOPS1302", pluginsPlace(config), name));
    }
  }
  if (verdicts.length > 0) return verdicts;
  return [fine("tspc", `${evidence.show(main.path)} has the plugin: compile it by tspc.`, place)];
}

function distinct(verdicts: readonly Verdict[]): Verdict[] {
  const seen = new Set<string>();
  return verdicts.filter(({ code, message, file }) => {
    const key = `${code} ${message} ${file}`;
    if (seen.has(key)) return false;
    seen.add(key);
    return true;
  });
}
