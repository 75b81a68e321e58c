// A trace's fields and spans → what queries find it by: words of its values, and terms.
// Invariant: what was added of a trace and is cleared leaves nothing of it.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import type { WireSpan } from "llmops-observability/wire";
import { charactersIn } from "../characters.ts";
import { CHUNKS } from "../database/schema.ts";
import type { SpanFacts } from "../facts.ts";
import { END, SEPARATOR, searchTextOf, textsIn } from "../values.ts";
import type { Fields } from "./merge.ts";
import { textsOf } from "./summary.ts";

/** A span as it is written, and what was read of it. */
export interface Indexed {
  readonly span: WireSpan;
  readonly facts: SpanFacts;
}

/** Ids of terms that are remembered at most. */
const REMEMBERED = 50_000;
/** A longer text is no name. */
const TERM_LENGTH = 1000;
/** Entries of metadata that can be asked for, of a trace. */
const META_TERMS = 100;
const META_DEPTH = 4;
/** The runtime writes these two into each span's metadata too. */
const REPEATED = new Set(["project_id", "environment"]);

export class SearchIndex {
  readonly #known = new Map<string, number>();
  readonly #addWords: StatementSync;
  readonly #removeWords: StatementSync;
  readonly #addCharacters: StatementSync;
  readonly #removeCharacters: StatementSync;
  readonly #findTerm: StatementSync;
  readonly #addTerm: StatementSync;
  readonly #addTraceTerm: StatementSync;
  readonly #removeTraceTerms: StatementSync;

  constructor(database: DatabaseSync) {
    this.#addWords = database.prepare("INSERT INTO words (rowid, text) VALUES (?, ?)");
    this.#removeWords = database.prepare("DELETE FROM words WHERE rowid = ?");
    this.#addCharacters = database.prepare(
      `INSERT INTO characters VALUES (?, ?, ?, ?) ON CONFLICT (trace) DO UPDATE SET
         from_20 = from_20 | excluded.from_20, from_40 = from_40 | excluded.from_40,
         from_60 = from_60 | excluded.from_60`,
    );
    this.#removeCharacters = database.prepare("DELETE FROM characters WHERE trace = ?");
    this.#findTerm = database.prepare("SELECT id FROM terms WHERE field = ? AND value = ?");
    this.#addTerm = database.prepare("INSERT INTO terms (field, value, folded) VALUES (?, ?, ?)");
    this.#addTraceTerm = database.prepare("INSERT OR IGNORE INTO trace_terms VALUES (?, ?)");
    this.#removeTraceTerms = database.prepare("DELETE FROM trace_terms WHERE trace = ?");
  }

  /** @returns the length of the text that was added, 0 where none was */
  addWords(
    trace: number,
    chunk: number,
    room: number,
    fields: Fields | undefined,
    spans: readonly Indexed[],
  ): number {
    const parts: string[] = [];
    let left = room;
    const add = (text: string): void => {
      if (text === "" || left <= 0) return;
      parts.push(text.slice(0, left));
      left -= text.length + 1;
    };
    if (fields !== undefined) {
      add(typeof fields.trace_name === "string" ? fields.trace_name : "");
      for (const value of [fields.trace_input, fields.trace_output])
        for (const { text } of textsIn("", value)) add(text);
    }
    for (const { span } of spans) {
      if (left <= 0) break;
      add(searchTextOf(span, left));
    }
    if (parts.length === 0 || chunk >= CHUNKS) return 0;
    const text = parts.join(SEPARATOR) + END;
    this.#addWords.run(trace * CHUNKS + chunk, text);
    this.#addCharacters.run(trace, ...charactersIn(text));
    return text.length;
  }

  addTerms(trace: number, fields: Fields, name: string, spans: readonly Indexed[]): void {
    const terms = new Map<string, Set<string>>();
    const add = (field: string, value: unknown): void => {
      if (typeof value !== "string" || value === "" || value.length > TERM_LENGTH) return;
      const values = terms.get(field);
      if (values === undefined) terms.set(field, new Set([value]));
      else values.add(value);
    };
    add("name", name);
    add("project", fields.project_id);
    add("env", fields.environment);
    add("user", fields.user_id);
    add("session", fields.session_id);
    for (const tag of textsOf(fields.tags)) add("tag", tag);
    const meta = new Set<string>(entriesIn(fields.metadata));
    for (const { span, facts } of spans) {
      add("model", facts.model);
      add("fn", facts.fn);
      add("level", facts.level);
      add("kind", facts.kind);
      for (const local of Object.keys(span.input_data?.locals ?? {})) add("local", local);
      for (const tag of textsOf(span.tags)) add("tag", tag);
      if (meta.size < META_TERMS)
        for (const entry of entriesIn(span.metadata)) if (isOwn(entry)) meta.add(entry);
    }
    for (const entry of [...meta].slice(0, META_TERMS)) add("meta", entry);
    for (const [field, values] of terms)
      for (const value of values) this.#addTraceTerm.run(this.#idOf(field, value), trace);
  }

  #idOf(field: string, value: string): number {
    const key = `${field}:${value}`;
    const known = this.#known.get(key);
    if (known !== undefined) return known;
    const id = Number(
      this.#findTerm.get(field, value)?.["id"] ??
        this.#addTerm.run(field, value, value.toLowerCase()).lastInsertRowid,
    );
    if (this.#known.size >= REMEMBERED) this.#known.clear();
    this.#known.set(key, id);
    return id;
  }

  clear(trace: number, chunks: number): void {
    for (let chunk = 0; chunk < chunks; chunk++) this.#removeWords.run(trace * CHUNKS + chunk);
    this.#removeCharacters.run(trace);
    this.#removeTraceTerms.run(trace);
  }

  /** Terms were removed, or never written after all. */
  forget(): void {
    this.#known.clear();
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
