// Scripts that run sources (`node app.ts`, `tsx`, `bun`) → whether `llmops-transformer/register` is
// in.
// Invariant: only what leads to a tracked function counts; scripts of the build are none.
import { join, resolve } from "node:path";
import { readText } from "../project/json-file.ts";
import { type Command, flagValues, hasFlag } from "../project/scripts.ts";
import { emitOf } from "../project/tsconfig.ts";
import { type Evidence, sourceFile } from "./evidence.ts";
import { fault, fine, type Verdict } from "./faults.ts";
import { nestBuild } from "./nest-build.ts";

const REGISTER = "llmops-transformer/register";
const RUNNERS: ReadonlySet<string> = new Set(["node", "tsx", "ts-node", "ts-node-esm", "bun"]);

/** Flags of these tools that take the next word. */
const WITH_VALUE: ReadonlySet<string> = new Set([
  "--import",
  "--require",
  "-r",
  "--loader",
  "--experimental-loader",
  "--conditions",
  "-C",
  "--env-file",
  "--tsconfig",
  "--watch-path",
  "--title",
  "--preload",
  "-P",
  "--project",
]);

/** @param covered the sources are compiled with us, and what runs is the output */
export function runningVerdicts(evidence: Evidence): Verdict[] {
  return evidence.package.commands
    .filter(({ tool }) => RUNNERS.has(tool))
    .flatMap((command) => verdictOf(evidence, command) ?? []);
}

function verdictOf(evidence: Evidence, command: Command): Verdict | undefined {
  const { directory } = evidence.package;
  const entry = entryOf(command);
  if (entry === undefined) return undefined;
  const host = "register";
  const path = resolve(directory, entry);
  const main = path === directory ? evidence.package.manifest?.string(["main"]) : undefined;
  const registered = isRegistered(evidence, command);
  const source = sourceFile(main === undefined ? path : resolve(directory, main));
  const runsSource = source !== undefined && evidence.package.files.includes(source);
  if (!runsSource) {
    if (!registered) return undefined;
    return (
      ofOutput(evidence, command, path) ??
      fine(host, `"${command.script}" instruments what it loads.`, command.place)
    );
  }
  if (registered)
    return fine(host, `"${command.script}" instruments what it loads.`, command.place);
  if (!isProgram(evidence, command, source)) return undefined;
  const line = withRegister(command, entry);
  return fault(host, "LLMOPS1308", command.place, command.script, evidence.show(source), line);
}

function entryOf({ tool, args }: Command): string | undefined {
  if (args.some((arg) => /^(?:-e|--eval|-p|--print|--test|--check|-c)$/.test(arg)))
    return undefined;
  let at = 0;
  for (;;) {
    const arg = args[at];
    if (arg === undefined) return undefined;
    if (WITH_VALUE.has(arg)) at += 2;
    else if (arg.startsWith("-")) at++;
    else if (SUBCOMMANDS[tool]?.test(arg) === true) at++;
    else return tool === "bun" && !/[./]/.test(arg) ? undefined : arg;
  }
}

const SUBCOMMANDS: Readonly<Record<string, RegExp>> = { tsx: /^watch$/, bun: /^run$/ };

/**
 * Whether a tracked function is on its way; in a project without one, whether it is the program.
 */
function isProgram(evidence: Evidence, { script }: Command, source: string): boolean {
  // What tests record is of no use.
  if (/^(?:pre|post)?test(?![a-z])/i.test(script)) return false;
  if (evidence.siteFiles.size > 0) return evidence.reachesSites(source);
  return /^(?:start|dev|serve)\b/.test(script) && /\.[cm]?tsx?$/.test(source);
}

