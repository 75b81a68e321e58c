// The workspaces' package.json files → the packages that are published, and what each exports.
import { existsSync, readFileSync } from "node:fs";
import { join } from "node:path";

export const ROOT: string = join(import.meta.dirname, "../..");

export interface Package {
  readonly folder: string;
  readonly name: string;
  readonly version: string;
  readonly manifest: Manifest;
  /** Its entry points with types, by the name under which they are imported. */
  readonly doors: readonly { readonly name: string; readonly types: string }[];
}

interface Manifest {
  readonly name: string;
  readonly version: string;
  readonly private?: boolean;
  readonly files?: readonly string[];
  readonly scripts?: Readonly<Record<string, string>>;
  readonly dependencies?: Readonly<Record<string, string>>;
  readonly exports: Readonly<Record<string, Target>>;
}

type Target = string | { readonly types?: string; readonly import?: Target };

export function packages(): Package[] {
  const { workspaces } = read("package.json") as { workspaces: readonly string[] };
  return workspaces.flatMap((folder) => {
    const manifest = read(join(folder, "package.json")) as Manifest;
    if (manifest.private === true) return [];
    const { name, version } = manifest;
    const doors = Object.entries(manifest.exports).flatMap(([door, target]) => {
      const types = typesOf(target);
      // Not every workspace may be built yet.
      if (types === undefined || !existsSync(join(ROOT, folder, types))) return [];
      return [{ name: name + door.slice(1), types: join(ROOT, folder, types) }];
    });
    return [{ folder, name, version, manifest, doors }];
  });
}

function typesOf(target: Target): string | undefined {
  if (typeof target === "string") return undefined;
  return target.types ?? (target.import === undefined ? undefined : typesOf(target.import));
}

function read(path: string): unknown {
  return JSON.parse(readFileSync(join(ROOT, path), "utf8"));
}
