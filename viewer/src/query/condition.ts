// What a query asks of a trace, as data: all of these hold.

export interface Pattern {
  readonly text: string;
  /** Where anything may stand before it, or behind it. */
  readonly start: boolean;
  readonly end: boolean;
}

export const TEXT_FIELDS =
  "status project env model tag name fn user session id level kind local".split(
    " ",
  ) as readonly TextField[];
export const NUMBER_FIELDS = "duration cost tokens spans errors started".split(
  " ",
) as readonly NumberField[];

export type TextField =
  | "status"
  | "project"
  | "env"
  | "model"
  | "tag"
  | "name"
  | "fn"
  | "user"
  | "session"
  | "id"
  | "level"
  | "kind"
  | "local";
export type NumberField = "duration" | "cost" | "tokens" | "spans" | "errors" | "started";
export type Mark = "error" | "prompt" | "local" | "truncated" | "redacted";
export const MARKS: readonly Mark[] = ["error", "prompt", "local", "truncated", "redacted"];

export type Comparison = "=" | "<" | "<=" | ">" | ">=";

export type Ask =
  /** It stands somewhere in the trace, without case. */
  | { readonly kind: "word"; readonly text: string }
  /** One of the patterns fits one of its values, without case. */
  | { readonly kind: "text"; readonly field: TextField; readonly any: readonly Pattern[] }
  | { readonly kind: "meta"; readonly key: string; readonly any: readonly Pattern[] }
  | { readonly kind: "has"; readonly any: readonly Mark[] }
  | {
      readonly kind: "number";
      readonly field: NumberField;
      readonly any: readonly { readonly is: Comparison; readonly value: number }[];
    };

export type Condition = Ask & { readonly not: boolean };
