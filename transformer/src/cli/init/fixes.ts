// A verdict of `llmops check` → the edits that make it good, or what is to be done by hand.
// Invariant: what is not edited for certain is advice; the same fault is mended in one way alone.
import { basename, join } from "node:path";
import type { Verdict } from "../check/faults.ts";
import { asksForCode, COMPILERS } from "../check/tspc.ts";
import { JsonFile } from "../project/json-file.ts";
import type { Package } from "../project/project.ts";
import { type Command, tspcLine } from "../project/scripts.ts";
import { readTsconfig } from "../project/tsconfig.ts";
import type { Compiler } from "../../syntax.ts";
import { withPlugin } from "./bundler-config.ts";
import type { Changes } from "./changes.ts";
import { buildFileOf } from "./esbuild-command.ts";
import { addPluginEntry, setJson } from "./json-edits.ts";
import { withLoader } from "./next-config.ts";
import type { Wanted } from "./wanted.ts";

/** What a setup comes to. */
export interface Mending {
  readonly ts: Compiler;
  readonly package: Package;
  readonly changes: Changes;
  readonly wanted: Wanted;
  /** What is to be done by hand: sentences. */
  readonly advice: string[];
}

/** Our subpath for a bundler, and the property of its config, where it is not `plugins`. */
const DOORS: Readonly<Record<string, { door: string; property?: string }>> = {
  vite: { door: "vite" },
  rollup: { door: "rollup" },
  rolldown: { door: "rolldown" },
  webpack: { door: "webpack" },
  rspack: { door: "rspack" },
  farm: { door: "farm" },
  esbuild: { door: "esbuild" },
  tsdown: { door: "rolldown" },
  tsup: { door: "esbuild", property: "esbuildPlugins" },
};

export function mend(mending: Mending, verdict: Verdict): void {
  switch (verdict.code) {
    case "LLMOPS1301":
    case "LLMOPS1302":
    case "LLMOPS1314":
      addEntry(mending, verdict.file ?? "");
      if (verdict.host === "nest") patchTypescript(mending);
      mending.wanted.patch(mending.package.directory);
      return;
    case "LLMOPS1303":
    case "LLMOPS1304":
      mending.wanted.patch(mending.package.directory);
      return;
    case "LLMOPS1305":
      compileByTspc(mending, verdict);
      return;
    case "LLMOPS1306":
      emitByUs(mending, verdict);
      return;
    case "LLMOPS1307":
      addPlugin(mending, verdict);
      return;
    case "LLMOPS1308":
      runWithRegister(mending, verdict);
      return;
    case "LLMOPS1316":
      if (verdict.message.includes("unpatched")) {
        patchTypescript(mending);
        mending.wanted.patch(mending.package.directory);
      } else advise(mending, verdict);
      return;
    case "LLMOPS1201":
      mending.wanted.runtime = true;
      return;
    default:
      advise(mending, verdict);
  }
}

function advise({ advice }: Mending, { message, fix }: Verdict): void {
  advice.push(`${message} ${fix ?? ""}`.trim());
}

/** @param tsconfig absolute path */
export function addEntry({ ts, changes }: Mending, tsconfig: string): void {
  const plugins = readTsconfig(ts, tsconfig)?.options["plugins"];
  addPluginEntry(changes, tsconfig, Array.isArray(plugins) ? plugins : []);
}

function compileByTspc(mending: Mending, verdict: Verdict): void {
  editScript(mending, verdict, tspcLine);
  for (const config of mending.package.tsconfigs) {
    const isWhole = config.entry?.transformProgram === true;
    if (!isWhole && config.hasFiles && !config.options.noEmit) addEntry(mending, config.path);
  }
  mending.wanted.patch(mending.package.directory);
}

/** `tsc -p x` → `tsc -p x --noEmit && llmops build -p x` */
function emitByUs(mending: Mending, verdict: Verdict): void {
  const declares = mending.package.tsconfigs.some(({ options }) => options.declaration === true);
  const only = declares ? "--emitDeclarationOnly" : "--noEmit";
  editScript(mending, verdict, (line, commands) =>
    // From the end, so that what stands before stays where it is.
    commands.toReversed().reduce((edited, { part: { start, end } }) => {
      const part = edited
        .slice(start, end)
        .replace(/(?<![\w./-])(tsc|tsgo)(?![\w-])(.*)/, emitted(only));
      return edited.slice(0, start) + part + edited.slice(end);
    }, line),
  );
  mending.wanted.compiler = true;
}

