// The packages as npm would publish them → one line each: what publint and Are The Types Wrong find in the tarball.
// Exit status 1 on any finding, warnings and suggestions too. Needs a build; uses no network.
import { execFile, spawn } from "node:child_process";
import { once } from "node:events";
import { mkdtemp, open, readFile, rm } from "node:fs/promises";
import { tmpdir } from "node:os";
import { basename, join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";
import { publint } from "publint";
import { formatMessage } from "publint/utils";

const run = promisify(execFile);
const root = fileURLToPath(new URL("..", import.meta.url));

// How TypeScript may look a package up. Programs that still compile with `node10`, which knows no `exports`, find the runtime's types.
const fromEsm = ["node16-esm", "bundler"];
const fromBoth = ["node10", "node16-cjs", ...fromEsm];
const packages = [
  { folder: "runtime", resolutions: fromBoth },
  { folder: "transformer", resolutions: fromEsm },
  { folder: "processor", resolutions: fromEsm },
  { folder: "viewer", resolutions: fromEsm },
];

const packed = await mkdtemp(join(tmpdir(), "llmops-packages-"));
try {
  const lines = await Promise.all(packages.map(inspect));
  for (const { text } of lines) console.log(text);
  if (lines.some(({ ok }) => !ok)) process.exitCode = 1;
} finally {
  await rm(packed, { recursive: true, force: true });
}

async function inspect({ folder, resolutions }) {
  const { tarball, summary } = await pack(folder);
  const found = await Promise.all([lint(tarball), checkTypes(tarball, resolutions)]);
  const findings = found.flat();
  const ok = findings.length === 0;
  return { ok, text: `${folder}: ${ok ? `ok (${summary})` : findings.join("; ")}` };
}

async function pack(folder) {
  const { stdout } = await run(
    "npm",
    ["pack", "--json", "--ignore-scripts", "--workspace", folder, "--pack-destination", packed],
    { cwd: root },
  );
  const [{ filename, entryCount, size }] = JSON.parse(stdout);
  const summary = `${entryCount} files, ${Math.ceil(size / 1024)} KiB packed`;
  return { tarball: join(packed, filename), summary };
}

async function lint(tarball) {
  const { buffer } = new Uint8Array(await readFile(tarball));
  const { messages, pkg } = await publint({ pack: { tarball: buffer }, strict: true });
  return messages.map((message) => `publint: ${formatMessage(message, pkg, { color: false })}`);
}

async function checkTypes(tarball, resolutions) {
  // --no-definitely-typed: else it asks the registry for an @types package of the same name.
  const options = ["--format", "json", "--no-definitely-typed"];
  const { analysis } = JSON.parse(await printed("attw", [tarball, ...options]));
  if (!analysis.types) return ["attw: no types in the package"];
  return analysis.problems
    .filter(({ resolutionKind: kind }) => kind === undefined || resolutions.includes(kind))
    .map(({ kind, entrypoint, resolutionKind }) =>
      ["attw:", kind, entrypoint, resolutionKind].filter(Boolean).join(" "),
    );
}

/**
 * What a tool of node_modules printed, whatever its exit status: attw's also counts the resolutions that we leave out.
 * It exits before a pipe has taken all of it; a file takes all at once.
 */
async function printed(tool, args) {
  const path = join(packed, `${basename(args[0])}.${tool}.json`);
  const file = await open(path, "w");
  const child = spawn(join(root, "node_modules/.bin", tool), args, {
    stdio: ["ignore", file.fd, "inherit"],
  });
  await once(child, "close");
  await file.close();
  return await readFile(path, "utf8");
}
