// Scripts and config files of bundlers → whether our plugin for that bundler is in them.
// Invariant: a bundler counts where a script runs it, or where a config is there and no script is.
import { join, resolve } from "node:path";
import { statSync } from "node:fs";
import { type FilePlace, readText } from "../project/json-file.ts";
import { list } from "../project/packages.ts";
import { type Command, flagValues, hasFlag } from "../project/scripts.ts";
import { type Evidence, sourceFile } from "./evidence.ts";
import { fault, fine, type Verdict } from "./faults.ts";
import { WRAPPED } from "./flow.ts";

interface Bundler {
  readonly host: string;
  /** Commands that build or serve; with a subcommand where others do not. */
  readonly tools: RegExp;
  /** Its config files. */
  readonly configs: RegExp;
  /** The package that build files of one's own import. */
  readonly api?: string;
  /** What is in them where there is no such package. */
  readonly calls?: RegExp;
  /** Our subpath for it. */
  readonly door: string;
  /** Others that serve as well. */
  readonly also?: readonly string[];
  readonly how: string;
  /** The property that takes plugins, where another one is at hand that does nothing with ours. */
  readonly property?: string;
  /** Plugins run in the order of the list: what strips types before us takes comments along. */
  readonly ordered?: true;
  /** Files of one's own that call it get what the config has. */
  readonly configured?: true;
  /** Its command reads no config: only files of one's own that call it take plugins. */
  readonly bare?: true;
  /** The first word behind the command is the folder that it works in. */
  readonly rooted?: true;
}

const plugins = (door: string): string =>
  `import llmops from "llmops-transformer/${door}"; and plugins: [llmops(), …]`;

const vitePlugins = (where: string): string =>
  `import llmops from "llmops-transformer/vite"; and ${where}: { plugins: [llmops(), …] }`;

const config = (name: string): RegExp => new RegExp(`^${name}\\.config\\.[cm]?[jt]s$`);

