// A span → its function's source as it ran, with the recorded values on their lines.
// Invariant: only files below the roots are read; where the text is another one than ran, it says so.
import { extname } from "node:path";
import type { Site } from "../model.ts";
import type { Snapshot, Store, StoredSpan } from "../store.ts";
import type { FailingLine, SourceState, SourceView, Warning } from "../views.ts";
import { failingFrame, failingLine } from "./failing.ts";
import { findByHash, findText, guessRange, linesOf, type Range } from "./function-text.ts";
import type { Instrumented, InstrumentTask } from "./instrumented.ts";
import { type FoundSite, type Manifest, Manifests } from "./manifests.ts";
import { isBelow, type Located, locate, textOf } from "./paths.ts";
import { keepSnapshots } from "./snapshots.ts";
import { valuesOf } from "./values.ts";

type Reads = Pick<Store, "snapshot" | "hashesWithoutSnapshot" | "keepSnapshots" | "spans">;

export interface SourcesOptions {
  /** Absolute: the directory that is served, then `--project`. */
  readonly roots: readonly string[];
  readonly store: Reads;
  /** In another thread: it may take seconds. */
  readonly instrument: (task: InstrumentTask) => Promise<Instrumented>;
}

/** The text that is shown, and where the function stands in it. */
interface Text {
  readonly state: SourceState;
  readonly text: string;
  readonly range: Range;
  /** Of this very text. */
  readonly site: Site | undefined;
  readonly warnings: readonly Warning[];
}

interface Place {
  readonly located: Located;
  readonly found: FoundSite | undefined;
  readonly root: string | null;
}

export class Sources {
  readonly #options: SourcesOptions;
  readonly #manifests: Manifests;

  constructor(options: SourcesOptions) {
    this.#options = options;
    this.#manifests = new Manifests(options.roots);
  }

  async start(): Promise<void> {
    await this.#manifests.load(true);
    this.#manifests.watch();
  }

  close(): void {
    this.#manifests.close();
  }

  async manifests(): Promise<readonly Manifest[]> {
    await this.#manifests.load(true);
    return this.#manifests.all;
  }

  /** Keeps the texts of functions whose spans came in, as long as they are those that ran. */
  async keep(hashes: readonly string[]): Promise<void> {
    const { store, roots } = this.#options;
    const missing = await store.hashesWithoutSnapshot(hashes);
    if (missing.length === 0) return;
    await this.#manifests.load();
    await keepSnapshots(store, this.#manifests.withHash(new Set(missing)), roots);
  }

  /** A file for the editor. @param named by a span or a manifest: it may have any ending */
  locate(file: string, code?: NonNullable<StoredSpan["code"]>): Located {
    return code === undefined ? locate(file, this.#bases(undefined)) : this.#place(code).located;
  }

  async view(traceId: string, span: StoredSpan): Promise<SourceView> {
    const { code } = span;
    if (code == null)
      return nowhere("unknown", "no_code", "The span does not say where its function is.");
    await this.#manifests.load();
    const place = this.#place(code);
    const snapshot =
      code.hash === undefined ? undefined : await this.#options.store.snapshot(code.hash);
    const about = {
      file: code.file,
      root: place.root,
      site: place.found?.site.id ?? snapshot?.site.id ?? null,
    };
    if (place.located.state === "refused")
      return { ...nowhere("outside", "outside", place.located.message), ...about };
    const shown = textFor(code, place, snapshot);
    if (shown === undefined)
      return { ...nowhere("missing", "no_file", MESSAGES.missing), ...about };
    return { ...(await this.#draw(traceId, span, place, shown)), ...about };
  }

  async #draw(traceId: string, span: StoredSpan, place: Place, shown: Text): Promise<SourceView> {
    const { text, range, state, site } = shown;
    const { first, last } = linesOf(text, range);
    const all = text.split(/\r?\n/);
    const lines = numbered(all.slice(first - 1, last), first);
    const failing = await this.#failing(traceId, span, place, { first, last, lines: all });
    const warnings = [...shown.warnings];
    const path = place.located.state === "found" ? place.located.path : undefined;
    const root = place.root ?? this.#options.roots[0] ?? ".";
    const instrumented = await this.#instrumented({
      path: path ?? `${root}/${span.code?.file}`,
      root,
      text,
    });
    if (instrumented === undefined)
      warnings.push({
        code: "no_transformer",
        message: "llmops-transformer is not installed in the project.",
      });
    return {
      state,
      message: MESSAGES[state],
      file: null,
      root: null,
      language: languageOf(span.code?.file ?? ""),
      start_line: first,
      end_line: last,
      lines,
      values: valuesOf(span, {
        lines,
        site,
        shift: site === undefined ? first - (span.code?.line ?? first) : first - site.line,
        failingLine: failing?.line,
      }),
      failing,
      instrumented:
        instrumented === undefined
          ? null
          : {
              lines: numbered(
                (instrumented.code ?? text).split(/\r?\n/).slice(first - 1, last),
                first,
              ),
              note:
                instrumented.code === null ? "The transformer leaves this text as it is." : null,
            },
      site: null,
      warnings,
    };
  }

  async #instrumented(task: InstrumentTask): Promise<Instrumented> {
    try {
      return await this.#options.instrument(task);
    } catch {
      return undefined;
    }
  }

