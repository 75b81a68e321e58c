// The scripts of a package.json → the commands in them, each with its tool, arguments and place.
// Invariant: what only leads to a tool (`npx`, `cross-env`, `concurrently`) is looked through.
import { basename } from "node:path";
import type { FilePlace, JsonFile } from "./json-file.ts";

export interface Command {
  /** Name of the script. */
  readonly script: string;
  /** Its whole text. */
  readonly line: string;
  readonly place: FilePlace;
  /** `tsc`, `vite`, `node`. */
  readonly tool: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
}

export function commandsOf(manifest: JsonFile): Command[] {
  return [...manifest.texts(["scripts"])].flatMap(([script, line]) => {
    const place = manifest.placeOf(["scripts", script]);
    return commandsIn(line).map((command) => ({ ...command, script, line, place }));
  });
}

type Bare = Pick<Command, "tool" | "args" | "env">;

function commandsIn(line: string): Bare[] {
  const words: string[] = [];
  const commands: Bare[] = [];
  const end = (): void => void commands.push(...commandOf(words.splice(0)));
  for (const [token, , double, single] of line.matchAll(TOKEN)) {
    if (/^[;&|]+$|^\n/.test(token)) end();
    else if (token.trim() !== "") words.push(double ?? single ?? token.replaceAll(/["']/g, ""));
  }
  end();
  return commands;
}

/** A quoted word, a word with quotes inside, or what separates commands. */
const TOKEN =
  /("((?:[^"\\]|\\.)*)"|'([^']*)')(?=[\s;&|]|$)|&&|\|\||[;&|\n]|(?:"[^"]*"|'[^']*'|[^\s;&|"'])+|\s+/g;

const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;

function commandOf(words: readonly string[]): Bare[] {
  const env: Record<string, string> = {};
  let rest = [...words];
  for (;;) {
    const [first] = rest;
    if (first === undefined) return [];
    const assigned = ASSIGNMENT.exec(first);
    if (assigned !== null) {
      env[assigned[1] as string] = assigned[2] as string;
      rest = rest.slice(1);
      continue;
    }
    const inner = LOOKED_THROUGH[toolName(first)]?.(rest.slice(1));
    if (inner === undefined) break;
    rest = [...inner];
  }
  const [first = "", ...args] = rest;
  const tool = toolName(first);
  return [...nested(tool, args), { tool, args, env }].map((command) => ({
    ...command,
    env: { ...env, ...command.env },
  }));
}

function toolName(word: string): string {
  return basename(word.replaceAll("\\", "/")).replace(/\.(?:cmd|exe)$/, "");
}

const afterFlags = (args: readonly string[], withValue: readonly string[] = []): string[] => {
  let at = 0;
  while (args[at]?.startsWith("-") === true) {
    if (args[at] === "--") return args.slice(at + 1);
    at += withValue.includes(args[at] as string) ? 2 : 1;
  }
  return args.slice(at);
};

/** Tools whose arguments are a command; undefined where they are not. */
const LOOKED_THROUGH: Readonly<
  Record<string, (args: readonly string[]) => readonly string[] | undefined>
> = {
  npx: (args) => afterFlags(args, ["-p", "--package"]),
  bunx: (args) => afterFlags(args),
  npm: (args) => (args[0] === "exec" || args[0] === "x" ? afterFlags(args.slice(1)) : undefined),
  pnpm: (args) => throughRunner(args, ["exec", "dlx"]),
  yarn: (args) => throughRunner(args, ["exec", "dlx", "run"]),
  env: (args) => afterFlags(args),
  time: (args) => args,
  // `node node_modules/vite/bin/vite.js build`
  node: (args) => {
    const [tool = "", ...rest] = afterFlags(args);
    return /node_modules[\\/].*[\\/]bin[\\/]/.test(tool)
      ? [tool.replace(/\.[cm]?js$/, ""), ...rest]
      : undefined;
  },
  "cross-env": (args) => args,
  "cross-env-shell": (args) => args,
  dotenv: (args) => afterFlags(args, ["-e", "-c", "-v"]),
  dotenvx: (args) => (args[0] === "run" ? afterFlags(args.slice(1), ["-f"]) : undefined),
};

/** `pnpm exec tsc`, `yarn tsc`; but `pnpm run build` and `yarn install` are no tools of ours. */
function throughRunner(
  args: readonly string[],
  verbs: readonly string[],
): readonly string[] | undefined {
  const [verb, ...rest] = args;
  if (verb === undefined || verb.startsWith("-")) return undefined;
  if (verbs.includes(verb)) return afterFlags(rest);
  return RUN_BY_NAME.has(verb) ? args : undefined;
}

/** Tools that package managers run by their name alone, and that matter here. */
const RUN_BY_NAME: ReadonlySet<string> = new Set([
  "tsc",
  "tspc",
  "node",
  "tsx",
  "ts-node",
  "nest",
  "next",
  "vite",
  "webpack",
  "rspack",
  "rollup",
  "rolldown",
  "esbuild",
  "farm",
  "tsup",
  "tsdown",
  "nodemon",
  "llmops",
  "swc",
]);

/** Flags of nodemon that take the next word. */
const OF_NODEMON: ReadonlySet<string> = new Set(
  "-w --watch -e --ext -i --ignore -d --delay --signal".split(" "),
);

/** Commands that stand in an argument: `concurrently "tsc -w" "node app.js"`, `nodemon --exec`. */
function nested(tool: string, args: readonly string[]): Bare[] {
  if (tool === "concurrently")
    return args.filter((arg) => !arg.startsWith("-")).flatMap(commandsIn);
  if (tool === "nodemon") {
    const at = args.findIndex((arg) => arg === "--exec" || arg === "-x");
    // It runs `node`, and what TypeScript it gets by ts-node.
    if (at < 0) {
      const rest = args.filter((_, index) => !OF_NODEMON.has(args[index - 1] ?? ""));
      const own = rest.filter((arg) => !OF_NODEMON.has(arg));
      const isTypeScript = own.some((arg) => /\.[cm]?tsx?$/.test(arg));
      return [{ tool: isTypeScript ? "ts-node" : "node", args: own, env: {} }];
    }
    const rest = args.filter((arg, index) => index !== at && index !== at + 1);
    return commandsIn(
      [args[at + 1] ?? "", ...rest.filter((arg) => !arg.startsWith("-"))].join(" "),
    );
  }
  if (tool === "tsc-watch" || tool === "tspc-watch") {
    const at = args.indexOf("--onSuccess");
    return at < 0 ? [] : commandsIn(args[at + 1] ?? "");
  }
  return [];
}

/** The value of a flag: `--import x`, `--import=x`; every value, where it is repeated. */
export function flagValues({ args }: Pick<Command, "args">, ...names: readonly string[]): string[] {
  return args.flatMap((arg, at) => {
    for (const name of names) {
      if (arg === name) return args[at + 1] === undefined ? [] : [args[at + 1] as string];
      if (arg.startsWith(`${name}=`)) return [arg.slice(name.length + 1)];
    }
    return [];
  });
}

export function hasFlag({ args }: Pick<Command, "args">, ...names: readonly string[]): boolean {
  return args.some((arg) => names.includes(arg.split("=")[0] as string));
}
