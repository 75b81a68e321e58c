// What was gathered of a trace → what queries find it by: words of its values, and terms.
// Invariant: what was added of a trace and is cleared leaves nothing of it.
import type { DatabaseSync, StatementSync } from "node:sqlite";
import { charactersIn } from "../characters.ts";
import { CHUNKS } from "../database/schema.ts";
import { END, SEPARATOR } from "../values.ts";
import type { Gathered } from "./gathered.ts";

/** Ids of terms that are remembered at most. */
const REMEMBERED = 50_000;
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
  addWords(trace: number, chunk: number, { words }: Gathered): number {
    if (words.length === 0 || chunk >= CHUNKS) return 0;
    const text = words.join(SEPARATOR) + END;
    this.#addWords.run(trace * CHUNKS + chunk, text);
    this.#addCharacters.run(trace, ...charactersIn(text));
    return text.length;
  }

  addTerms(trace: number, { terms }: Gathered): void {
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
