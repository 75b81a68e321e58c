// The viewer's commands → `llmops-viewer/cli`, where it is installed.
// Invariant: arguments go on as they are; without the viewer one line says how to get it.
import { createRequire } from "node:module";
import { join } from "node:path";
import { pathToFileURL } from "node:url";
import { CommandError, type Terminal } from "./terminal.ts";

/** What the viewer's package does, for the help. */
export const VIEWER_COMMANDS: ReadonlyMap<string, string> = new Map([
  ["dev", "serve a viewer for the traces of this machine"],
  ["tail", "follow new traces"],
  ["traces", "list traces, or show one"],
  ["export", "write traces to a file"],
  ["import", "read traces from files"],
  ["clear", "delete traces"],
  ["mcp", "serve traces to an AI over stdio"],
]);

interface ViewerCli {
  run(argv: string[]): Promise<number>;
}

/**
 * @param argv the command and its arguments
 * @param own where this package lies: the viewer may be installed beside it
 */
export async function runViewer(
  argv: readonly string[],
  { cwd }: Pick<Terminal, "cwd">,
  own: string = import.meta.url,
): Promise<number> {
  const path = resolveFrom(join(cwd, "package.json")) ?? resolveFrom(own);
  if (path === undefined) {
    throw new CommandError(`llmops ${argv[0]} needs llmops-viewer: npm i -D llmops-viewer`);
  }
  const { run } = (await import(pathToFileURL(path).href)) as ViewerCli;
  return run([...argv]);
}

function resolveFrom(place: string): string | undefined {
  try {
    return createRequire(place).resolve("llmops-viewer/cli");
  } catch {
    return undefined;
  }
}
