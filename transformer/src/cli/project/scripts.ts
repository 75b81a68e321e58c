// The scripts of a package.json → the commands in them, each with its tool, arguments and place.
// Invariant: what only leads to a tool (`npx`, `cross-env`, `concurrently`) is looked through.
import { basename, dirname, join } from "node:path";
import { type FilePlace, JsonFile } from "./json-file.ts";

export interface Command {
  /** Name of the script. */
  readonly script: string;
  /** Its whole text. */
  readonly line: string;
  /** Where it stands in the package.json. */
  readonly path: string[];
  readonly place: FilePlace;
  /** `tsc`, `vite`, `node`. */
  readonly tool: string;
  readonly args: readonly string[];
  readonly env: Readonly<Record<string, string>>;
  /** The part of the line that it stands in: `a` of `a && b`. */
  readonly part: Part;
}

interface Part {
  readonly start: number;
  readonly end: number;
}

export function commandsOf(manifest: JsonFile): Command[] {
  const nodemon = nodemonExec(manifest);
  const scripts = new Set(manifest.texts(["scripts"]).keys());
  return scriptPaths(manifest).flatMap((path) => {
    const script = path[1] ?? "";
    const line = manifest.string(path) ?? "";
    const place = manifest.placeOf(path);
    const around = { scripts, nodemon };
    return commandsIn(line, around).map((command) => ({ ...command, script, line, path, place }));
  });
}

/** Where commands stand in a package.json, those of wireit and of Nx too. */
function scriptPaths(manifest: JsonFile): string[][] {
  const inside = (outer: readonly string[]): string[][] =>
    manifest.keys([...outer]).map((name) => [...outer, name, "command"]);
  return [
    ...[...manifest.texts(["scripts"]).keys()].map((name) => ["scripts", name]),
    ...[...inside(["wireit"]), ...inside(["nx", "targets"])].filter(
      (path) => manifest.string(path) !== undefined,
    ),
  ];
}

/** What nodemon runs where its command does not say. */
function nodemonExec(manifest: JsonFile): string | undefined {
  const file = JsonFile.read(join(dirname(manifest.path), "nodemon.json"));
  return file?.string(["exec"]) ?? manifest.string(["nodemonConfig", "exec"]);
}

type Bare = Pick<Command, "tool" | "args" | "env" | "part">;

interface Around {
  /** Names of the scripts: package managers take them before tools of the same name. */
  readonly scripts: ReadonlySet<string>;
  readonly nodemon: string | undefined;
}

function commandsIn(line: string, around: Around): Bare[] {
  const words: string[] = [];
  const commands: Bare[] = [];
  let start = 0;
  let isElsewhere = false;
  const end = (at: number, next: number): void => {
    const part = { start, end: at };
    for (const command of commandOf(words.splice(0), around)) {
      // What runs in another folder is not of this package.
      if (command.tool === "cd") isElsewhere = !/^(?:\.{0,2}|-)\/?$/.test(command.args[0] ?? "");
      else if (!isElsewhere) commands.push({ ...command, part });
    }
    start = next;
  };
  for (const { 0: token, 2: double, 3: single, index } of line.matchAll(TOKEN)) {
    if (/^[;&|()]+$|^\n/.test(token)) end(index, index + token.length);
    else if (token.trim() !== "") words.push(double ?? single ?? token.replaceAll(/["']/g, ""));
  }
  end(line.length, line.length);
  return commands;
}

/** A quoted word, a word with quotes inside, or what separates commands. */
const TOKEN =
  /("((?:[^"\\]|\\.)*)"|'([^']*)')(?=[\s;&|()]|$)|&&|\|\||[;&|()\n]|(?:"[^"]*"|'[^']*'|[^\s;&|()"'])+|\s+/g;

const ASSIGNMENT = /^([A-Za-z_]\w*)=(.*)$/s;

function commandOf(words: readonly string[], around: Around): Omit<Bare, "part">[] {
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
    const inner = LOOKED_THROUGH[toolName(first)]?.(rest.slice(1), around.scripts);
    if (inner === undefined) break;
    rest = [...inner];
  }
  const [first = "", ...args] = rest;
  // `cross-env-shell "tsc && node app.js"`
  if (rest.length < words.length && args.length === 0 && first.includes(" "))
    return commandsIn(first, around).map((command) => ({
      ...command,
      env: { ...env, ...command.env },
    }));
  const tool = toolName(first);
  return [...nested(tool, args, around), { tool, args, env }].map((command) => ({
    ...command,
    env: { ...env, ...command.env },
  }));
}

