// A place in a file → an editor that shows it.
// Invariant: arguments go as a list; no shell reads them.
import { spawn } from "node:child_process";
import launchEditor from "launch-editor";

/** @param command of `LLMOPS_EDITOR`; undefined: the editor that runs, or the user's `EDITOR` */
export function openEditor(
  command: string | undefined,
  { path, line, column }: { readonly path: string; readonly line: number; readonly column: number },
  onError: (error: unknown) => void,
): void {
  if (command === undefined) {
    launchEditor(`${path}:${line}:${column}`, undefined, (_, message) =>
      onError(new Error(`The editor could not be started: ${message ?? "none was found"}`)),
    );
    return;
  }
  const [program = "", ...args] = wordsOf(command);
  const child = spawn(program, [...args, path, String(line), String(column)], {
    stdio: "ignore",
    detached: true,
  });
  child.once("error", onError);
  child.unref();
}

/** As a shell would cut it, with quotes around names that hold blanks. */
function wordsOf(command: string): string[] {
  return [...command.matchAll(/"([^"]*)"|'([^']*)'|(\S+)/g)].map(
    ([, double, single, bare]) => double ?? single ?? bare ?? "",
  );
}
