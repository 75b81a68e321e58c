// A project and the files that hold its sites → the hosts in it, and a verdict on each.
// Invariant: every way in which a project is built or run gets a verdict, and none gets two.
import type { Project } from "../project/project.ts";
import { bundlerVerdicts } from "./bundlers.ts";
import { Evidence } from "./evidence.ts";
import { fault, fine, type Verdict } from "./faults.ts";
import { nestVerdicts } from "./nest.ts";
import { needsVerdicts } from "./needs.ts";
import { runningVerdicts } from "./running.ts";
import { tspcVerdicts } from "./tspc.ts";

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
  const { ts, root, packages } = project;
  const ofBuilds = packages.flatMap((each) =>
    buildVerdicts(new Evidence(ts, root, each, siteFiles)),
  );
  const place = packages[0]?.manifest?.placeOf(["scripts"]);
  const verdicts = [
    ...(ofBuilds.length === 0 ? [fault("none", "LLMOPS1300", place)] : ofBuilds),
    ...needsVerdicts(project, nodeVersion),
  ];
  const hosts = verdicts.map(({ host }) => host).filter((host) => !NEEDS.has(host));
  return { detected: [...new Set(hosts)], verdicts };
}

export function buildVerdicts(evidence: Evidence): Verdict[] {
  const bundlers = bundlerVerdicts(evidence);
  const running = runningVerdicts(evidence);
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
  return [
    ...tspcVerdicts(evidence, covering.length > 0),
    ...nest,
    ...bundlers,
    ...builds,
    ...running,
  ];
}
