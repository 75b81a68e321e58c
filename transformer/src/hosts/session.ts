// A configuration, once → each file's plan and diagnostics.
// Invariant: hosts parse, emit and show; all between is done here, for all of them alike.
import { analyze, mayHoldSites } from "../analyze/analyze.ts";
import { type Config, loadConfig, type PlacedFinding } from "../config/load.ts";
import type { RawConfig } from "../config/schema.ts";
import type { Diagnostic } from "../diagnostics.ts";
import type { Form, Plan } from "../plan.ts";
import type { FileRecord } from "../record.ts";
import { type Compiler, directly, type ts } from "../syntax.ts";
import { Found } from "./found.ts";
import { locate } from "./render.ts";

/** As in `llmops.config.json`, a path, or left out: searched upwards. */
export type ConfigSource = RawConfig | string | undefined;

interface FileInput {
  readonly ts: Compiler;
  readonly file: ts.SourceFile;
  /** Every function of the file is strict code, whatever it says itself (`alwaysStrict`). */
  readonly strict: boolean;
  /** How the file reaches the runtime. @default "esm" where it imports or exports, else "script" */
  readonly form?: Form | undefined;
  /** The text that the file's own is a part of: a component's. */
  readonly whole?: string | undefined;
}

export interface FileResult {
  /** Null where there is nothing to rewrite. */
  readonly plan: Plan | null;
  /** Undefined where the text says nothing of its functions: instrumented, or no TypeScript. */
  readonly record: FileRecord | undefined;
  readonly diagnostics: readonly Diagnostic[];
}

export interface Session {
  readonly config: Config;
  /** What is wrong with the configuration itself. */
  readonly configDiagnostics: readonly Diagnostic[];
  /** Whether a file can hold a marked function, told from its text alone. */
  mayHoldSites(text: string, path: string): boolean;
  analyze(input: FileInput): FileResult;
  /** Takes what an earlier process found in a file for what is found now. */
  recall(path: string, record: FileRecord | undefined): void;
  /** What is known of the files so far, by their absolute paths; of those without sites too. */
  readonly looked: ReadonlyMap<string, FileRecord>;
  /** Globs of the configuration that matched nothing, once all files of a project are analyzed. */
  unmatched(): Diagnostic[];
}

/**
 * @param from absolute directory: a path is relative to it, a search starts there
 * @param root what names of files are relative to, if not the configuration's folder
 */
export function openSession(source: ConfigSource, from: string, root?: string): Session {
  const loaded = loadConfig(source, from);
  const config = root === undefined ? loaded : { ...loaded, root };
  const found = new Found();
  const looked = new Map<string, FileRecord>();
  return {
    config,
    configDiagnostics: config.findings.map((problem) => locateIn(config, problem)),
    mayHoldSites(text, path) {
      const may = mayHoldSites(text, path, config);
      const known = may ? undefined : looked.get(path);
      if (known !== undefined) looked.set(path, { ...known, sites: [] });
      return may;
    },
    analyze(input) {
      const { fileName: path, text } = input.file;
      const { plan, record, findings, names } = analyze({
        ...input,
        ts: directly(input.ts),
        path,
        config,
      });
      if (record !== undefined) looked.set(path, record);
      found.add(names, path);
      return { plan, record, diagnostics: findings.map((problem) => locate(problem, path, text)) };
    },
    recall(path, record) {
      if (record !== undefined) looked.set(path, record);
    },
    looked,
    unmatched: () => found.missing(config).map((problem) => locateIn(config, problem)),
  };
}

function locateIn({ texts }: Config, { file, ...problem }: PlacedFinding): Diagnostic {
  return locate(problem, file, texts.get(file) ?? "");
}
