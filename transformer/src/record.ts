// A file's functions → what manifest, `check` and `explain` say of them, as JSON.
// Invariant: imports nothing; the same source and configuration give the same record.

/** A function that tag or configuration selects: tracked, or left untouched and why. */
export interface SiteRecord {
  /** `src/pay.ts#Shop.pay`; the second one of that name is `src/pay.ts#Shop.pay~2`. */
  readonly id: string;
  /** Qualified name: `Class.method`, `outer.inner`. */
  readonly function: string;
  /** Span name. */
  readonly name: string;
  readonly kind: "span" | "generation";
  /** Of its first character; lines and columns count from 1. */
  readonly line: number;
  readonly column: number;
  readonly end_line: number;
  /** Its own text, without the comment before it, in UTF-16 code units of the file. */
  readonly start: number;
  readonly end: number;
  /** Of its own text: see `sourceHash`. */
  readonly hash: string;
  /** The comment that marks it, or its class. */
  readonly tag: string | null;
  readonly from: "tag" | "config";
  /** The locals to record by name, or all. */
  readonly captures: "*" | readonly string[];
  /** Named as in the span's `param_names`, and properties as among its keyword arguments. */
  readonly params: readonly { readonly name: string; readonly line: number }[];
  /** Those recorded, by the names in the span: where they are declared and assigned. */
  readonly locals: readonly { readonly name: string; readonly lines: readonly number[] }[];
  /** Why it is left untouched, where it is. */
  readonly skipped: { readonly code: string; readonly message: string } | null;
}

export interface FileRecord {
  /** As spans report it: relative to the configuration or project, with forward slashes. */
  readonly file: string;
  /** Of the whole text: see `sourceHash`. */
  readonly hash: string;
  /** In the order of the text. */
  readonly sites: readonly SiteRecord[];
}
