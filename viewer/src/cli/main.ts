// The arguments of the viewer's commands → the command that they name, and its exit code.
// Invariant: 0 done, 1 the work failed, 2 wrong usage or environment, 130 interrupted; no stack.
import { Command, CommanderError } from "commander";
import { QueryError, StoreError } from "../store.ts";
import { CommandError } from "./command-error.ts";
import type { DevFlags } from "./dev/options.ts";
import { beLean } from "./lean.ts";
import { addStored } from "./stored.ts";
import type { TailFlags } from "./tail.ts";
import { VERSION } from "./version.ts";
import { visible } from "./visible.ts";

export async function run(argv: readonly string[]): Promise<number> {
  let exitCode = 0;
  const program = programOf(argv, (code) => {
    exitCode = code;
  });
  try {
    if (argv.length === 0) {
      process.stderr.write(program.helpInformation());
      return 2;
    }
    await program.parseAsync([...argv], { from: "user" });
    return exitCode;
  } catch (error) {
    if (error instanceof CommanderError) return error.exitCode === 0 ? 0 : 2;
    const message = error instanceof Error ? error.message : String(error);
    process.stderr.write(`llmops ${argv[0]}: ${visible(message)}\n`);
    if (error instanceof CommandError) return error.exitCode;
    return error instanceof StoreError || error instanceof QueryError ? 2 : 1;
  }
}

/** Commands' code is loaded when they are called: `--help` is there at once. */
function programOf(argv: readonly string[], end: (exitCode: number) => void): Command {
  const program = new Command("llmops")
    .description("See the traces of this machine, with the values beside the source.")
    .version(VERSION)
    .exitOverride()
    .enablePositionalOptions();
  addDev(program, argv, end);
  program
    .command("tail")
    .description("follow new and updated traces of the running llmops dev")
    .option("-q, --query <query>", "only traces that match")
    .option("--since <seconds>", "begin so long ago")
    .option("--json", "a line of JSON for each")
    .action(async (flags: TailFlags) => {
      const { tail } = await import("./tail.ts");
      end(await tail(flags));
    });
  addStored(program, end);
  program
    .command("mcp")
    .description("serve traces to an AI over stdio")
    .action(async () => {
      beLean(argv);
      const { mcp } = await import("./mcp.ts");
      end(await mcp());
    });
  return program;
}

function addDev(program: Command, argv: readonly string[], end: (exitCode: number) => void): void {
  const many = (value: string, before: readonly string[] = []): string[] => [...before, value];
  program
    .command("dev")
    .description("serve the viewer; with a command, run it pointed here")
    .argument("[command...]", "after --: the program to run, and its arguments")
    .passThroughOptions()
    .option("--port <n>", "4319; 0: any; a taken one: the next that is free")
    .option("--host <address>", "an address of this machine (127.0.0.1)")
    .option("--db <file>", "the database (.llmops/dev.db)")
    .option("--db-max-size <size>", "what it may grow to; the oldest traces go first (512MB)")
    .option("--no-open", "open no browser")
    .option("--exit", "end when the program has ended and its traces are here")
    .option("--json", "what happens as lines of JSON on stdout")
    .option("--allow-host <name>", "another name of this server; repeatable", many)
    .option("--allow-origin <origin>", "browsers' OTLP exporters of this origin; repeatable", many)
    .option("--project <dir>", "another project whose sources are shown; repeatable", many)
    .option("--no-spool", "do not read what waits on disk")
    .option("--verbose", "print what goes wrong inside")
    .action(async (command: readonly string[], flags: DevFlags) => {
      const { devOptions } = await import("./dev/options.ts");
      const { env, stdout } = process;
      const isTTY = stdout.isTTY;
      const options = devOptions(flags, command, { cwd: process.cwd(), env, isTTY });
      beLean(argv);
      const { dev } = await import("./dev/dev.ts");
      end(await dev(options));
    });
}
