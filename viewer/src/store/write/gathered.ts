// A trace's fields, and its spans one by one → what the search index takes of them.
// Invariant: of the spans themselves nothing is kept.
import type { WireSpan } from "llmops-observability/wire";
import type { SpanFacts } from "../facts.ts";
import { searchTextOf, textsIn } from "../values.ts";
import type { Fields } from "./merge.ts";
import { textsOf } from "./summary.ts";

/** A longer text is no name. */
const TERM_LENGTH = 1000;
/** Entries of metadata that can be asked for, of a trace. */
const META_TERMS = 100;
const META_DEPTH = 4;
/** The runtime writes these two into each span's metadata too. */
const REPEATED = new Set(["project_id", "environment"]);

export class Gathered {
  readonly words: string[] = [];
  /** Values by field. */
  readonly terms: Map<string, Set<string>> = new Map<string, Set<string>>();
  #room: number;

  /** @param room for words, in UTF-16 units */
  constructor(room: number) {
    this.#room = room;
  }

  addFields(fields: Fields): void {
    this.#addTerm("project", fields.project_id);
    this.#addTerm("env", fields.environment);
    this.#addTerm("user", fields.user_id);
    this.#addTerm("session", fields.session_id);
    for (const tag of textsOf(fields.tags)) this.#addTerm("tag", tag);
    this.#addMeta(fields.metadata, () => true);
  }

  addFieldWords(fields: Fields): void {
    this.#addWords(typeof fields.trace_name === "string" ? fields.trace_name : "");
    for (const value of [fields.trace_input, fields.trace_output])
      for (const { text } of textsIn("", value)) this.#addWords(text);
  }

  /** @param name the trace's own, or its first span's */
  addName(name: string): void {
    this.#addTerm("name", name);
  }

  addSpan(span: WireSpan, facts: SpanFacts): void {
    if (this.#room > 0) this.#addWords(searchTextOf(span, this.#room));
    this.#addTerm("model", facts.model);
    this.#addTerm("fn", facts.fn);
    this.#addTerm("level", facts.level);
    this.#addTerm("kind", facts.kind);
    for (const local of Object.keys(span.input_data?.locals ?? {})) this.#addTerm("local", local);
    for (const tag of textsOf(span.tags)) this.#addTerm("tag", tag);
    this.#addMeta(span.metadata, isOwn);
  }

  #addWords(text: string): void {
    if (text === "" || this.#room <= 0) return;
    this.words.push(text.slice(0, this.#room));
    this.#room -= text.length + 1;
  }

  #addTerm(field: string, value: unknown): void {
    if (typeof value !== "string" || value === "" || value.length > TERM_LENGTH) return;
    const values = this.terms.get(field);
    if (values === undefined) this.terms.set(field, new Set([value]));
    else values.add(value);
  }

  #addMeta(metadata: unknown, isTaken: (entry: string) => boolean): void {
    if ((this.terms.get("meta")?.size ?? 0) >= META_TERMS) return;
    for (const entry of entriesIn(metadata)) {
      if (!isTaken(entry)) continue;
      this.#addTerm("meta", entry);
      if ((this.terms.get("meta")?.size ?? 0) >= META_TERMS) return;
    }
  }
}

const isOwn = (entry: string): boolean => !REPEATED.has(entry.slice(0, entry.indexOf("=")));

/** As `key=value`, of inner objects `outer.inner=value`. */
function* entriesIn(value: unknown, prefix = "", depth = 0): Generator<string> {
  if (typeof value !== "object" || value === null || depth > META_DEPTH) return;
  for (const [key, inner] of Object.entries(value)) {
    const path = prefix === "" ? key : `${prefix}.${key}`;
    if (typeof inner === "object") yield* entriesIn(inner, path, depth + 1);
    else yield `${path}=${String(inner)}`;
  }
}
