// A command's project → the TypeScript that reads it.
// Invariant: without one, the command ends with the line that installs it.
import { sentence } from "../../diagnostics.ts";
import { findCompiler } from "../../hosts/compiler.ts";
import type { Compiler } from "../../syntax.ts";
import { CommandError, type Terminal } from "../terminal.ts";

export function compilerFor({ cwd }: Terminal): Compiler {
  const ts = findCompiler(cwd);
  if (ts !== undefined) return ts;
  throw new CommandError(sentence("LLMOPS1202", []));
}
