// The options of a tracked function, as tags and config entries give them (partial) → merged one by one.
// Invariant: one table names every option, for the tag parser, the config and the JSON Schema alike.

/** Names: all (`true`), none (`false`), or those listed. */
type Selection = boolean | readonly string[];

export type Scalar = string | number | boolean | null;

export const LEVELS = ["DEBUG", "DEFAULT", "WARNING", "ERROR"] as const;
export type Level = (typeof LEVELS)[number];

export interface SiteOptions {
  /** Span name. @default the function's own name */
  readonly name?: string;
  /** `"llm"` makes the span a generation. */
  readonly as?: "llm";
  /** Locals to record; parameters count as locals. @default false */
  readonly capture?: Selection;
  /** Own fields of `this` to record. @default false */
  readonly captureSelf?: Selection;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[];
  readonly level?: Level;
  /** Record the arguments. @default true */
  readonly args?: boolean;
  /** Record the result. @default true */
  readonly result?: boolean;
  /** Keep the span open until a returned promise settles. @default true */
  readonly settle?: boolean;
  /** Model id that a generation is priced by. */
  readonly model?: string;
}

/** How a tag writes an option, and which option it sets. */
export interface TagOption {
  readonly sets: keyof SiteOptions;
  readonly kind: "text" | "names" | "flag" | "list" | "level" | "metadata";
}

/** The options of a tag by the name the tag gives them; `metadata.<key>` is the one with a key behind a dot. */
export const TAG_OPTIONS: Readonly<Record<string, TagOption>> = {
  name: { sets: "name", kind: "text" },
  capture: { sets: "capture", kind: "names" },
  self: { sets: "captureSelf", kind: "names" },
  metadata: { sets: "metadata", kind: "metadata" },
  tags: { sets: "tags", kind: "list" },
  level: { sets: "level", kind: "level" },
  args: { sets: "args", kind: "flag" },
  result: { sets: "result", kind: "flag" },
  settle: { sets: "settle", kind: "flag" },
  model: { sets: "model", kind: "text" },
};

/** Later options win one by one; metadata is merged key by key. */
export function mergeOptions(...layers: readonly SiteOptions[]): SiteOptions {
  const merged: SiteOptions = Object.assign({}, ...layers);
  const metadata: Record<string, unknown> = Object.assign(
    {},
    ...layers.map((layer) => layer.metadata),
  );
  return Object.keys(metadata).length > 0 ? { ...merged, metadata } : merged;
}
