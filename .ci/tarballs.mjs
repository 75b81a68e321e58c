// The published workspaces → their tarballs and a bill of materials of each, in .llmops/release.
// What is compiled into a package stands in its bill beside what npm installs with it. Asks the registry for versions, nothing else.
import { execFile } from "node:child_process";
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from "node:fs/promises";
import { tmpdir } from "node:os";
import { join } from "node:path";
import { fileURLToPath } from "node:url";
import { promisify } from "node:util";

const execute = promisify(execFile);
export const ROOT = fileURLToPath(new URL("..", import.meta.url));
export const RELEASE = join(ROOT, ".llmops/release");

/** What is published, dependencies first. */
export async function publishedPackages() {
  const { workspaces } = await json("package.json");
  const all = await Promise.all(
    workspaces.map(async (folder) => ({ folder, manifest: await json(`${folder}/package.json`) })),
  );
  const open = all.filter(({ manifest }) => manifest.private !== true);
  const names = new Set(open.map(({ manifest }) => manifest.name));
  const sorted = [];
  while (sorted.length < open.length) {
    const done = new Set(sorted.map(({ manifest }) => manifest.name));
    const next = open.find(({ manifest }) => {
      const needs = Object.keys(manifest.dependencies ?? {}).filter((name) => names.has(name));
      return !done.has(manifest.name) && needs.every((name) => done.has(name));
    });
    if (next === undefined) throw new Error("The packages depend on each other in a circle.");
    sorted.push(next);
  }
  return sorted;
}

/** Packs all. @returns a package each, with the path of its tarball */
export async function pack() {
  await rm(RELEASE, { recursive: true, force: true });
  await mkdir(RELEASE, { recursive: true });
  const packed = [];
  for (const { folder, manifest } of await publishedPackages()) {
    const options = ["--json", "--ignore-scripts", "--pack-destination", RELEASE];
    const { stdout } = await npm(["pack", "--workspace", folder, ...options], ROOT);
    const [{ filename, size, unpackedSize, entryCount }] = JSON.parse(stdout);
    const tarball = join(RELEASE, filename);
    packed.push({ folder, manifest, tarball, size, unpackedSize, entryCount });
  }
  return packed;
}

/** Writes CycloneDX 1.5 beside the tarballs. */
export async function writeBills(packed) {
  const written = [];
  for (const each of packed) {
    const bill = await billOf(each, packed);
    const path = join(RELEASE, `${each.manifest.name}-${each.manifest.version}.cdx.json`);
    await writeFile(path, `${JSON.stringify(bill, null, 2)}\n`);
    written.push({ path, components: bill.components.length });
  }
  return written;
}

async function billOf({ folder, manifest, tarball }, packed) {
  const directory = await mkdtemp(join(tmpdir(), "llmops-bill-"));
  try {
    const needs = packed.filter(({ manifest: { name } }) => manifest.dependencies?.[name]);
    const project = { name: manifest.name, version: manifest.version, private: true };
    await writeFile(join(directory, "package.json"), JSON.stringify(project));
    const tarballs = [tarball, ...needs.map((each) => each.tarball)];
    const quiet = ["--ignore-scripts", "--no-audit", "--no-fund", "--omit=dev", "--omit=peer"];
    await npm(["install", "--package-lock-only", ...quiet, ...tarballs], directory);
    const format = ["--sbom-format", "cyclonedx", "--package-lock-only", "--omit=dev"];
    const bill = JSON.parse((await npm(["sbom", ...format], directory)).stdout);
    bill.components.push(...(await compiledIn(folder)));
    return bill;
  } finally {
    await rm(directory, { recursive: true, force: true });
  }
}

/** `preact 11.2.0` at the head of a licence, `[name](address) 1.2.3` in a notice of our own. */
const NAMED =
  /^((?:@[\w.-]+\/)?[\w.-]+) (\d+\.\d+\.\d+\S*)$|\[((?:@[\w.-]+\/)?[\w.-]+)\]\([^)]+\) (\d+\.\d+\.\d+)/gm;

async function compiledIn(folder) {
  const files = (await readdir(join(ROOT, folder), { recursive: true })).filter(
    (path) => /THIRD-PARTY-LICENSES\.(?:md|txt)$/.test(path) && !path.includes("node_modules"),
  );
  const texts = await Promise.all(files.map((path) => readFile(join(ROOT, folder, path), "utf8")));
  const found = texts.join("\n").matchAll(NAMED);
  return [...found].map(([, first, at, name = first, version = at]) => ({
    "bom-ref": `compiled-in:${name}@${version}`,
    type: "library",
    name,
    version,
    scope: "required",
    purl: `pkg:npm/${name.replace("@", "%40")}@${version}`,
    properties: [{ name: "llmops:compiled-in", value: "true" }],
  }));
}

export async function npm(args, cwd) {
  return await execute("npm", args, { cwd, maxBuffer: 2 ** 26 });
}

async function json(path) {
  return JSON.parse(await readFile(join(ROOT, path), "utf8"));
}

if (process.argv[1] === fileURLToPath(import.meta.url)) {
  for (const { path, components } of await writeBills(await pack()))
    console.log(`${path}: ${components} components`);
}