/** `./node_modules/.bin/tsc`, `tsc.cmd`, `tsc@6` */
function toolName(word: string): string {
  return basename(word.replaceAll("\\", "/"))
    .replace(/(?<=\w)@.*$/, "")
    .replace(/\.(?:cmd|exe)$/, "");
}

const afterFlags = (args: readonly string[], withValue: readonly string[] = []): string[] => {
  let at = 0;
  while (args[at]?.startsWith("-") === true) {
    if (args[at] === "--") return args.slice(at + 1);
    at += withValue.includes(args[at] as string) ? 2 : 1;
  }
  return args.slice(at);
};

/** What stands behind `--`. */
const behindDashes = (args: readonly string[]): readonly string[] | undefined => {
  const at = args.indexOf("--");
  return at < 0 ? undefined : args.slice(at + 1);
};

type LookThrough = (
  args: readonly string[],
  scripts: ReadonlySet<string>,
) => readonly string[] | undefined;

/** Tools whose arguments are a command; undefined where they are not. */
const LOOKED_THROUGH: Readonly<Record<string, LookThrough>> = {
  npx: (args) => (shellLine(args) === undefined ? afterFlags(args, PACKAGE) : undefined),
  bunx: (args) => afterFlags(args),
  npm: (args) => (args[0] === "exec" || args[0] === "x" ? afterFlags(args.slice(1)) : undefined),
  pnpm: (args, scripts) => throughRunner(args, ["exec", "dlx"], scripts),
  yarn: (args, scripts) => throughRunner(args, ["exec", "dlx", "run"], scripts),
  bun: (args, scripts) => throughBun(args, scripts),
  corepack: (args) => args,
  env: (args) => afterFlags(args),
  time: (args) => args,
  exec: (args) => args,
  nohup: (args) => args,
  chronic: (args) => args,
  "{": (args) => args,
  "!": (args) => args,
  nice: (args) => afterFlags(args, ["-n"]),
  timeout: (args) => afterFlags(args, ["-k", "-s"]).slice(1),
  // Windows: `set NODE_ENV=x`
  set: () => [],
  // `node node_modules/vite/bin/vite.js build`
  node: (args) => {
    const [tool = "", ...rest] = afterFlags(args);
    return /node_modules[\\/](?:.*[\\/])?(?:\.?bin|lib)[\\/]/.test(tool)
      ? [tool.replace(/\.[cm]?js$/, ""), ...rest]
      : undefined;
  },
  "cross-env": (args) => args,
  "cross-env-shell": (args) => args,
  "env-cmd": (args) => afterFlags(args, ["-f", "--file", "-e", "--environments"]),
  dotenv: (args) => afterFlags(args, ["-e", "-c", "-v"]),
  dotenvx: (args) => (args[0] === "run" ? afterFlags(args.slice(1), ["-f"]) : undefined),
  doppler: behindDashes,
  infisical: behindDashes,
  op: behindDashes,
  onchange: behindDashes,
};

const PACKAGE = ["-p", "--package"];

/** Flags of package managers, before the verb, that change nothing here. */
const QUIET: ReadonlySet<string> = new Set(["-s", "--silent", "-q", "--quiet", "--bun"]);

/** `pnpm exec tsc`, `yarn tsc`; but `pnpm run build` and `yarn install` are no tools of ours. */
function throughRunner(
  given: readonly string[],
  verbs: readonly string[],
  scripts: ReadonlySet<string>,
): readonly string[] | undefined {
  const args = given.filter((arg, at) => at > 2 || !QUIET.has(arg));
  const [verb, ...rest] = args;
  if (verb === undefined || verb.startsWith("-")) return undefined;
  if (verbs.includes(verb)) {
    const inner = afterFlags(rest, PACKAGE);
    return verb === "run" && scripts.has(inner[0] ?? "") ? undefined : inner;
  }
  return RUN_BY_NAME.has(verb) && !scripts.has(verb) ? args : undefined;
}

