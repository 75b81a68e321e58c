// A project → whether the runtime and Node are there as the compiled code needs them.
// Invariant: a runtime that can be found counts, whoever lists it.
import { join } from "node:path";
import { intersects, satisfies, validRange } from "semver";
import { installed, installedIn, packagesIn } from "../project/packages.ts";
import type { Package, Project } from "../project/project.ts";
import { fault, type Verdict } from "./faults.ts";

const RUNTIME = "llmops-observability";

export function needsVerdicts(
  project: Project,
  nodeVersion: string = process.versions.node,
): Verdict[] {
  const { packages } = project;
  return [
    ...packages.flatMap(ofRuntime),
    ...versionsVerdict(packages),
    ...nodeVerdicts(project, nodeVersion),
  ];
}

/** Of a package that asks for us, or of one alone. */
function ofRuntime(of: Package, _: number, all: readonly Package[]): Verdict[] {
  const { manifest, directory } = of;
  if (manifest === undefined) return [];
  const listed = (kind: string): boolean => manifest.has([kind, RUNTIME]);
  const place = manifest.placeOf(["dependencies"]);
  if (listed("devDependencies") && !listed("dependencies") && !listed("peerDependencies"))
    return [fault("runtime", "LLMOPS1310", manifest.placeOf(["devDependencies", RUNTIME]))];
  const asks = listed("dependencies") || listed("peerDependencies") || all.length === 1;
  if (asks && installed(RUNTIME, directory) === undefined)
    return [fault("runtime", "LLMOPS1201", place)];
  return [];
}

function versionsVerdict(packages: readonly Package[]): Verdict[] {
  const found = new Map<string, string>();
  const add = (copy: { version: string; directory: string } | undefined): void => {
    if (copy !== undefined) found.set(copy.directory, copy.version);
  };
  for (const { directory } of packages) {
    add(installed(RUNTIME, directory));
    const modules = join(directory, "node_modules");
    for (const name of packagesIn(modules))
      add(installedIn(join(modules, name, "node_modules", RUNTIME)));
    for (const name of packagesIn(join(modules, ".pnpm")).filter((each) =>
      each.startsWith(`${RUNTIME}@`),
    ))
      add(installedIn(join(modules, ".pnpm", name, "node_modules", RUNTIME)));
  }
  const versions = [...new Set(found.values())].toSorted();
  if (versions.length < 2) return [];
  const place = packages[0]?.manifest?.placeOf(["dependencies", RUNTIME]);
  return [fault("runtime", "LLMOPS1311", place, versions.join(" and "))];
}

/** As our packages' `engines` say. */
const ENGINES = "^22.18.0 || ^24.11.0 || >=26.0.0";

function nodeVerdicts({ packages: [root] }: Project, nodeVersion: string): Verdict[] {
  const place = root?.manifest?.placeOf(["engines", "node"]);
  const own = root?.manifest?.string(["engines", "node"]);
  if (!satisfies(nodeVersion, ENGINES))
    return [fault("node", "LLMOPS1312", place, nodeVersion, "what is supported", ENGINES)];
  if (own === undefined || validRange(own) === null) return [];
  if (!satisfies(nodeVersion, own)) {
    const how = intersects(own, ENGINES)
      ? `Use a Node that is in ${own}.`
      : `Let "engines" take in one of ${ENGINES}.`;
    return [
      fault("node", "LLMOPS1312", place, nodeVersion, 'the "engines" of package.json', own, how),
    ];
  }
  return [];
}
