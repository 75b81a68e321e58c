// The door `llmops-viewer/cli`: arguments → what the command does, and its exit code.
import { run as runCommand } from "./cli/main.ts";

/**
 * Runs a command of the viewer.
 * @param argv the command and its arguments, without node and the script
 * @returns 0 done · 1 the work failed · 2 wrong usage or environment · 130 Ctrl-C
 */
export async function run(argv: string[]): Promise<number> {
  return runCommand(argv);
}
