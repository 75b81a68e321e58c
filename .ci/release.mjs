// A checked commit → its packages on npm, with provenance; `--dry-run` does all but the publishing.
// Each gets a tarball, a bill of materials and a digest in .llmops/release. Stops at the first thing that is not right.
import { createHash } from "node:crypto";
import { readdir, readFile, writeFile } from "node:fs/promises";
import { basename, join } from "node:path";
import { npm, pack, publishedPackages, RELEASE, ROOT, writeBills } from "./tarballs.mjs";
import { execFileSync } from "node:child_process";

const dry = process.argv.includes("--dry-run");
const say = (line) => console.log(line);

/** What is not right stops a release; a dry run says it and goes on. */
function stop(sentence) {
  if (!dry) throw new Error(sentence);
  say(`! ${sentence}`);
}

const all = await publishedPackages();
await checkVersions();
if (!process.argv.includes("--no-check"))
  execFileSync("npm", ["run", "check"], { cwd: ROOT, stdio: "inherit" });

const packed = await pack();
for (const { manifest, size, entryCount } of packed)
  say(`${manifest.name} ${manifest.version}: ${entryCount} files, ${Math.ceil(size / 1024)} KiB`);
for (const { path, components } of await writeBills(packed))
  say(`${basename(path)}: ${components} components`);
await writeDigests();
for (const { tarball, manifest } of packed) await publish(tarball, manifest);

async function checkVersions() {
  const versions = new Set(all.map(({ manifest }) => manifest.version));
  if (versions.size > 1) stop(`The packages have several versions: ${[...versions].join(", ")}.`);
  const waiting = (await readdir(join(ROOT, ".changeset"))).filter(
    (name) => name.endsWith(".md") && name !== "README.md",
  );
  if (waiting.length > 0) stop(`${waiting.length} changesets wait: npx changeset version`);
  for (const { folder, manifest } of all) {
    const log = await readFile(join(ROOT, folder, "CHANGELOG.md"), "utf8");
    if (!log.includes(`\n## ${manifest.version}\n`))
      stop(`${folder}/CHANGELOG.md says nothing of ${manifest.version}.`);
    // npm's provenance names the repository that the build ran in.
    if (manifest.repository === undefined) stop(`${folder}/package.json names no repository.`);
  }
  const changed = execFileSync("git", ["status", "--porcelain"], { cwd: ROOT, encoding: "utf8" });
  if (changed !== "") stop("The working tree has changes that are not committed.");
}

async function writeDigests() {
  const names = (await readdir(RELEASE)).toSorted();
  const lines = await Promise.all(
    names.map(async (name) => {
      const content = await readFile(join(RELEASE, name));
      return `${createHash("sha256").update(content).digest("hex")}  ${name}\n`;
    }),
  );
  await writeFile(join(RELEASE, "SHA256SUMS"), lines.join(""));
}

/** Provenance needs the identity that GitHub gives a workflow with `id-token: write`. */
async function publish(tarball, { name, version }) {
  const identity = process.env.ACTIONS_ID_TOKEN_REQUEST_URL !== undefined;
  if (!dry && !identity) throw new Error("Publish from .github/workflows/release.yml.");
  const options = ["--access", "public", ...(dry ? ["--dry-run"] : ["--provenance"])];
  await npm(["publish", tarball, ...options], ROOT);
  say(`${dry ? "would publish" : "published"} ${name}@${version}`);
}