const emitted =
  (only: string) =>
  (_: string, tool: string, args: string): string => {
    const project = /(?:-p|--project)[ =]\S+/.exec(args)?.[0];
    const own = project === undefined ? "" : ` ${project}`;
    const rest = args.trimEnd();
    return `${tool}${rest} ${only} && llmops build${own}${args.slice(rest.length)}`;
  };

function patchTypescript(mending: Mending): void {
  const path = join(mending.package.directory, "package.json");
  const own = mending.package.manifest?.string(["scripts", "prepare"]);
  const line = own === undefined ? "ts-patch install -s" : `${own} && ts-patch install -s`;
  if (own?.includes("ts-patch install") !== true)
    setJson(mending.changes, path, ["scripts", "prepare"], line);
  mending.advice.push(
    "Run the script prepare once: it patches TypeScript, which nest compiles with.",
  );
}

/** Edits the script that a verdict is about, or tells what is to be done. */
function editScript(
  mending: Mending,
  verdict: Verdict,
  edit: (line: string, emitting: readonly Command[], isNew: boolean) => string | undefined,
): void {
  const commands = mending.package.commands.filter(
    ({ place }) => place.file === verdict.file && place.line === verdict.line,
  );
  const [first] = commands;
  if (first === undefined) return advise(mending, verdict);
  const { path, place } = first;
  const now = JsonFile.parse(place.file, mending.changes.read(place.file) ?? "").string(path) ?? "";
  const emitting = commands.filter((each) => COMPILERS.has(each.tool) && asksForCode(each));
  // Two verdicts on one line: what was edited for one has other parts.
  const isNew = now !== first.line;
  const edited = edit(now, isNew ? [] : emitting, isNew);
  if (edited === undefined || edited === now) advise(mending, verdict);
  else setJson(mending.changes, place.file, path, edited);
}

function runWithRegister(mending: Mending, verdict: Verdict): void {
  const line = /^Write: (.*)$/s.exec(verdict.fix ?? "")?.[1];
  if (line === undefined || line.startsWith("bun ")) advise(mending, verdict);
  else editScript(mending, verdict, (_, _emitting, isNew) => (isNew ? undefined : line));
}

function addPlugin(mending: Mending, verdict: Verdict): void {
  const { changes, ts } = mending;
  const { file, host } = verdict;
  const text = file === null ? undefined : changes.read(file);
  if (file === null || text === undefined) return advise(mending, verdict);
  if (basename(file) === "package.json") return addBuildFile(mending, verdict);
  const edited =
    host === "next"
      ? withLoader(ts, file, text)
      : DOORS[host] === undefined
        ? undefined
        : withPlugin(ts, file, text, DOORS[host]);
  if (edited === undefined) advise(mending, verdict);
  else changes.write(file, edited);
}

/** A bundler's command without a config: esbuild's gets a build file, Vite's a config. */
function addBuildFile(mending: Mending, verdict: Verdict): void {
  const { directory } = mending.package;
  if (verdict.host === "vite") {
    const path = join(directory, "vite.config.ts");
    mending.changes.write(path, VITE_CONFIG);
    return;
  }
  const path = join(directory, "esbuild.config.mjs");
  const command = mending.package.commands.find(
    ({ tool, place }) => tool === "esbuild" && place.line === verdict.line,
  );
  const made = command === undefined ? undefined : buildFileOf(command.line);
  if (verdict.host !== "esbuild" || command === undefined || made === undefined)
    return advise(mending, verdict);
  if (mending.changes.read(path) !== undefined) return advise(mending, verdict);
  mending.changes.write(path, made.text);
  const line = command.line.replace(made.command, `node ${basename(path)}`);
  setJson(mending.changes, command.place.file, ["scripts", command.script], line);
}

const VITE_CONFIG = `import llmops from "llmops-transformer/vite";
import { defineConfig } from "vite";

export default defineConfig({
  plugins: [llmops()],
});
`;
