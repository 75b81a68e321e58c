// The workspaces → tarballs, unpacked into a folder that has what they declare and nothing else.
import { execFileSync } from "node:child_process";
import { existsSync, mkdirSync, mkdtempSync, rmSync, symlinkSync, writeFileSync } from "node:fs";
import { tmpdir } from "node:os";
import { dirname, join } from "node:path";
import { type Package, packages, ROOT } from "./doors.ts";

export interface Tarball {
  readonly path: string;
  /** Bytes that are downloaded. */
  readonly size: number;
  readonly files: readonly string[];
}

/** Packs a package as npm publishes it. */
export function packed({ folder }: Package, into: string): Tarball {
  const options = ["--json", "--ignore-scripts", "--pack-destination", into];
  const output = execFileSync("npm", ["pack", "--workspace", folder, ...options], {
    cwd: ROOT,
    encoding: "utf8",
    stdio: ["ignore", "pipe", "ignore"],
  });
  const [told] = JSON.parse(output) as [
    { filename: string; size: number; files: { path: string }[] },
  ];
  const files = told.files.map(({ path }) => path);
  return { path: join(into, told.filename), size: told.size, files };
}

/** A folder outside of the repository: what is found from it is what was put there. */
export function freshFolder(files: Readonly<Record<string, string>> = {}): string {
  const directory = mkdtempSync(join(tmpdir(), "llmops-fresh-"));
  write(directory, files);
  return directory;
}

export function write(directory: string, files: Readonly<Record<string, string>>): void {
  for (const [path, content] of Object.entries(files)) {
    mkdirSync(dirname(join(directory, path)), { recursive: true });
    writeFileSync(join(directory, path), content);
  }
}

export function remove(directory: string): void {
  rmSync(directory, { recursive: true, force: true });
}

/** Puts the tarballs into node_modules, with what they declare and `others`, as links to what is here. */
export function unpack(
  directory: string,
  tarballs: readonly (readonly [Package, Tarball])[],
  others: readonly string[],
): void {
  const ours = new Set(packages().map(({ name }) => name));
  for (const [{ name, folder, manifest }, { path }] of tarballs) {
    const target = join(directory, "node_modules", name);
    mkdirSync(target, { recursive: true });
    execFileSync("tar", ["-xzf", path, "-C", target, "--strip-components=1"]);
    for (const needed of [...Object.keys(manifest.dependencies ?? {}), ...others]) {
      const link = join(directory, "node_modules", needed);
      if (ours.has(needed) || existsSync(link)) continue;
      const found = [
        join(ROOT, folder, "node_modules", needed),
        join(ROOT, "node_modules", needed),
      ];
      const source = found.find((at) => existsSync(at));
      if (source === undefined) throw new Error(`${needed} is not installed.`);
      mkdirSync(dirname(link), { recursive: true });
      symlinkSync(source, link);
    }
  }
}