/** `bun x tsc`, `bun run tsc`; but `bun run src/app.ts` runs it itself. */
function throughBun(
  given: readonly string[],
  scripts: ReadonlySet<string>,
): readonly string[] | undefined {
  const [verb, ...rest] = given.filter((arg, at) => at > 0 || !QUIET.has(arg));
  const inner = afterFlags(rest);
  if (verb === "x") return inner;
  const name = inner[0] ?? "";
  return verb === "run" && RUN_BY_NAME.has(name) && !scripts.has(name) ? inner : undefined;
}

/** Tools that package managers run by their name alone, and that matter here. */
const RUN_BY_NAME: ReadonlySet<string> = new Set(
  `astro electron-vite esbuild farm llmops nest next node nodemon nuxt nuxi react-router rolldown
   rollup rsbuild rslib rspack swc tsc tsdown tsgo tspc tsup tsx ts-node unbuild vite
   webpack`.split(/\s+/),
);

/** Flags of nodemon that take the next word. */
const OF_NODEMON: ReadonlySet<string> = new Set(
  "-w --watch -e --ext -i --ignore -d --delay --signal".split(" "),
);

const SHELLS: ReadonlySet<string> = new Set(["sh", "bash", "zsh", "npx", "chokidar"]);

/** `sh -c "…"`, `npx -p typescript -c "…"`, `chokidar 'src/**' -c "…"` */
function shellLine(args: readonly string[]): string | undefined {
  return flagValues({ args }, "-c", "--call", "--command")[0];
}

/** Commands that stand in an argument: `concurrently "tsc -w" "node app.js"`, `nodemon --exec`. */
function nested(tool: string, args: readonly string[], around: Around): Omit<Bare, "part">[] {
  if (tool === "concurrently")
    return args.filter((arg) => !arg.startsWith("-")).flatMap((arg) => commandsIn(arg, around));
  if (SHELLS.has(tool)) return commandsIn(shellLine(args) ?? "", around);
  if (tool === "nodemon") return underNodemon(args, around);
  if (tool === "tsc-watch") {
    const [then = ""] = flagValues({ args }, "--onSuccess");
    const compiler = flagValues({ args }, "--compiler")[0]?.startsWith("ts-patch/") === true;
    const own = { tool: compiler ? "tspc" : "tsc", args, env: {} };
    return [own, ...commandsIn(then, around)];
  }
  return [];
}

function underNodemon(args: readonly string[], around: Around): Omit<Bare, "part">[] {
  const at = args.findIndex((arg) => arg === "--exec" || arg === "-x");
  const exec = at < 0 ? around.nodemon : args[at + 1];
  // It runs `node`, and what TypeScript it gets by ts-node.
  if (exec === undefined) {
    const rest = args.filter((_, index) => !OF_NODEMON.has(args[index - 1] ?? ""));
    const own = rest.filter((arg) => !OF_NODEMON.has(arg));
    const isTypeScript = own.some((arg) => /\.[cm]?tsx?$/.test(arg));
    return [{ tool: isTypeScript ? "ts-node" : "node", args: own, env: {} }];
  }
  const rest = args.filter(
    (arg, index) =>
      (at < 0 || (index !== at && index !== at + 1)) &&
      !OF_NODEMON.has(arg) &&
      !OF_NODEMON.has(args[index - 1] ?? ""),
  );
  return commandsIn([exec, ...rest].join(" "), around);
}

/** A line that runs tsc → the same with tspc; undefined where it is not known how. */
export function tspcLine(line: string): string | undefined {
  const edited = line
    .replaceAll(/(?<![\w./-])tsc-watch(?![\w-])/g, "$& --compiler ts-patch/compiler/tsc")
    .replaceAll(/(?:-p|--package)[ =]typescript(?:@\S+)? (?:-- )?/g, "")
    .replaceAll(/\bnode_modules\/typescript\/(?:bin\/tsc|lib\/tsc\.js)(?=\s|$)/g, PATCHING)
    .replaceAll(/\bnode_modules\/\.bin\/tsc(?![\w./-])/g, "node_modules/.bin/tspc")
    .replaceAll(/(?<![\w./-])tsc(?:@[^\s"']+)?(?![\w./-])/g, "tspc");
  return edited === line ? undefined : edited;
}

const PATCHING = "node_modules/ts-patch/bin/tspc.js";

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
