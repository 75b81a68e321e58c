// The commands on what is stored, from the sources.
import { Command, CommanderError } from "commander";
import { CommandError } from "../../src/cli/command-error.ts";
import { addStored } from "../../src/cli/stored.ts";
import { QueryError, StoreError } from "../../src/store.ts";

const program = new Command("llmops").exitOverride();
addStored(program, (code) => {
  process.exitCode = code;
});
try {
  await program.parseAsync(process.argv);
} catch (error) {
  if (error instanceof CommanderError) process.exitCode = 2;
  else {
    process.stderr.write(`${String(error)}\n`);
    const isWrong = error instanceof QueryError || error instanceof StoreError;
    process.exitCode = error instanceof CommandError ? error.exitCode : isWrong ? 2 : 1;
  }
}
