// Compiles a project, with its types checked → the hash of all that is emitted, and the diagnostics.
import { createHash } from "node:crypto";
import { dirname } from "node:path";
import ts from "typescript";

/** @param project a tsconfig.json @param more options and files in place of its own */
export default function (project, more = "{}") {
  const { config } = ts.readConfigFile(project, ts.sys.readFile);
  const { compilerOptions, ...others } = JSON.parse(more);
  const { plugins, ...own } = { ...config.compilerOptions, ...compilerOptions };
  const directory = dirname(project);
  const { fileNames, options } = ts.parseJsonConfigFileContent(
    { ...config, ...others, compilerOptions: own },
    ts.sys,
    directory,
  );
  const program = ts.createProgram(fileNames, options);
  const hash = createHash("sha256");
  let files = 0;
  const { diagnostics } = program.emit(undefined, (file, text) => {
    files++;
    hash.update(`${file}\n${text}\n`);
  });
  const found = [...ts.getPreEmitDiagnostics(program), ...diagnostics];
  const host = {
    getCanonicalFileName: (file) => file,
    getCurrentDirectory: () => directory,
    getNewLine: () => "\n",
  };
  return `${files} files ${hash.digest("hex")}\n${ts.formatDiagnostics(found, host)}`;
}
