// `node --import llmops-transformer/register app.ts` → files are instrumented when Node loads them.
// Invariant: a file without a site is loaded as Node does; a mistake in a tag stops the program.
import Module, { registerHooks } from "node:module";
import { isAbsolute, join } from "node:path";
import { fileURLToPath } from "node:url";
import { RUNTIME_MODULE } from "../../abi.ts";
import { CONFIG_NAME } from "../../config/sources.ts";
import { type Diagnostic, finding } from "../../diagnostics.ts";
import type { Form } from "../../plan.ts";
import { Projects } from "../bundlers/projects.ts";
import { instrumentIn } from "../instrument.ts";
import { ManifestWriter } from "../manifest.ts";
import { lineOf, locate } from "../render.ts";
import { Results } from "../results.ts";
import type { Session } from "../session.ts";
import { commentOf, composed, inlineMap, mapBeside } from "../source-map.ts";
import { sourceOfLostTags } from "./lost-tags.ts";
import { resolveHook, resolveRequired } from "./runtime-resolve.ts";
import { Stripper } from "./stripped.ts";

const projects = new Projects(process.env["LLMOPS_CONFIG"], process.cwd());
const results = process.env["LLMOPS_CACHE"] === "false" ? undefined : new Results(process.cwd());
const stripper = new Stripper();
const noted = new Set<string>();
const manifests = new Map<Session, ManifestWriter>();
/** Of loading, before the manifest is written, in ms. */
const QUIET_MS = 2_000;

registerHooks({
  resolve: resolveHook(projects),
  load(url, context, nextLoad) {
    const loaded = nextLoad(url, context);
    const form = formOf(loaded.format);
    const { source } = loaded;
    if (form === undefined || source === undefined || source === null) return loaded;
    if (!url.startsWith("file:") || url.includes("/node_modules/")) return loaded;
    const text = typeof source === "string" ? source : Buffer.from(source as Uint8Array).toString();
    const code = instrumented(fileURLToPath(url), text, form);
    return code === undefined ? loaded : { ...loaded, source: code };
  },
});

resolveRequired(projects);

interface CommonJsModule {
  _compile(code: string, filename: string, ...more: readonly unknown[]): unknown;
}

/**
 * `tsx` hands CommonJS to Node here, past all hooks. What a hook of ours has done is left alone.
 */
const prototype = Module.prototype as unknown as CommonJsModule;
const { _compile: compile } = prototype;
prototype._compile = function (code, filename, ...more) {
  const left =
    !isAbsolute(filename) ||
    /[\\/]node_modules[\\/]/.test(filename) ||
    code.includes(RUNTIME_MODULE);
  const done = left ? undefined : instrumented(filename, code, "cjs");
  return Reflect.apply(compile, this, [done ?? code, filename, ...more]);
};

/** @returns undefined where there is no site */
function instrumented(filename: string, code: string, form: Form): string | undefined {
  const session = projects.sessionOf(filename);
  watchConfig(session);
  // Also where no file has a site any longer: those of before are in the manifest.
  manifestOf(session).writeAfter(QUIET_MS);
  note(session.configDiagnostics);
  const stripped = stripper.strip(session, filename, code, form);
  const done =
    stripped === undefined
      ? instrumentIn(session, code, { filename, format: form, results })
      : undefined;
  if (done === null) {
    const source = sourceOfLostTags(code, filename);
    if (source !== undefined)
      note([locate(finding("LLMOPS2109", { start: 0, length: 0 }, [source]), filename, code)]);
    return undefined;
  }
  note((stripped ?? done)?.diagnostics ?? []);
  if (done === undefined) return stripped?.code;
  if (done.sites.length === 0) return undefined;
  // A map inside of the code is already part of ours, and its comment replaced.
  if (inlineMap(code) !== undefined) return done.code;
  const beside = mapBeside(code, filename);
  const map = beside === undefined ? done.map : composed(done.map, beside);
  return `${done.code}\n${commentOf(map)}`;
}

const watched = new Set<string>();

/** Tells `node --watch` of the configuration, as Node tells it of what it loads. */
function watchConfig({ config: { paths, root } }: Session): void {
  if (process.env["WATCH_REPORT_DEPENDENCIES"] === undefined) return;
  // On Linux Node waits for no file that is not there; of a folder, each change counts for it.
  const files = paths.length > 0 ? paths : [join(root, CONFIG_NAME)];
  const added = files.filter((file) => !watched.has(file));
  if (added.length === 0) return;
  for (const file of added) watched.add(file);
  process.send?.({ "watch:require": added });
}

function manifestOf(session: Session): ManifestWriter {
  const known = manifests.get(session);
  if (known !== undefined) return known;
  const warn = (diagnostic: Diagnostic): void => note([diagnostic]);
  const writer = new ManifestWriter(session, { adapter: "register", warn });
  manifests.set(session, writer);
  return writer;
}

function formOf(format: string | null | undefined): Form | undefined {
  if (format === "module" || format === "module-typescript") return "esm";
  return format === "commonjs" || format === "commonjs-typescript" ? "cjs" : undefined;
}

/** Warnings once on stderr; the first error ends the loading of the file. */
function note(diagnostics: readonly Diagnostic[]): void {
  for (const diagnostic of diagnostics) {
    const text = lineOf(diagnostic);
    if (diagnostic.severity === "error") throw new SyntaxError(text);
    if (noted.has(text)) continue;
    noted.add(text);
    process.stderr.write(`${text}\n`);
  }
}