export function isRegistered(evidence: Evidence, command: Command): boolean {
  const { directory } = evidence.package;
  const options = [
    command.env["NODE_OPTIONS"],
    ...npmrcOptions(directory),
    ...bunPreloads(directory),
  ];
  const words = options.flatMap((text) => text?.split(/[\s=]+/) ?? []);
  const values = [
    ...words,
    ...flagValues(command, "--import", "--require", "-r", "--preload", "--loader"),
    // `nest start --exec "node --import …"`
    ...flagValues(command, "--exec").flatMap((text) => text.split(/[\s=]+/)),
  ];
  if (values.includes(REGISTER)) return true;
  if (command.tool.startsWith("ts-node") && compilesByTsPatch(evidence, command)) return true;
  return values.some((value) => {
    const file = /^[./]/.test(value) ? sourceFile(resolve(directory, value)) : undefined;
    return file !== undefined && evidence.flowOf(file).doors.size > 0;
  });
}

function npmrcOptions(directory: string): string[] {
  const found = /^node-options\s*=\s*(.*)$/m.exec(readText(join(directory, ".npmrc")) ?? "");
  return found === null ? [] : [(found[1] as string).replaceAll(/["']/g, "")];
}

function bunPreloads(directory: string): string[] {
  const found = /^preload\s*=\s*\[([^\]]*)\]/m.exec(readText(join(directory, "bunfig.toml")) ?? "");
  return [...(found?.[1] ?? "").matchAll(/["']([^"']+)["']/g)].map((match) => match[1] as string);
}

/** ts-node takes the plugins of a tsconfig where ts-patch is its compiler. */
function compilesByTsPatch({ package: { tsconfigs } }: Evidence, command: Command): boolean {
  const compiler = "ts-patch/compiler";
  return tsconfigs.some(
    ({ entry, text }) =>
      entry !== undefined &&
      (text.string(["ts-node", "compiler"]) === compiler ||
        flagValues(command, "-C", "--compiler").includes(compiler)),
  );
}

/** What compiled the file that is loaded may have left the tags out. */
function ofOutput(evidence: Evidence, command: Command, path: string): Verdict | undefined {
  const { tsconfigs, commands } = evidence.package;
  const writes = tsconfigs.find((config) => {
    const { outDir } = emitOf(config);
    return outDir !== undefined && path.startsWith(`${outDir}/`);
  });
  // SWC keeps comments, whatever the tsconfig says of them.
  const isEmitted = nestBuild(evidence)?.builder !== "swc";
  if (writes?.options.removeComments === true && writes.entry === undefined && isEmitted) {
    const place = writes.text.placeOf(["compilerOptions", "removeComments"]);
    const what = `"removeComments" in ${evidence.show(writes.path)}`;
    return fault("register", "LLMOPS1313", place, what, 'Set "removeComments" to false.');
  }
  const minifying = commands.find(
    (other) =>
      other !== command &&
      (hasFlag(other, "--minify", "--removeComments") || /^(?:terser|uglifyjs)$/.test(other.tool)),
  );
  if (minifying === undefined) return undefined;
  const how = "Instrument before it: by the bundler's plugin, tspc or `llmops build`.";
  return fault("register", "LLMOPS1313", minifying.place, `"${minifying.script}"`, how);
}

function withRegister({ tool, line, part }: Command, entry: string): string {
  if (tool === "bun")
    return `bun --preload ./llmops.ts ${entry}, and in llmops.ts: import llmops from "llmops-transformer/bun"; Bun.plugin(llmops());`;
  if (tool.startsWith("ts-node") && !/\bnodemon\b/.test(line))
    return `node --import ${REGISTER} ${entry}`;
  const own = line.slice(part.start, part.end);
  const nodemon = /\bnodemon\b/.test(own);
  const edited =
    nodemon && !/\s(?:--exec|-x)\b/.test(own)
      ? own.replace(/\bnodemon\b/, `$& --exec "node --import ${REGISTER}"`)
      : nodemon && new RegExp(`\\s(?:--exec|-x) ${tool}(?= )`).test(own)
        ? own.replace(/(\s(?:--exec|-x) )(\S+)/, `$1"$2 --import ${REGISTER}"`)
        : own.replace(
            new RegExp(`(?<![\\w.-])${tool}(?= )(?: watch)?(?!.*\\b${tool} )`),
            `$& --import ${REGISTER}`,
          );
  return line.slice(0, part.start) + edited + line.slice(part.end);
}