const BUNDLERS: readonly Bundler[] = [
  {
    host: "next",
    tools: /^next(?: (?:build|dev|start))?(?: |$)/,
    configs: config("next"),
    door: "webpack-loader",
    also: ["webpack"],
    how: 'webpack(config) { config.module.rules.push({ test: /\\.[cm]?[jt]sx?$/, exclude: /node_modules/, use: "llmops-transformer/webpack-loader" }); return config; }, and for Turbopack: turbopack: { rules: { "*.ts": { loaders: ["llmops-transformer/webpack-loader"] } } }',
  },
  {
    host: "vite",
    tools: /^(?:vite(?: (?:build|dev|serve)| -|$)|react-router (?:build|dev)|remix vite:)/,
    configs: config("vite"),
    api: "vite",
    door: "vite",
    how: plugins("vite"),
    rooted: true,
    configured: true,
  },
  {
    host: "astro",
    tools: /^astro (?:build|dev)/,
    configs: config("astro"),
    door: "vite",
    how: vitePlugins("vite"),
  },
  {
    host: "nuxt",
    tools: /^nux[ti] (?:build|dev|generate)/,
    configs: config("nuxt"),
    door: "rollup",
    also: ["vite"],
    how: 'import llmops from "llmops-transformer/rollup"; and nitro: { rollupConfig: { plugins: [llmops()] } }',
  },
  {
    host: "electron-vite",
    tools: /^electron-vite(?: |$)/,
    configs: config("electron\\.vite"),
    door: "vite",
    how: vitePlugins("main"),
  },
  {
    host: "electron-forge",
    tools: /^electron-forge (?:start|package|make|publish)/,
    configs: config("vite\\.main"),
    door: "vite",
    how: plugins("vite"),
  },
  {
    host: "unbuild",
    tools: /^unbuild(?: |$)/,
    configs: config("build"),
    api: "unbuild",
    door: "rollup",
    how: 'import llmops from "llmops-transformer/rollup"; and hooks: { "rollup:options"(_, options) { options.plugins.unshift(llmops()); } }',
  },
  {
    host: "tsup",
    tools: /^tsup(?: |$)/,
    configs: config("tsup"),
    api: "tsup",
    door: "esbuild",
    how: 'import llmops from "llmops-transformer/esbuild"; and esbuildPlugins: [llmops()]',
    property: "esbuildPlugins",
  },
  {
    host: "tsdown",
    tools: /^tsdown(?: |$)/,
    configs: config("tsdown"),
    api: "tsdown",
    door: "rolldown",
    also: ["rollup"],
    how: plugins("rolldown"),
  },
  {
    host: "rollup",
    tools: /^rollup(?: |$)/,
    configs: config("rollup"),
    api: "rollup",
    door: "rollup",
    how: plugins("rollup"),
    ordered: true,
  },
  {
    host: "rolldown",
    tools: /^rolldown(?: |$)/,
    configs: config("rolldown"),
    api: "rolldown",
    door: "rolldown",
    also: ["rollup"],
    how: plugins("rolldown"),
    ordered: true,
  },
  {
    host: "rspack",
    tools: /^(?:rspack|rsbuild|rslib)(?: |$)/,
    configs: config("(?:rspack|rsbuild|rslib)"),
    api: "@rspack/core",
    door: "rspack",
    also: ["webpack-loader", "webpack"],
    how: plugins("rspack"),
  },
  {
    host: "webpack",
    tools: /^webpack(?:-cli|-dev-server)?(?: |$)/,
    configs: config("webpack(?:\\.[\\w-]+)?"),
    api: "webpack",
    door: "webpack",
    also: ["webpack-loader"],
    how: plugins("webpack"),
  },
  {
    host: "esbuild",
    tools: /^esbuild(?: |$)/,
    configs: config("esbuild"),
    api: "esbuild",
    door: "esbuild",
    how: plugins("esbuild"),
    bare: true,
    ordered: true,
  },
  {
    host: "farm",
    tools: /^farm(?: |$)/,
    configs: config("farm"),
    api: "@farmfe/core",
    door: "farm",
    also: ["vite"],
    how: plugins("farm"),
  },
  {
    host: "bun",
    tools: /^bun build(?: |$)/,
    configs: config("bun"),
    calls: /\bBun\.build\b/,
    bare: true,
    door: "bun",
    how: 'import llmops from "llmops-transformer/bun"; and Bun.build({ plugins: [llmops()], … })',
  },
];

export const BUNDLER_NAMES: readonly string[] = BUNDLERS.map(({ host }) => host);

/** How our plugin is added for it. */
export function bundlerHow(host: string): string {
  return BUNDLERS.find((bundler) => bundler.host === host)?.how ?? "";
}

export function bundlerVerdicts(evidence: Evidence): Verdict[] {
  return BUNDLERS.flatMap((bundler) => {
    const uses = usesOf(evidence, bundler);
    const seen = new Set<string>();
    return uses.flatMap((use) => {
      const key = use.file ?? String(use.place.line);
      if (seen.has(key)) return [];
      seen.add(key);
      return verdictOf(evidence, bundler, use);
    });
  });
}

/** Of tools that run no program. */
const NO_BUILD = /^(?:vitest|jest|playwright|cypress|eslint|prettier|stylelint|commitlint)\./;

/** The configs of tools that we do not know, where our plugin is in them. */
export function otherVerdicts(evidence: Evidence): Verdict[] {
  const { directory } = evidence.package;
  return list(directory)
    .filter((name) => /\.config\.[cm]?[jt]s$/.test(name) && !NO_BUILD.test(name))
    .filter((name) => evidence.flowOf(join(directory, name)).doors.size > 0)
    .map((name) =>
      fine(name.split(".")[0] ?? name, `${name} has the plugin.`, startOf(join(directory, name))),
    );
}