  async #failing(
    traceId: string,
    { error, span_id: id }: StoredSpan,
    { located }: Place,
    { first, last, lines }: { first: number; last: number; lines: readonly string[] },
  ): Promise<FailingLine | null> {
    if (error == null) return null;
    const { store } = this.#options;
    if (located.state === "found" && error.stack != null) {
      const frame = failingFrame(
        error.stack,
        { path: located.path, first, last },
        this.#bases(undefined),
      );
      if (frame !== undefined) return failingLine(error, frame.line, frame.column);
    }
    const children = (await store.spans(traceId, {}))?.spans ?? [];
    const child = children.find((one) => one.parent_span_id === id && one.status === "error");
    const called = (child?.fn ?? child?.name)?.split(".").at(-1);
    if (called !== undefined) {
      const at = lines.findIndex(
        (text, index) => index >= first && index < last && text.includes(`${called}(`),
      );
      if (at >= 0) return failingLine(error, at + 1);
    }
    return failingLine(error, first);
  }

  #place(code: NonNullable<StoredSpan["code"]>): Place {
    const found = this.#manifests.find(code);
    const located = locate(code.file, this.#bases(found?.manifest));
    const root = located.state === "found" ? located.root : (found?.manifest.root ?? null);
    return { located, found, root };
  }

  /** What a file's name may be relative to; a manifest's root only where it is served. */
  #bases(manifest: Manifest | undefined): readonly string[] {
    const { roots } = this.#options;
    const others = manifest === undefined ? this.#manifests.all : [manifest];
    const served = others.map(({ root }) => root).filter((root) => isServed(root, roots));
    return [...new Set(manifest === undefined ? [...roots, ...served] : [...served, ...roots])];
  }
}

function isServed(folder: string, roots: readonly string[]): boolean {
  return roots.some((root) => folder === root || isBelow(folder, root));
}

const MESSAGES: Readonly<Record<SourceState, string>> = {
  same: "This is the text that ran.",
  changed: "The source has changed since this run.",
  missing: "The file is not there any more.",
  unknown: "Whether this text ran is not known: the span carries no hash, or no manifest names it.",
  outside: "The file is outside of the project.",
};

/** Undefined: there is no text. */
function textFor(
  code: NonNullable<StoredSpan["code"]>,
  { located, found }: Place,
  snapshot: Snapshot | undefined,
): Text | undefined {
  const disk = located.state === "found" ? textOf(located.path) : undefined;
  const kept = snapshot === undefined ? undefined : textOfSnapshot(snapshot);
  if (disk === undefined)
    return kept === undefined ? undefined : { ...kept, state: "missing", warnings: [gone] };
  const { hash } = code;
  const site = found?.site;
  if (hash === undefined || (site === undefined && kept === undefined)) {
    const known = site === undefined ? undefined : siteRange(disk, site);
    const range = known ?? guessRange(disk, code.line, code.column);
    return { state: "unknown", text: disk, range, site: known && site, warnings: [noHash] };
  }
  if (site?.hash === hash) {
    const range = findByHash(disk, hash, site);
    if (range !== undefined) return { state: "same", text: disk, range, site, warnings: [] };
  }
  if (kept !== undefined) {
    const range = findText(disk, kept.text.slice(kept.range.start, kept.range.end));
    if (range !== undefined) return { ...kept, state: "same", text: disk, range, warnings: [] };
    return { ...kept, state: "changed", warnings: [] };
  }
  const range = (site && siteRange(disk, site)) ?? guessRange(disk, code.line, code.column);
  return { state: "changed", text: disk, range, site: undefined, warnings: [changed] };
}

function textOfSnapshot({ text, site }: Snapshot): Omit<Text, "state" | "warnings"> {
  return { text, range: { start: site.start, end: site.end }, site };
}

/** Where the manifest says, if the text there is the manifest's still. */
function siteRange(text: string, site: Site): Range | undefined {
  return findByHash(text, site.hash, site);
}

const noHash: Warning = { code: "no_hash", message: MESSAGES.unknown };
const changed: Warning = {
  code: "source_changed",
  message: "This is the text on disk now, another one ran.",
};
const gone: Warning = { code: "no_file", message: "This text was kept when it ran." };

function nowhere(state: SourceState, code: string, message: string): SourceView {
  return {
    state,
    message: MESSAGES[state],
    file: null,
    root: null,
    language: "",
    start_line: null,
    end_line: null,
    lines: [],
    values: [],
    failing: null,
    instrumented: null,
    site: null,
    warnings: [{ code, message }],
  };
}

function numbered(lines: readonly string[], first: number): SourceView["lines"] {
  return lines.map((text, at) => ({ line: first + at, text }));
}

const LANGUAGES: ReadonlyMap<string, string> = new Map([
  [".ts", "typescript"],
  [".mts", "typescript"],
  [".cts", "typescript"],
  [".tsx", "tsx"],
  [".js", "javascript"],
  [".mjs", "javascript"],
  [".cjs", "javascript"],
  [".jsx", "jsx"],
]);

function languageOf(file: string): string {
  return LANGUAGES.get(extname(file).toLowerCase()) ?? "text";
}
