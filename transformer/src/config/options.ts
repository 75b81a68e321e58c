// The options of a tracked function, a row each → how they are written, merged and passed on.
// Invariant: a new option is one row; tag parser, schema, types, merging and facts read the table.
import type { SiteFacts } from "../abi.ts";

/** By the kind of an option: what it is set to. */
interface Values {
  /** Any text. */
  text: string;
  /** Yes or no. */
  flag: boolean;
  /** Names: all (`true`), none (`false`), or those listed. */
  names: boolean | string[];
  /** Texts; in tags, separated by commas. */
  list: string[];
  /** Merged key by key; in tags, `key.x=y` sets one. */
  record: Record<string, unknown>;
  /** One of those in `of`. */
  choice: string;
}

export interface OptionRow {
  readonly kind: keyof Values;
  /** Of a choice. */
  readonly of?: readonly string[];
  /** The name that tags give it, if they set it. */
  readonly tag?: string;
  /** It names or prices one function: entries of the configuration set it, `defaults` do not. */
  readonly single?: true;
  /** Of tags, only `@trackLlm` takes it. */
  readonly llm?: true;
  /** The fact by which the runtime is told the option as it is; a flag only where it is off. */
  readonly fact?: keyof SiteFacts;
  /** For editors; types have the comment. */
  readonly description?: string;
}

/** In the order of the facts in compiled code. */
const OPTIONS = {
  /** `"llm"` makes the span a generation. */
  as: { kind: "choice", of: ["llm"], single: true },
  /** Span name. @default the function's own name */
  name: { kind: "text", tag: "name", single: true },
  /** Model id that a generation is priced by. */
  model: { kind: "text", tag: "model", single: true, llm: true, fact: "model" },
  /** Locals to record; parameters count as locals. @default false */
  capture: {
    kind: "names",
    tag: "capture",
    description: "Locals to record: all (true), none, or those named.",
  },
  /** Own fields of `this` to record. @default false */
  captureSelf: { kind: "names", tag: "self", description: "Own fields of `this` to record." },
  metadata: { kind: "record", tag: "metadata", fact: "metadata" },
  tags: { kind: "list", tag: "tags", fact: "tags" },
  level: {
    kind: "choice",
    of: ["DEBUG", "DEFAULT", "WARNING", "ERROR"],
    tag: "level",
    fact: "level",
  },
  /** Record the arguments. @default true */
  args: { kind: "flag", tag: "args" },
  /** Record the result. @default true */
  result: { kind: "flag", tag: "result", fact: "result" },
  /** Keep the span open until a returned promise settles. @default true */
  settle: { kind: "flag", tag: "settle", fact: "settle" },
} as const;

type Table = typeof OPTIONS;
export type OptionKey = keyof Table;
type SingleKey = { [K in OptionKey]: Table[K] extends { single: true } ? K : never }[OptionKey];

/** What an option may be set to. */
type ValueOf<K extends OptionKey> = Table[K] extends { of: readonly (infer T)[] }
  ? T
  : Values[Table[K]["kind"]];

/** As tags and entries of the configuration give them: all are optional, and later layers win. */
export type SiteOptions = { readonly [K in keyof Table]?: Readonly<ValueOf<K>> };

/** As the configuration writes those of one entry. */
export type RawSingleOptions = {
  -readonly [K in keyof Table as K extends SingleKey ? K : never]?: ValueOf<K> | undefined;
};

/** As the configuration writes those of an entry or of the defaults. */
export type RawSharedOptions = {
  -readonly [K in keyof Table as K extends SingleKey ? never : K]?: ValueOf<K> | undefined;
};

const ROWS: Readonly<Record<OptionKey, OptionRow>> = OPTIONS;

export const OPTION_ROWS: readonly (readonly [OptionKey, OptionRow])[] = Object.entries(ROWS) as [
  OptionKey,
  OptionRow,
][];

/** Later options win one by one, the keys of a record one by one too. */
export function mergeOptions(...layers: readonly SiteOptions[]): SiteOptions {
  const merged: SiteOptions = Object.assign({}, ...layers);
  for (const [key, { kind }] of OPTION_ROWS) {
    if (kind !== "record") continue;
    const record: object = Object.assign({}, ...layers.map((layer) => layer[key]));
    if (Object.keys(record).length > 0) Object.assign(merged, { [key]: record });
  }
  return merged;
}

/** The facts of the options that the runtime takes as they are. */
export function factsOf(options: SiteOptions): Partial<SiteFacts> {
  const facts: Record<string, unknown> = {};
  for (const [key, { kind, fact }] of OPTION_ROWS) {
    const value = options[key];
    if (fact === undefined || value === undefined || (kind === "flag" && value === true)) continue;
    facts[fact] = value;
  }
  return facts;
}