/** A bundler that is run. */
interface Use {
  /** Absolute path of its config, or of the build file. */
  readonly file: string | undefined;
  readonly place: FilePlace;
}

function usesOf(evidence: Evidence, bundler: Bundler): Use[] {
  const { tools, configs, rooted = false, bare = false, configured = false } = bundler;
  const { directory, commands } = evidence.package;
  const standard = (folder: string): string[] =>
    list(folder)
      .filter((name) => configs.test(name))
      .map((name) => join(folder, name));
  const running = commands.filter(({ tool, args }) => tools.test([tool, ...args].join(" ")));
  const uses = running.flatMap((command): Use[] => {
    const folder = rooted ? folderOf(command, directory) : directory;
    if (folder !== directory && !evidence.isAboutSites(folder)) return [];
    const named = flagValues(command, "-c", "--config").flatMap(
      (name) => sourceFile(resolve(directory, name)) ?? [],
    );
    const files = bare ? [] : named.length > 0 ? named : standard(folder);
    const hasUs = files.some((file) => fits(bundler, evidence.flowOf(file).doors));
    if (rooted && !hasUs && isOfPages(evidence, command, folder, files)) return [];
    if (files.length === 0) return [{ file: undefined, place: command.place }];
    return files.map((file) => ({ file, place: startOf(file) }));
  });
  for (const file of buildFilesOf(evidence, bundler)) {
    // The server of an application that Vite renders on the server.
    const own = !configured || fits(bundler, evidence.flowOf(file).doors);
    const files = own ? [] : standard(directory);
    for (const each of files.length > 0 ? files : [file])
      uses.push({ file: each, place: startOf(each) });
  }
  if (uses.length === 0 && running.length === 0 && !commands.some(isBuild))
    uses.push(...standard(directory).map((file) => ({ file, place: startOf(file) })));
  return uses;
}

const startOf = (file: string): FilePlace => ({ file, line: 1, column: 1 });

/** `vite build docs` */
function folderOf({ args }: Command, directory: string): string {
  const named = args.find(
    (arg, at) =>
      !arg.startsWith("-") && !/^(?:build|dev|serve)$/.test(arg) && !args[at - 1]?.startsWith("-"),
  );
  const folder = resolve(directory, named ?? ".");
  return statSync(folder, { throwIfNoEntry: false })?.isDirectory() === true ? folder : directory;
}

