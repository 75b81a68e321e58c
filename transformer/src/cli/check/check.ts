// `llmops check` → the report on a project: its sites, what is wrong, whether the build runs us.
// Invariant: the exit code is 1 for an error or a verdict that is not ok; with --strict for a
// warning, too.
import type { Diagnostic } from "../../diagnostics.ts";
import { compilerFor } from "../project/compiler.ts";
import { openProject, type Project } from "../project/project.ts";
import type { Terminal } from "../terminal.ts";
import { type Report, reported } from "./report.ts";
import { type Survey, surveyOf } from "./survey.ts";
import { reportText } from "./text.ts";
import { hostsOf } from "./verdicts.ts";

export interface CheckOptions {
  readonly project?: string;
  readonly json?: boolean;
  readonly strict?: boolean;
}

export function check(options: CheckOptions, terminal: Terminal): number {
  const began = performance.now();
  const project = openProject(compilerFor(terminal), terminal.cwd, options.project);
  const report = reportOn(project, surveyOf(project), began);
  if (options.json === true) terminal.out(`${JSON.stringify(report)}\n`);
  else terminal.out(reportText(report, terminal));
  return exitCode(report, options.strict === true);
}

function reportOn(project: Project, survey: Survey, began: number): Report {
  const { sites, config, files, functions } = survey;
  const diagnostics = survey.diagnostics.toSorted(byPlace);
  const count = (severity: Diagnostic["severity"]): number =>
    diagnostics.filter((found) => found.severity === severity).length;
  const skipped = sites.filter((site) => site.skipped !== null).length;
  return {
    version: 1,
    root: project.root,
    config,
    host: hostsOf(project, survey.siteFiles),
    sites,
    diagnostics: diagnostics.map(reported),
    totals: {
      files,
      functions,
      tracked: sites.length - skipped,
      skipped,
      errors: count("error"),
      warnings: count("warning") + count("skip"),
    },
    took_ms: Math.round(performance.now() - began),
  };
}

function byPlace(a: Diagnostic, b: Diagnostic): number {
  if (a.file !== b.file) return a.file < b.file ? -1 : 1;
  return a.start - b.start;
}

function exitCode({ host, totals }: Report, strict: boolean): number {
  const broken = host.verdicts.some(({ ok }) => !ok);
  return broken || totals.errors > 0 || (strict && totals.warnings > 0) ? 1 : 0;
}
