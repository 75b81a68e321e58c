// Scripts and config files of bundlers → whether our plugin for that bundler is in them.
// Invariant: a bundler counts where a script runs it, or where a config is there and no script is.
import { join, resolve } from "node:path";
import { type FilePlace, readText } from "../project/json-file.ts";
import { list } from "../project/packages.ts";
import { type Command, flagValues } from "../project/scripts.ts";
import { type Evidence, sourceFile } from "./evidence.ts";
import { fault, fine, type Verdict } from "./faults.ts";

interface Bundler {
  readonly host: string;
  /** Commands that build or serve; with a subcommand where others do not. */
  readonly tools: RegExp;
  /** Its config files. */
  readonly configs: RegExp;
  /** The package that build files of one's own import. */
  readonly api?: string;
  /** Our subpath for it. */
  readonly door: string;
  /** Others that serve as well. */
  readonly also?: readonly string[];
  readonly how: string;
  /** Plugins run in the order of the list: what strips types before us takes comments along. */
  readonly ordered?: true;
}

const plugins = (door: string): string =>
  `import llmops from "llmops-transformer/${door}"; and plugins: [llmops(), …]`;

const config = (name: string): RegExp => new RegExp(`^${name}\\.config\\.[cm]?[jt]s$`);

const BUNDLERS: readonly Bundler[] = [
  {
    host: "next",
    tools: /^next(?: (?:build|dev|start))?(?: |$)/,
    configs: config("next"),
    door: "webpack-loader",
    also: ["webpack"],
    how: 'in next.config: webpack(config) { config.module.rules.push({ test: /\\.[cm]?[jt]sx?$/, exclude: /node_modules/, use: "llmops-transformer/webpack-loader" }); return config; }',
  },
  {
    host: "vite",
    tools: /^(?:vite(?: (?:build|dev|serve)| -|$)|react-router (?:build|dev)|remix vite:)/,
    configs: config("vite"),
    api: "vite",
    door: "vite",
    how: plugins("vite"),
  },
  {
    host: "tsup",
    tools: /^tsup(?: |$)/,
    configs: config("tsup"),
    api: "tsup",
    door: "esbuild",
    how: 'import llmops from "llmops-transformer/esbuild"; and esbuildPlugins: [llmops()]',
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
    tools: /^(?:rspack|rsbuild)(?: |$)/,
    configs: config("(?:rspack|rsbuild)"),
    api: "@rspack/core",
    door: "rspack",
    also: ["webpack-loader", "webpack"],
    how: plugins("rspack"),
  },
  {
    host: "webpack",
    tools: /^webpack(?:-dev-server)?(?: |$)/,
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
    door: "bun",
    how: 'a build file with Bun.build({ plugins: [llmops()] }), and in it: import llmops from "llmops-transformer/bun"',
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
      if (seen.has(use.file ?? "")) return [];
      seen.add(use.file ?? "");
      return verdictOf(evidence, bundler, use);
    });
  });
}

/** A bundler that is run. */
interface Use {
  /** Absolute path of its config, or of the build file. */
  readonly file: string | undefined;
  readonly place: FilePlace;
}

function usesOf(evidence: Evidence, { tools, configs, api }: Bundler): Use[] {
  const { directory, commands } = evidence.package;
  const standard = list(directory)
    .filter((name) => configs.test(name))
    .map((name) => join(directory, name));
  const running = commands.filter(({ tool, args }) => tools.test([tool, ...args].join(" ")));
  const uses = running.flatMap((command): Use[] => {
    const named = flagValues(command, "-c", "--config").flatMap(
      (name) => sourceFile(resolve(directory, name)) ?? [],
    );
    const files = named.length > 0 ? named : standard;
    if (files.length === 0) return [{ file: undefined, place: command.place }];
    return files.map((file) => ({ file, place: startOf(file) }));
  });
  const buildFiles = api === undefined ? [] : buildFilesOf(evidence, api);
  uses.push(...buildFiles.map((file) => ({ file, place: startOf(file) })));
  if (uses.length === 0 && !commands.some(isBuild))
    uses.push(...standard.map((file) => ({ file, place: startOf(file) })));
  return uses;
}

const startOf = (file: string): FilePlace => ({ file, line: 1, column: 1 });

/** A script builds or runs the program: what other configs are there is not for that. */
function isBuild({ tool }: Command): boolean {
  return !["vitest", "jest", "eslint", "oxlint", "prettier", "biome", "npm", "pnpm"].includes(tool);
}

/** Files that scripts run and that call the bundler themselves: `node build.mjs`. */
function buildFilesOf(evidence: Evidence, api: string): string[] {
  const { directory, commands } = evidence.package;
  return commands
    .filter(({ tool }) => tool === "node" || tool === "tsx" || tool === "bun")
    .flatMap(({ args }) => args.filter((arg) => !arg.startsWith("-")).slice(0, 3))
    .flatMap((name) => (/\.[cm]?[jt]s$/.test(name) ? [resolve(directory, name)] : []))
    .filter((file) => evidence.packagesOf(file).includes(api));
}

function verdictOf(evidence: Evidence, bundler: Bundler, { file, place }: Use): Verdict {
  const { host, door, also = [], how } = bundler;
  if (file === undefined) {
    const fix =
      host === "esbuild"
        ? `Its command takes no plugins: write a build file with ${how}`
        : `Write a config with ${how}`;
    return fault(host, "LLMOPS1307", place, `The command for ${host}`, host, fix);
  }
  const found = evidence.importsUs(file);
  const name = evidence.show(file);
  // ts-loader's `compiler: "ts-patch/compiler"`, with the entry in the tsconfig
  const patched = /["']ts-patch\/compiler["']/.test(readText(file) ?? "");
  const entry = evidence.package.tsconfigs.some((tsconfig) => tsconfig.entry !== undefined);
  if (found === undefined) {
    if (patched && entry) return fine(host, `${name} compiles by ts-patch.`, place);
    // Next's config names the loader in a text.
    if (
      new RegExp(`["']llmops-transformer/(?:${[door, ...also].join("|")})["']`).test(
        readText(file) ?? "",
      )
    )
      return fine(host, `${name} has the loader.`, place);
    return fault(host, "LLMOPS1307", place, name, host, `Add ${how}`);
  }
  const used = found.specifier.slice("llmops-transformer/".length);
  const doors = [door, "unplugin", ...also];
  // By its root, TypeScript's transformer.
  if (used !== "" && !doors.includes(used))
    return fault(
      host,
      "LLMOPS1307",
      place,
      `${name} has the plugin for ${used}, and`,
      host,
      `Write ${how}`,
    );
  if (!found.used) return fault(host, "LLMOPS1307", place, name, host, `Add ${how}`);
  const stripper =
    bundler.ordered === true ? stripperBefore(readText(found.file) ?? "") : undefined;
  if (stripper !== undefined)
    return fault(
      host,
      "LLMOPS1313",
      place,
      `${stripper}() in ${name}`,
      "Put llmops() before it in plugins.",
    );
  return fine(host, `${name} has the plugin.`, place);
}

/** A plugin that strips types or minifies, and stands before ours. */
function stripperBefore(text: string): string | undefined {
  const before = /\bplugins\s*:\s*\[([^]*?)\bllmops\s*\(/.exec(text)?.[1];
  if (before === undefined || before.includes("]")) return undefined;
  return /\b(\w*(?:terser|minif|uglify|swc|esbuild|typescript|babel|sucrase|strip)\w*)\s*\(/i.exec(
    before,
  )?.[1];
}
