// A span → its function's source as it ran, with the recorded values on their lines.
// Invariant: only files below the roots are read; where the text is another one than ran, it says so.
import { extname, resolve } from "node:path";
import type { Store, StoredSpan } from "../store.ts";
import type { FailingLine, SourceState, SourceView, Warning } from "../views.ts";
import { failingFrame } from "./failing.ts";
import { linesOf, splitLines } from "./function-text.ts";
import type { Instrumented, InstrumentTask } from "./instrumented.ts";
import { type Code, type FoundSite, type Manifest, Manifests } from "./manifests.ts";
import { isBelow, type Located, located, textOf } from "./paths.ts";
import { codeOf, returnsIn } from "./scan.ts";
import { keepSnapshots } from "./snapshots.ts";
import { MESSAGES, type ShownText, textFor } from "./text.ts";
import { valuesOf } from "./values.ts";

export interface SourcesOptions {
  /** Absolute: the directory that is served, then `--project`. */
  readonly roots: readonly string[];
  readonly store: Pick<Store, "snapshot" | "hashesWithoutSnapshot" | "keepSnapshots" | "spans">;
  /** In another thread: it may take seconds. */
  readonly instrument: (task: InstrumentTask) => Promise<Instrumented>;
  /** Of manifests that cannot be read. */
  readonly onWarning?: (warning: Warning) => void;
}

interface Place {
  readonly located: Located;
  readonly found: FoundSite | undefined;
  readonly root: string | null;
}

/** The function as it is shown. */
interface Shown extends ShownText {
  /** Its lines. */
  readonly lines: SourceView["lines"];
  /** The same, without what is in strings and comments. */
  readonly code: readonly string[];
  readonly first: number;
}

/** A manifest that was just written is looked for, but not at each request. */
const FRESH_MS = 2000;

export class Sources {
  readonly #options: SourcesOptions;
  readonly #manifests: Manifests;

  constructor(options: SourcesOptions) {
    this.#options = options;
    this.#manifests = new Manifests(options.roots, options.onWarning);
  }