/** Vite builds what index.html names, and no tracked function is on the way from there. */
function isOfPages(
  evidence: Evidence,
  command: Command,
  folder: string,
  configs: readonly string[],
): boolean {
  const html = readText(join(folder, "index.html"));
  const says = configs.map((file) => readText(file) ?? "").join("\n");
  if (html === undefined || evidence.siteFiles.size === 0) return false;
  if (/\b(?:input|entry|entries|ssr|root)\b/.test(says) || hasFlag(command, "--ssr")) return false;
  const scripts = [...html.matchAll(/<script\b[^>]*\bsrc=["']?\/?([^"'\s>]+)/g)];
  const sources = scripts.flatMap((match) => sourceFile(join(folder, match[1] ?? "")) ?? []);
  return (
    sources.length > 0 &&
    !sources.some((file) => evidence.reachesSites(file) || hasAliases(evidence, file))
  );
}

/** `@/pay`, `~/pay`, `#pay`, `$lib/pay`: where they lead is not known. */
function hasAliases(evidence: Evidence, file: string): boolean {
  return [...evidence.packagesOf(file)].some((name) => /^(?:@\/|[~#$])/.test(name));
}

/** A script builds or runs the program: what other configs are there is not for that. */
function isBuild({ tool }: Command): boolean {
  return !["vitest", "jest", "eslint", "oxlint", "prettier", "biome", "npm", "pnpm"].includes(tool);
}

/** Files that scripts run and that call the bundler themselves: `node build.mjs`. */
function buildFilesOf(evidence: Evidence, { api, calls }: Bundler): string[] {
  const { directory, commands } = evidence.package;
  return commands
    .filter(({ tool }) => tool === "node" || tool === "tsx" || tool === "bun")
    .flatMap(({ args }) => args.filter((arg) => !arg.startsWith("-")).slice(0, 3))
    .flatMap((name) => (/\.[cm]?[jt]s$/.test(name) ? [resolve(directory, name)] : []))
    .filter(
      (file) =>
        (api !== undefined && evidence.packagesOf(file).has(api)) ||
        calls?.test(readText(file) ?? "") === true,
    );
}

/** By its root, TypeScript's transformer. */
function fits({ door, also = [] }: Bundler, doors: ReadonlySet<string>): boolean {
  return [door, "unplugin", "", WRAPPED, ...also].some((each) => doors.has(each));
}

function verdictOf(evidence: Evidence, bundler: Bundler, { file, place }: Use): Verdict {
  const { host, how, property } = bundler;
  if (file === undefined) {
    const fix =
      bundler.bare === true
        ? `Its command takes no plugins: write a build file with ${how}`
        : `Write a config with ${how}`;
    return fault(host, "LLMOPS1307", place, `The command for ${host}`, host, fix);
  }
  const { doors, stripper } = evidence.flowOf(file);
  const name = evidence.show(file);
  if (!fits(bundler, doors)) {
    // ts-loader's `compiler: "ts-patch/compiler"`, with the entry in the tsconfig
    const patched = /["']ts-patch\/compiler["']/.test(readText(file) ?? "");
    const entry = evidence.package.tsconfigs.some((tsconfig) => tsconfig.entry !== undefined);
    if (patched && entry) return fine(host, `${name} compiles by ts-patch.`, place);
    const [other] = doors;
    return other === undefined
      ? fault(host, "LLMOPS1307", place, name, host, `Add ${how}`)
      : fault(
          host,
          "LLMOPS1307",
          place,
          `${name} has the plugin for ${other}, and`,
          host,
          `Write ${how}`,
        );
  }
  const builder = host === "next" ? builderWithoutUs(evidence, readText(file) ?? "") : undefined;
  if (builder !== undefined)
    return fault(host, "LLMOPS1307", place, name, `next with ${builder}`, `Add ${how}`);
  if (property !== undefined && !(readText(file) ?? "").includes(property) && !doors.has(WRAPPED))
    return fault(host, "LLMOPS1307", place, name, host, `Add ${how}`);
  if (bundler.ordered === true && stripper !== undefined)
    return fault(
      host,
      "LLMOPS1313",
      place,
      `${stripper}() in ${name}`,
      "Put llmops() before it in plugins.",
    );
  return fine(host, `${name} has the plugin.`, place);
}

/** Next builds with webpack up to 15 and with Turbopack from 16 on, if no flag says otherwise. */
function builderWithoutUs(evidence: Evidence, text: string): string | undefined {
  // It comes from another file.
  if (!/["'`]llmops-transformer\/webpack-loader["'`]/.test(text)) return undefined;
  const major = Number(evidence.installed("next")?.version.split(".")[0]);
  const runs = evidence.package.commands.filter(
    ({ tool, args: [verb = "build"] }) => tool === "next" && /^(?:build|dev|-.*)$/.test(verb),
  );
  const isTurbo = (command: Command): boolean => hasFlag(command, "--turbopack", "--turbo");
  const isWebpack = (command: Command): boolean => hasFlag(command, "--webpack");
  const turbo = runs.some((each) => isTurbo(each) || (major >= 16 && !isWebpack(each)));
  if (turbo && !/\bturbo(?:pack)?\b/.test(text)) return "Turbopack";
  const webpack = runs.some((each) => isWebpack(each) || (major <= 15 && !isTurbo(each)));
  return webpack && !/\bwebpack\b\s*[(:=]/.test(text) ? "webpack" : undefined;
}
