// A project → every site and finding in its files, as the build would have them.
// Invariant: the analysis is the hosts' own; a file is parsed once.
import { readFileSync } from "node:fs";
import { relative, sep } from "node:path";
import type { Diagnostic } from "../../diagnostics.ts";
import { formOf, scriptKind } from "../../hosts/instrument.ts";
import { openSession, type Session } from "../../hosts/session.ts";
import type { SiteRecord } from "../../record.ts";
import { isFunctionNode, type ts } from "../../syntax.ts";
import type { Package, Project } from "../project/project.ts";

export interface Survey {
  readonly sites: readonly SurveyedSite[];
  /** Their files are absolute. */
  readonly diagnostics: readonly Diagnostic[];
  /** Absolute path of the config of the first package that has one. */
  readonly config: string | null;
  readonly files: number;
  /** Functions with a body. */
  readonly functions: number;
  /** Absolute paths. */
  readonly siteFiles: ReadonlySet<string>;
}

export interface SurveyedSite extends SiteRecord {
  /** Relative to the project's root, with forward slashes. */
  readonly file: string;
}

export function surveyOf(project: Project): Survey {
  const sites: SurveyedSite[] = [];
  const diagnostics: Diagnostic[] = [];
  const siteFiles = new Set<string>();
  const sessions = new Map<string, Session>();
  let files = 0;
  let functions = 0;
  for (const each of project.packages) {
    const session = sessionOf(each, sessions);
    for (const path of each.files) {
      const found = surveyFile(project, each, session, path);
      if (found === undefined) continue;
      files++;
      functions += found.functions;
      diagnostics.push(...found.diagnostics);
      const file = relative(project.root, path).replaceAll(sep, "/");
      sites.push(...found.sites.map((site) => ({ ...site, file })));
      if (found.sites.some(({ skipped }) => skipped === null)) siteFiles.add(path);
    }
  }
  const opened = [...new Set(sessions.values())];
  for (const session of opened)
    diagnostics.push(...session.configDiagnostics, ...session.unmatched());
  const config = opened.find((session) => session.config.path !== undefined)?.config.path ?? null;
  return { sites, diagnostics, config, files, functions, siteFiles };
}

/** Packages with one config share its session: an entry may match in any of them. */
function sessionOf({ directory, tsconfigs }: Package, sessions: Map<string, Session>): Session {
  const source = tsconfigs.find(({ entry }) => entry?.config !== undefined);
  const session = openSession(source?.entry?.config, directory);
  const key = session.config.path ?? directory;
  const known = sessions.get(key);
  if (known !== undefined) return known;
  sessions.set(key, session);
  return session;
}

interface SurveyedFile {
  readonly sites: readonly SiteRecord[];
  readonly diagnostics: readonly Diagnostic[];
  readonly functions: number;
}

function surveyFile(
  { ts }: Project,
  { tsconfigs }: Package,
  session: Session,
  path: string,
): SurveyedFile | undefined {
  let text: string;
  try {
    text = readFileSync(path, "utf8").replace(/^\uFEFF/, "");
  } catch {
    return undefined;
  }
  const target = ts.ScriptTarget.Latest;
  const file = ts.createSourceFile(path, text, target, false, scriptKind(ts, path));
  const functions = countFunctions(ts, file);
  if (!session.mayHoldSites(text, path)) return { sites: [], diagnostics: [], functions };
  const form = formOf(ts, file, path);
  const compiled = tsconfigs.some(({ entry }) => entry !== undefined);
  const strict = form === "esm" || (compiled && isStrict(tsconfigs[0]?.options));
  const { record, diagnostics } = session.analyze({ ts, file, strict, form });
  return { sites: record?.sites ?? [], diagnostics, functions };
}

/** TypeScript 6 made `alwaysStrict` the default; before, `strict` implied it. */
function isStrict(options: ts.CompilerOptions | undefined): boolean {
  return options?.alwaysStrict ?? options?.strict ?? true;
}

function countFunctions(ts: Project["ts"], file: ts.SourceFile): number {
  let count = 0;
  const visit = (node: ts.Node): void => {
    if (isFunctionNode(ts, node) && node.body !== undefined) count++;
    ts.forEachChild(node, visit);
  };
  visit(file);
  return count;
}
