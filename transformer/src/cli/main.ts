// The arguments of `llmops` → the command that they name, and its exit code.
// Invariant: 0 fine, 1 findings, 2 wrong usage or environment, 130 interrupted; never a stack
// trace.
import { Command, CommanderError } from "commander";
import { VERSION } from "../config/version.ts";
import type { BuildOptions } from "./build/build.ts";
import type { CheckOptions } from "./check/check.ts";
import type { ExplainOptions } from "./explain/explain.ts";
import type { InitOptions } from "./init/init.ts";
import { CommandError, processTerminal, type Terminal } from "./terminal.ts";
import { runViewer, VIEWER_COMMANDS } from "./viewer.ts";

/**
 * Runs a command.
 * @param argv without the program's own name
 * @returns the exit code
 */
export async function run(
  argv: readonly string[],
  terminal: Terminal = processTerminal(),
): Promise<number> {
  try {
    if (VIEWER_COMMANDS.has(argv[0] ?? "")) return await runViewer(argv, terminal);
    return await runOwn(argv, terminal);
  } catch (error) {
    if (error instanceof CommandError) {
      terminal.err(`${error.message}\n`);
      return error.exitCode;
    }
    const text = error instanceof Error ? error.message : String(error);
    terminal.err(`llmops failed: ${text}\n`);
    if (terminal.env["LLMOPS_DEBUG"] !== undefined && error instanceof Error)
      terminal.err(`${error.stack}\n`);
    return 2;
  }
}

async function runOwn(argv: readonly string[], terminal: Terminal): Promise<number> {
  let exitCode = 0;
  const program = programOf(terminal, (code) => {
    exitCode = code;
  });
  try {
    if (argv.length === 0) {
      terminal.err(program.helpInformation());
      return 2;
    }
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (!(error instanceof CommanderError)) throw error;
    return error.exitCode === 0 ? 0 : 2;
  }
}

function programOf(terminal: Terminal, end: (exitCode: number) => void): Command {
  const program = new Command("llmops")
    .description("Observability that is compiled in: checks, explains and sets up its build.")
    .version(VERSION)
    .configureOutput({
      writeOut: (text) => terminal.out(text),
      writeErr: (text) => terminal.err(text),
      getOutHasColors: () => terminal.color,
      getErrHasColors: () => terminal.color,
    })
    .exitOverride();
  addOwn(program, terminal, end);
  program.commandsGroup("Of llmops-viewer:");
  for (const [name, description] of VIEWER_COMMANDS)
    program.command(name).description(description).argument("[args...]").allowUnknownOption();
  return program;
}

/** Their code is loaded when they are called: `--help` is there at once. */
function addOwn(program: Command, terminal: Terminal, end: (exitCode: number) => void): void {
  program
    .command("check")
    .description("list what will be tracked, and whether this project's build will do it")
    .option("-p, --project <dir|tsconfig>", "the project (default: the one around here)")
    .option("--json", "write the report as JSON to stdout")
    .option("--strict", "fail for warnings, too")
    .action(async (options: CheckOptions) => {
      const { check } = await import("./check/check.ts");
      end(check(options, terminal));
    });
  program
    .command("explain")
    .description("show what is recorded in a file, and the code that it is compiled to")
    .argument("<file[:line]>", "a source file, or a function in it")
    .option("--json", "write the answer as JSON to stdout")
    .option("--diff", "show the instrumented code as a diff")
    .action(async (file: string, options: ExplainOptions) => {
      const { explain } = await import("./explain/explain.ts");
      end(explain(file, options, terminal));
    });
  program
    .command("init")
    .description("set a project up: config, build, scripts, packages")
    .option("--yes", "ask nothing: take what is found")
    .option("--host <name>", "the build to set up: vite, tspc, esbuild, …")
    .option("--dry-run", "show the changes, and make none")
    .action(async (options: InitOptions) => {
      const { init } = await import("./init/init.ts");
      end(await init(options, terminal));
    });
  program
    .command("build")
    .description("compile a project with TypeScript 7's types checked elsewhere")
    .option("-p, --project <tsconfig>", "the tsconfig (default: tsconfig.json)")
    .option("--out <dir>", "where code is written (default: the tsconfig's outDir)")
    .option("--watch", "build again when a source or config changes")
    .action(async (options: BuildOptions) => {
      const { build } = await import("./build/build.ts");
      end(await build(options, terminal));
    });
}
