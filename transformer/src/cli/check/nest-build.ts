// The scripts that call `nest`, and nest-cli.json → by which builder it compiles.
import { join } from "node:path";
import { type FilePlace, JsonFile } from "../project/json-file.ts";
import { flagValues, hasFlag } from "../project/scripts.ts";
import type { Evidence } from "./evidence.ts";

export interface NestBuild {
  readonly place: FilePlace;
  readonly cli: JsonFile | undefined;
  /** "tsc", "swc", "webpack", "rspack". */
  readonly builder: string;
}

export function nestBuild({ package: { commands, directory } }: Evidence): NestBuild | undefined {
  const command = commands.find(
    ({ tool, args }) => tool === "nest" && (args[0] === "build" || args[0] === "start"),
  );
  if (command === undefined) return undefined;
  const cli = JsonFile.read(join(directory, "nest-cli.json"));
  // A flag goes before the file.
  const [flag = hasFlag(command, "--webpack") ? "webpack" : undefined] = flagValues(
    command,
    "-b",
    "--builder",
  );
  const builder =
    flag ??
    cli?.string(["compilerOptions", "builder"]) ??
    cli?.string(["compilerOptions", "builder", "type"]) ??
    (cli?.has(["compilerOptions", "webpack"]) ? "webpack" : "tsc");
  return { place: command.place, cli, builder };
}
