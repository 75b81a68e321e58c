// `llmops init` → a project whose build runs us: what `llmops check` finds, mended.
// Invariant: only what is missing is written, each change is shown before, and twice is once.
import { spawnSync } from "node:child_process";
import { existsSync } from "node:fs";
import { join, relative, resolve } from "node:path";
import { nearest } from "../../diagnostics.ts";
import { bundlerHow, BUNDLER_NAMES } from "../check/bundlers.ts";
import type { Verdict } from "../check/faults.ts";
import { needsVerdicts } from "../check/needs.ts";
import { surveyOf } from "../check/survey.ts";
import { buildVerdicts } from "../check/verdicts.ts";
import { compilerFor } from "../project/compiler.ts";
import { openProject, type Project } from "../project/project.ts";
import { CommandError, painter, type Terminal } from "../terminal.ts";
import { type Asker, PERSON, YES } from "./ask.ts";
import { applyAll, type Change, Changes, diffText } from "./changes.ts";
import { firstCandidate } from "./first-tag.ts";
import { addEntry, type Mending, mend } from "./fixes.ts";
import { setJson } from "./json-edits.ts";
import { addConfig, addEslint, addIgnore, addQueue, addTsdoc } from "./shared-files.ts";
import { type Install, Wanted } from "./wanted.ts";

export interface InitOptions {
  readonly yes?: boolean;
  readonly host?: string;
  readonly dryRun?: boolean;
}

/** Builds that can be set up. */
const HOSTS: readonly string[] = ["tspc", "register", "nest", ...BUNDLER_NAMES];

export async function init(
  { yes = false, host, dryRun = false }: InitOptions,
  terminal: Terminal,
  asker: Asker = yes || dryRun ? YES : PERSON,
): Promise<number> {
  if (!yes && !dryRun && !terminal.interactive)
    throw new CommandError("There is no terminal to ask at: give --yes, or --dry-run to look.");
  if (host !== undefined && !HOSTS.includes(host)) {
    const near = nearest(host, HOSTS);
    const meant = near === undefined ? `one of ${HOSTS.join(", ")}` : `"${near}"`;
    throw new CommandError(`There is no host "${host}". Did you mean ${meant}?`);
  }
  const project = openProject(compilerFor(terminal), terminal.cwd, undefined);
  const setup = await setupOf(project, host, asker);
  const written = await write(setup, { dryRun, terminal, asker, root: project.root });
  await finish(setup, { dryRun, terminal, asker, root: project.root, written });
  return 0;
}

interface Setup {
  readonly changes: Changes;
  readonly advice: readonly string[];
  readonly installs: readonly (Install & { readonly cwd: string })[];
}

async function setupOf(project: Project, host: string | undefined, asker: Asker): Promise<Setup> {
  const { ts, root, packages } = project;
  const changes = new Changes();
  const advice: string[] = [];
  const siteFiles = new Set(surveyOf(project).siteFiles);
  if (siteFiles.size === 0) {
    const folder = await asker.folder(existsSync(join(root, "src")) ? "src" : ".");
    const built = packages.filter((each) => buildVerdicts(project, each, siteFiles).length > 0);
    const files = (built.length > 0 ? built : packages).flatMap((each) => each.files);
    const candidate = firstCandidate(ts, files, resolve(root, folder));
    const shown = candidate && { ...candidate, path: relative(root, candidate.path) };
    if (candidate !== undefined && shown !== undefined && (await asker.tag(shown))) {
      changes.write(candidate.path, candidate.tagged);
      siteFiles.add(candidate.path);
    }
  }
  const found = packages.map((each) => ({
    package: each,
    verdicts: buildVerdicts(project, each, siteFiles),
  }));
  const names = new Set(found.flatMap(({ verdicts }) => verdicts.map(nameOf)));
  const chosen = host === undefined ? await asker.hosts([...names]) : [host];
  const installs: (Install & { cwd: string })[] = [];
  for (const { package: each, verdicts } of found) {
    const ours = verdicts.filter((verdict) => chosen.includes(nameOf(verdict)));
    const missing = ours.length === 0;
    // In a workspace, a package that nothing builds is built with another one.
    if (missing && packages.length > 1) continue;
    const mending: Mending = { ts, package: each, changes, wanted: new Wanted(), advice };
    for (const verdict of ours) if (!verdict.ok) mend(mending, verdict);
    if (missing) setUp(mending, host);
    for (const verdict of needsVerdicts({ ...project, packages: [each] }))
      if (!verdict.ok) mend(mending, verdict);
    addTsdoc(changes, each.directory);
    const byHand = addEslint(ts, changes, each.directory);
    if (byHand !== undefined) advice.push(byHand);
    for (const install of await mending.wanted.commands(each))
      installs.push({ ...install, cwd: each.directory });
  }
  addConfig(changes, root);
  addIgnore(changes, root);
  const queue = await asker.queue();
  if (queue !== undefined) addQueue(changes, root, queue);
  return { changes, advice, installs };
}

/** As `--host` calls it. */
function nameOf({ host }: Verdict): string {
  return host === "tsc" || host === "build" ? "tspc" : host;
}

/** A build of which there is nothing yet. */
function setUp(mending: Mending, host: string | undefined): void {
  const { package: own, changes, advice } = mending;
  const [tsconfig] = own.tsconfigs;
  if ((host === undefined || host === "tspc") && tsconfig !== undefined) {
    addEntry(mending, tsconfig.path);
    mending.wanted.patch(own.directory);
    if (own.manifest !== undefined && !own.manifest.has(["scripts", "build"]))
      setJson(changes, own.manifest.path, ["scripts", "build"], "tspc");
    return;
  }
  if (host === undefined || host === "register" || host === "tspc")
    advice.push("Run the program by: node --import llmops-transformer/register app.ts");
  else advice.push(`Set ${host} up by hand: ${bundlerHow(host)}`);
}

interface Situation {
  readonly dryRun: boolean;
  readonly terminal: Terminal;
  readonly asker: Asker;
  readonly root: string;
}

/** Shows each change, and writes those that are wanted. */
async function write(
  { changes }: Setup,
  { dryRun, terminal, asker, root }: Situation,
): Promise<number> {
  const paint = painter(terminal);
  const wanted: Change[] = [];
  for (const change of changes.list()) {
    terminal.out(`${diffText(change, root, paint)}\n\n`);
    const name = relative(root, change.path);
    if (await asker.change(name, change.before === undefined)) wanted.push(change);
  }
  // All at once: Ctrl-C before has changed nothing.
  if (!dryRun) applyAll(wanted);
  return wanted.length;
}

async function finish(
  { advice, installs }: Setup,
  { dryRun, terminal, asker, written }: Situation & { readonly written: number },
): Promise<void> {
  const files = `${written} file${written === 1 ? "" : "s"}`;
  if (written === 0) terminal.out("Nothing to change.\n");
  else terminal.out(`${files} ${dryRun ? "would be changed" : "changed"}.\n`);
  for (const { command, args, cwd } of installs) {
    const line = [command, ...args].join(" ");
    const at = cwd === terminal.cwd ? "" : ` (in ${relative(terminal.cwd, cwd)})`;
    if (!dryRun && (await asker.install({ command, args }))) {
      const { status } = spawnSync(command, [...args], { cwd, stdio: "inherit" });
      if (status === 0) continue;
    }
    terminal.out(`To install${at}: ${line}\n`);
  }
  for (const each of advice) terminal.out(`By hand: ${each}\n`);
  terminal.out("Then: npx llmops check\n");
}
