// A command's project → the TypeScript that reads it.
// Invariant: without one, the command ends with the line that installs it.
import { finding } from "../../diagnostics.ts";
import { findCompiler } from "../../hosts/compiler.ts";
import type { Compiler } from "../../syntax.ts";
import { CommandError, type Terminal } from "../terminal.ts";

export function compilerFor({ cwd }: Terminal): Compiler {
  const ts = findCompiler(cwd);
  if (ts !== undefined) return ts;
  const { code, message } = finding("LLMOPS1202", { start: 0, length: 0 }, []);
  throw new CommandError(`${code}: ${message}`);
}
