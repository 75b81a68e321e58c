// What a bundler's configuration gives the plugin → its options, alike for every bundler.
import type { RawConfig } from "../../config/schema.ts";

/** A glob, relative to the bundler's root, or an expression over the module's id. */
export type Pattern = string | RegExp;

export type Filter = Pattern | readonly Pattern[];

/** What the plugin takes in a bundler, or in a tsconfig. */
export interface PluginOptions {
  /** As in `llmops.config.json`, or a path. @default searched upwards from each file */
  readonly config?: RawConfig | string;
  /**
   * Files that may be instrumented. A pattern that names a package, as `/node_modules\/pkg/`, takes
   * it in beside the program's own files.
   * @default every `[cm]?[jt]sx?` file outside of node_modules
   */
  readonly include?: Filter;
  /** Files that are left alone, whatever `include` says. */
  readonly exclude?: Filter;
  /**
   * Where the manifest is written, relative to the configuration, else to the bundler's root;
   * false: nowhere. Linked packages, and those with a configuration of their own, have theirs in
   * their own folder. @default true: `.llmops/manifest.json`
   */
  readonly manifest?: boolean | string;
  /**
   * What is made of a file is kept in `node_modules/.cache/llmops`: a later build takes it from
   * there, as long as nothing that decides has changed. @default true
   */
  readonly cache?: boolean;
  /** false: the plugin does nothing. @default true */
  readonly enabled?: boolean;
}