  async start(): Promise<void> {
    // Spans may be here before the manifest that names them: Node's hook writes it at the end.
    this.#manifests.onChange(() => {
      this.keep(this.#manifests.hashes).catch(() => undefined);
    });
    await this.#manifests.load();
    this.#manifests.watch();
  }

  close(): void {
    this.#manifests.close();
  }

  async manifests(): Promise<readonly Manifest[]> {
    await this.#manifests.load(0);
    return this.#manifests.all;
  }

  /** Keeps the texts of functions whose spans came in, as long as they are those that ran. */
  async keep(hashes: readonly string[]): Promise<void> {
    const { store, roots } = this.#options;
    const missing = await store.hashesWithoutSnapshot(hashes);
    if (missing.length === 0) return;
    const sites = this.#manifests.withHash(new Set(missing));
    await keepSnapshots(store, sites, roots);
  }

  /** A file for the editor. @param code of the span that names it */
  locate(file: string, code?: Code): Located {
    if (code !== undefined) return this.#place(code).located;
    return located(file, this.#bases(), this.#options);
  }

  async view(traceId: string, span: StoredSpan): Promise<SourceView> {
    const { code } = span;
    if (code == null)
      return nowhere("unknown", "no_code", "The span does not say where its function is.");
    await this.#manifests.load();
    if (this.#manifests.find(code) === undefined) await this.#manifests.load(FRESH_MS);
    const place = this.#place(code);
    const { found } = place;
    const kept =
      code.hash === undefined ? undefined : await this.#options.store.snapshot(code.hash);
    const about = {
      file: code.file,
      root: place.root,
      site: found?.site.id ?? kept?.site.id ?? null,
      language: languageOf(code.file),
    };
    if (place.located.state === "refused")
      return { ...nowhere("outside", "outside", place.located.message), ...about };
    const disk = place.located.state === "found" ? textOf(place.located.path) : undefined;
    const text = textFor(code, found?.site, disk, kept);
    if (text === undefined) return { ...nowhere("missing", "no_file", MESSAGES.missing), ...about };
    return { ...(await this.#draw(traceId, span, place, shownOf(text))), ...about };
  }

  async #draw(
    traceId: string,
    span: StoredSpan,
    place: Place,
    shown: Shown,
  ): Promise<Omit<SourceView, "file" | "root" | "site" | "language">> {
    const { state, text, site, lines, code, first } = shown;
    const failing = await this.#failing(traceId, span, place, shown);
    const { instrumented, warnings } = await this.#instrumented(span, place, shown);
    const inFunction = codeOf(text.slice(shown.range.start, shown.range.end));
    return {
      state,
      message: MESSAGES[state],
      start_line: first,
      end_line: lines.at(-1)?.line ?? first,
      lines,
      values: valuesOf(span, {
        lines,
        code,
        site,
        shift: site === undefined ? 0 : first - site.line,
        returns: lastOf(returnsIn(inFunction).map((at) => lineIn(inFunction, at) + first - 1)),
        failingLine: failing?.line,
      }),
      failing,
      instrumented,
      warnings: [...shown.warnings, ...warnings],
    };
  }

  async #instrumented(
    { code }: StoredSpan,
    place: Place,
    { text, lines, first }: Shown,
  ): Promise<Pick<SourceView, "instrumented" | "warnings">> {
    const root = place.root ?? this.#options.roots[0] ?? ".";
    const path =
      place.located.state === "found" ? place.located.path : resolve(root, code?.file ?? "");
    try {
      const done = await this.#options.instrument({ path, root, text });
      if (done === undefined) return { instrumented: null, warnings: [NO_TRANSFORMER] };
      const all = splitLines(done.code ?? text);
      const note = done.code === null ? "The transformer leaves this text as it is." : null;
      const shown = numbered(all.slice(first - 1, first - 1 + lines.length), first);
      return { instrumented: { lines: shown, note }, warnings: [] };
    } catch (error) {
      const message = `The transformer failed: ${error instanceof Error ? error.message : ""}`;
      return { instrumented: null, warnings: [{ code: "transformer_failed", message }] };
    }
  }

  async #failing(
    traceId: string,
    { error, span_id: id, code: ran }: StoredSpan,
    { located: file }: Place,
    { lines, code, first }: Shown,
  ): Promise<FailingLine | null> {
    if (error == null || ran == null) return null;
    const { type, message, stack } = error;
    const last = lines.at(-1)?.line ?? first;
    // The function may have moved since it ran. Without a hash it is not known where it was.
    const down = ran.hash === undefined ? 0 : first - ran.line;
    if (typeof stack === "string") {
      const path = file.state === "found" ? file.path : undefined;
      const running = { path, file: ran.file, first: first - down, last: last - down };
      const frame = failingFrame(stack, running, [...this.#options.roots, ...this.#bases()]);
      if (frame !== undefined)
        return { line: frame.line + down, column: frame.column, type, message };
    }
    const called = await this.#failedCall(traceId, id);
    const at =
      called === undefined ? -1 : code.findIndex((line, row) => row > 0 && called.test(line));
    return { line: lines[at]?.line ?? first, column: null, type, message };
  }

  /** How the source calls the span's child that failed, the last one of several. */
  async #failedCall(traceId: string, id: string): Promise<RegExp | undefined> {
    const { spans = [] } = (await this.#options.store.spans(traceId, {})) ?? {};
    const child = spans.findLast((one) => one.parent_span_id === id && one.status === "error");
    const names = (child?.fn ?? child?.name ?? "").split(".");
    const name = names.at(-1) === "constructor" ? names.at(-2) : names.at(-1);
    if (name === undefined || !/^#?[\p{ID_Start}$_][\p{ID_Continue}$]{0,200}$/u.test(name))
      return undefined;
    return new RegExp(`(?<![\\w$])${name.replaceAll("$", "\\$")}\\s*(?:\\?\\.\\s*)?[(<\`]`);
  }

  #place(code: Code): Place {
    const { roots } = this.#options;
    const found = this.#manifests.find(code);
    if (found !== undefined && !this.#isServed(found.manifest.root)) {
      const message = "Its manifest is of a folder that is not served: see --project.";
      return { located: { state: "refused", message }, found, root: null };
    }
    const bases = found === undefined ? this.#bases() : [found.manifest.root];
    const place = located(code.file, bases, { roots });
    const root = place.state === "found" ? place.root : (found?.manifest.root ?? null);
    return { located: place, found, root };
  }

  /** What a file's name may be relative to where no manifest is known to name it. */
  #bases(): readonly string[] {
    const served = this.#manifests.all
      .map(({ root }) => root)
      .filter((root) => this.#isServed(root));
    return [...new Set([...this.#options.roots, ...served])];
  }

  #isServed(folder: string): boolean {
    return this.#options.roots.some((root) => folder === root || isBelow(folder, root));
  }
}

const NO_TRANSFORMER: Warning = {
  code: "no_transformer",
  message: "llmops-transformer is not installed in the project.",
};

function shownOf(shown: ShownText): Shown {
  const { first, last } = linesOf(shown.text, shown.range);
  const lines = splitLines(shown.text).slice(first - 1, last);
  const code = splitLines(codeOf(lines.join("\n")));
  return { ...shown, lines: numbered(lines, first), code, first };
}

const lastOf = (lines: readonly number[]): readonly number[] => lines.slice(-1);

function lineIn(text: string, at: number): number {
  return linesOf(text, { start: at, end: at }).first;
}

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
  return lines.map((text, at) => ({
    line: first + at,
    text: text.length > LONGEST_LINE ? `${text.slice(0, LONGEST_LINE)}…` : text,
  }));
}

/** In characters. Bundles are one line of megabytes. */
const LONGEST_LINE = 20_000;

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
