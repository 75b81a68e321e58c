// A project and the files that hold its sites → the hosts in it, and a verdict on each.
// Invariant: every way in which a project is built or run gets a verdict, and none gets two.
import { lists } from "../project/packages.ts";
import type { Package, Project } from "../project/project.ts";
import { bundlerVerdicts, otherVerdicts } from "./bundlers.ts";
import { Evidence } from "./evidence.ts";
import { fault, fine, type Verdict } from "./faults.ts";
import { nestVerdicts } from "./nest.ts";
import { needsVerdicts } from "./needs.ts";
import { runningVerdicts } from "./running.ts";
import { COMPILERS, tspcVerdicts } from "./tspc.ts";

export interface Hosts {
  /** `vite`, `tspc`, `register`, … in the order of the verdicts. */
  readonly detected: readonly string[];
  readonly verdicts: readonly Verdict[];
}

/** Verdicts that are no hosts. */
const NEEDS: ReadonlySet<string> = new Set(["runtime", "node", "none", "typescript"]);

/** @param siteFiles absolute paths */
export function hostsOf(
  project: Project,
  siteFiles: ReadonlySet<string>,
  nodeVersion: string = process.versions.node,
): Hosts {
  const { packages } = project;
  const of = packages.map((each) => ({
    each,
    verdicts: buildVerdicts(project, each, siteFiles),
  }));
  const unbuilt = of
    .filter(({ each, verdicts }) => holdsSites(each, siteFiles) && verdicts.length === 0)
    .flatMap(({ each }) => each.manifest?.string(["name"]) ?? []);
  const ofBuilds = of.flatMap(({ each, verdicts }) =>
    siteFiles.size === 0 || holdsSites(each, siteFiles) || dependsOn(each, unbuilt)
      ? verdicts
      : verdicts.filter(({ ok }) => ok),
  );
  const place = packages[0]?.manifest?.placeOf(["scripts"]);
  const verdicts = [
    ...(ofBuilds.length === 0 ? [fault("none", "LLMOPS1300", place)] : ofBuilds),
    ...needsVerdicts(project, nodeVersion),
  ];
  const hosts = verdicts.map(({ host }) => host).filter((host) => !NEEDS.has(host));
  return { detected: [...new Set(hosts)], verdicts };
}

/** What builds a package without tracked functions may do so without us. */
function holdsSites({ files, tsconfigs }: Package, siteFiles: ReadonlySet<string>): boolean {
  return [...files, ...tsconfigs.flatMap((config) => config.files)].some((file) =>
    siteFiles.has(file),
  );
}

/** Whether it may build what packages without a build of their own hold. */
function dependsOn({ manifest }: Package, names: readonly string[]): boolean {
  return names.some((name) => lists(manifest, name));
}

/** @param each one of the project's packages */
export function buildVerdicts(
  { ts, root, packages }: Project,
  each: Package,
  siteFiles: ReadonlySet<string>,
): Verdict[] {
  const evidence = new Evidence(ts, root, each, siteFiles);
  const bundlers = bundlerVerdicts(evidence);
  const minified = (verdict: Verdict): boolean =>
    verdict.code === "LLMOPS1313" &&
    bundlers.some(({ ok, file, line }) => !ok && file === verdict.file && line === verdict.line);
  // A bundler's command without us is told once.
  const running = runningVerdicts(evidence).filter((verdict) => !minified(verdict));
  const nest = nestVerdicts(evidence);
  const builds = evidence.package.commands
    .filter(({ tool, args }) => tool === "llmops" && args[0] === "build")
    .map(({ script, place }) => fine("build", `"${script}" builds with \`llmops build\`.`, place));
  // Also where the register finds no tags in it: then the compiler is not what is at fault.
  const covering = [
    ...bundlers,
    ...nest,
    ...builds,
    ...running.filter(({ ok, code }) => ok || code === "LLMOPS1313"),
  ];
  const verdicts = [
    ...tspcVerdicts(evidence, covering.length > 0 || isCompiledByOther(packages, each)),
    ...nest,
    ...bundlers,
    ...builds,
    ...running,
  ];
  return verdicts.length > 0 ? verdicts : otherVerdicts(evidence);
}

/** As by `tspc -b` at the root of a workspace. */
function isCompiledByOther(
  packages: readonly Package[],
  { tsconfigs: [main], commands }: Package,
): boolean {
  if (main === undefined || commands.some(({ tool }) => COMPILERS.has(tool))) return false;
  return packages.some(
    (other) =>
      other.commands.some(({ tool }) => COMPILERS.has(tool)) &&
      other.tsconfigs.some(({ path }) => path === main.path),
  );
}
