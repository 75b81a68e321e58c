// A throw-away TypeScript project inside of the workspace → compiled by `tspc` or `tsc` → its files, and what it prints.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { text } from "node:stream/consumers";
import { fileURLToPath } from "node:url";
import { Worker } from "node:worker_threads";
import { bin, compile, type Command, type Ran } from "./compiler.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

export interface Project {
  readonly directory: string;
  write(files: Readonly<Record<string, string>>): void;
  read(file: string): string;
  tspc(...args: string[]): Ran;
  tsc(...args: string[]): Ran;
  /** The command itself, where the process is what a test is about. */
  command(name: Command, ...args: string[]): Ran;
  /** Runs a compiled file in a thread of its own; what it prints, and its exit code. */
  run(file: string): Promise<Ran>;
  /** @param flags beside `--watch` */
  watch(...flags: string[]): Watch;
  remove(): void;
}

interface Watch {
  /** Resolves with the output of the next compilation that `found` accepts. */
  until(found: (output: string) => boolean): Promise<string>;
  stop(): Promise<void>;
}

export interface ProjectOptions {
  readonly compilerOptions?: Readonly<Record<string, unknown>>;
  readonly type?: "module" | "commonjs";
}

export function createProject(
  files: Readonly<Record<string, string>>,
  { compilerOptions, type = "module" }: ProjectOptions = {},
): Project {
  mkdirSync(join(root, ".llmops"), { recursive: true });
  const directory = mkdtempSync(join(root, ".llmops/project-"));
  const inside = (file: string): string => join(directory, file);
  const project: Project = {
    directory,
    write(more) {
      for (const [file, content] of Object.entries(more)) {
        mkdirSync(dirname(inside(file)), { recursive: true });
        writeFileSync(inside(file), content);
      }
    },
    read: (file) => readFileSync(inside(file), "utf8"),
    tspc: (...args) => compile("tspc", directory, args),
    tsc: (...args) => compile("tsc", directory, args),
    command(name, ...args) {
      const child = spawnSync(bin(name), args, { cwd: directory, encoding: "utf8" });
      return { code: child.status, output: child.stdout + child.stderr };
    },
    async run(file) {
      const thread = new Worker(inside(file), { execArgv: [], stdout: true, stderr: true });
      const ended = new Promise<number>((resolve, reject) => {
        thread.once("exit", resolve);
        thread.once("error", reject);
      });
      const [code, ...texts] = await Promise.all([ended, text(thread.stdout), text(thread.stderr)]);
      return { code, output: texts.join("") };
    },
    watch(...flags) {
      const child = spawn(bin("tspc"), [...flags, "--watch", "--preserveWatchOutput"], {
        cwd: directory,
        stdio: ["ignore", "pipe", "pipe"],
      });
      let output = "";
      let wake: (() => void) | undefined;
      child.stdout.on("data", (chunk: Buffer) => {
        output += chunk.toString();
        wake?.();
      });
      return {
        async until(found) {
          for (;;) {
            const ready = /Watching for file changes\.\s*$/.test(output);
            if (ready && found(output)) {
              const seen = output;
              output = "";
              return seen;
            }
            await new Promise<void>((resolve) => (wake = resolve));
          }
        },
        async stop() {
          const ended = new Promise((resolve) => child.once("exit", resolve));
          child.kill();
          await ended;
        },
      };
    },
    remove: () => rmSync(directory, { recursive: true, force: true }),
  };
  const base = {
    target: "es2022",
    module: "nodenext",
    strict: true,
    rootDir: "src",
    outDir: "out",
    // Types of Node and of browsers are nine tenths of what there is to read.
    lib: ["es2022"],
    types: [],
    skipLibCheck: true,
  };
  project.write({
    "package.json": JSON.stringify({ type, private: true }),
    "tsconfig.json": JSON.stringify({
      compilerOptions: {
        ...base,
        ...compilerOptions,
        plugins: [{ transform: "llmops-transformer", transformProgram: true }],
      },
      include: ["src"],
    }),
    "src/console.d.ts": "declare const console: { log(...values: unknown[]): void };\n",
    ...files,
  });
  return project;
}
