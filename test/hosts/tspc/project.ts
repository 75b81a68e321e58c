// A throw-away TypeScript project inside of the workspace → compiled by the real `tspc` or `tsc` → its files and output.
import { spawn, spawnSync } from "node:child_process";
import { mkdirSync, mkdtempSync, readFileSync, rmSync, writeFileSync } from "node:fs";
import { dirname, join } from "node:path";
import { fileURLToPath } from "node:url";
import { bin } from "./compiler.ts";

const root = fileURLToPath(new URL("../../../", import.meta.url));

interface Ran {
  readonly code: number | null;
  readonly output: string;
}

export interface Project {
  readonly directory: string;
  write(files: Readonly<Record<string, string>>): void;
  read(file: string): string;
  tspc(...args: string[]): Ran;
  tsc(...args: string[]): Ran;
  /** Runs a compiled file with traces going to `spool`, and returns what it printed. */
  run(file: string, env?: Readonly<Record<string, string>>): Ran;
  watch(): Watch;
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
  const call = (
    command: string,
    args: readonly string[],
    env: Readonly<Record<string, string>> = {},
  ): Ran => {
    const { status, stdout, stderr } = spawnSync(command, args, {
      cwd: directory,
      encoding: "utf8",
      env: { ...process.env, ...env },
    });
    return { code: status, output: stdout + stderr };
  };
  const project: Project = {
    directory,
    write(more) {
      for (const [file, text] of Object.entries(more)) {
        mkdirSync(dirname(inside(file)), { recursive: true });
        writeFileSync(inside(file), text);
      }
    },
    read: (file) => readFileSync(inside(file), "utf8"),
    tspc: (...args) => call(bin("tspc"), args),
    tsc: (...args) => call(bin("tsc"), args),
    run: (file, env) =>
      call(process.execPath, [file], { LLMOPS_SPOOL_DIR: inside("spool"), ...env }),
    watch() {
      const child = spawn(bin("tspc"), ["--watch", "--preserveWatchOutput"], {
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
    types: ["node"],
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
    ...files,
  });
  return project;
}
