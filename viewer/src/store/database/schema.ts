// The database of the store, as SQL: version by version, each from the one before.
// Invariant: what lists and waterfalls read lies apart from the JSON of values.

/** `PRAGMA user_version` of a file that this code writes. */
export const SCHEMA_VERSION: number = 2;

/** From version n to n + 1, by n. */
export const MIGRATIONS: readonly string[] = [
  `
  CREATE TABLE traces (
    id INTEGER PRIMARY KEY,
    trace_id TEXT NOT NULL UNIQUE,
    name TEXT NOT NULL,
    project_id TEXT, environment TEXT, user_id TEXT, session_id TEXT,
    status TEXT NOT NULL,
    started REAL NOT NULL,
    duration_ms INTEGER NOT NULL,
    spans INTEGER NOT NULL, errors INTEGER NOT NULL, generations INTEGER NOT NULL,
    models TEXT NOT NULL, tags TEXT NOT NULL,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, total_tokens INTEGER NOT NULL,
    cost REAL,
    error_type TEXT, error_message TEXT,
    preview TEXT,
    source TEXT NOT NULL,
    truncated INTEGER NOT NULL, unfinished INTEGER NOT NULL,
    updated REAL NOT NULL,
    -- What its spans have, as the bits of FLAG.
    flags INTEGER NOT NULL,
    -- Messages that it came in, and their number by what they say of themselves.
    messages INTEGER NOT NULL, parts_of INTEGER NOT NULL,
    -- Rows of it in the full text, and the bytes that are in them.
    chunks INTEGER NOT NULL, indexed INTEGER NOT NULL
  ) STRICT;
  CREATE INDEX traces_by_start ON traces (started, id);
  CREATE INDEX traces_by_change ON traces (updated);

  -- The wire's trace without its spans.
  CREATE TABLE trace_json (
    trace INTEGER PRIMARY KEY REFERENCES traces (id) ON DELETE CASCADE, json TEXT NOT NULL
  ) STRICT;

  CREATE TABLE messages (
    trace INTEGER NOT NULL REFERENCES traces (id) ON DELETE CASCADE,
    digest TEXT NOT NULL, part INTEGER,
    PRIMARY KEY (trace, digest)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE spans (
    id INTEGER PRIMARY KEY,
    trace INTEGER NOT NULL REFERENCES traces (id) ON DELETE CASCADE,
    span_id TEXT NOT NULL, parent_span_id TEXT,
    name TEXT NOT NULL, kind TEXT NOT NULL, status TEXT NOT NULL, level TEXT,
    start REAL NOT NULL, duration_ms INTEGER NOT NULL,
    model TEXT,
    input_tokens INTEGER NOT NULL, output_tokens INTEGER NOT NULL, tokens INTEGER NOT NULL,
    cost REAL,
    fn TEXT, file TEXT, line INTEGER, site TEXT, hash TEXT,
    error_type TEXT, error_message TEXT,
    flags INTEGER NOT NULL, captures TEXT,
    UNIQUE (trace, span_id)
  ) STRICT;
  CREATE INDEX spans_by_hash ON spans (hash) WHERE hash IS NOT NULL;

  -- The wire's span.
  CREATE TABLE span_json (
    span INTEGER PRIMARY KEY REFERENCES spans (id) ON DELETE CASCADE, json TEXT NOT NULL
  ) STRICT;

  -- What queries ask for by equality, folded, and facets show, as it was.
  CREATE TABLE terms (
    id INTEGER PRIMARY KEY, field TEXT NOT NULL, value TEXT NOT NULL, folded TEXT NOT NULL,
    UNIQUE (field, value)
  ) STRICT;
  CREATE TABLE trace_terms (
    term INTEGER NOT NULL REFERENCES terms (id),
    trace INTEGER NOT NULL REFERENCES traces (id) ON DELETE CASCADE,
    PRIMARY KEY (term, trace)
  ) STRICT, WITHOUT ROWID;
  CREATE INDEX trace_terms_by_trace ON trace_terms (trace);

  -- A row a message: its rowid is the trace's id, and the number of the row in it.
  CREATE VIRTUAL TABLE words USING fts5 (
    text, content = '', contentless_delete = 1, tokenize = 'trigram'
  );
  CREATE VIRTUAL TABLE trigrams USING fts5vocab (words, 'row');

  CREATE TABLE sources (digest TEXT PRIMARY KEY, text TEXT NOT NULL) STRICT, WITHOUT ROWID;
  CREATE TABLE snapshots (
    hash TEXT PRIMARY KEY, file TEXT NOT NULL, site TEXT NOT NULL,
    source TEXT NOT NULL REFERENCES sources (digest)
  ) STRICT, WITHOUT ROWID;

  CREATE TABLE counters (name TEXT PRIMARY KEY, value INTEGER NOT NULL) STRICT, WITHOUT ROWID;
  INSERT INTO counters VALUES ('evicted', 0);
  `,
  `
  -- At a cap the oldest go for each that comes. SQLite would merge a part of the full text anew when
  -- a tenth of it is gone: 2,300 spans a second, and 10,000 when it waits for two fifths.
  INSERT INTO words (words, rank) VALUES ('deletemerge', 40), ('automerge', 8);

  -- Which characters a trace's words have, by CHARACTER_COLUMNS. NULL: it was there before the table.
  CREATE TABLE characters (
    trace INTEGER PRIMARY KEY REFERENCES traces (id) ON DELETE CASCADE,
    from_20 INTEGER, from_40 INTEGER, from_60 INTEGER
  ) STRICT;
  INSERT INTO characters (trace) SELECT id FROM traces;
  `,
];

/** Rows of the full text that a trace may have. */
export const CHUNKS: number = 2 ** 20;

/** What a span's values hold. A trace has what its spans have. */
export const FLAG = {
  truncated: 1,
  redacted: 2,
  prompt: 4,
  local: 8,
  unfinished: 16,
  /** Spans below it tell of its tokens, or of its cost: theirs count. */
  tokensBelow: 32,
  costBelow: 64,
} as const;
