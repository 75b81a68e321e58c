// Traces and parts of traces → rows, in one transaction.
// Invariant: a message that comes again changes nothing; a closed span is never replaced, an
// unfinished one always is.
import { createHash } from "node:crypto";
import type { DatabaseSync } from "node:sqlite";
import type { WireSpan, WireTrace } from "llmops-observability/wire";
import type { TraceSource } from "../../model.ts";
import { FLAG } from "../database/schema.ts";
import { inserting, inTransaction, type Row, rowsOf, updating } from "../database/statements.ts";
import { factsOf, type SpanFacts } from "../facts.ts";
import { belowOf, type Branch, branchesOf } from "../tree.ts";
import { TRACE_LENGTH } from "../values.ts";
import { withinDepth } from "./depth.ts";
import { type Fields, mergeFields } from "./merge.ts";
import { type Indexed, SearchIndex } from "./search-index.ts";
import { type Parts, previewOf, type Summary, summaryOf } from "./summary.ts";

/** As in the port, the trace as JSON. */
export interface IncomingText {
  readonly json: string;
  readonly source: TraceSource;
  readonly part?: number | undefined;
  readonly parts?: number | undefined;
}

export interface Ingested {
  readonly imported: number;
  readonly updated: number;
  /** Ids of rows that say something else now. */
  readonly changed: readonly number[];
  readonly hashes: readonly string[];
}

/** What a trace's row has beside its summary. */
interface Bookkeeping {
  readonly trace_id: string;
  readonly source: string;
  readonly preview: string | null;
  readonly truncated: number;
  readonly updated: number;
  readonly messages: number;
  readonly parts_of: number;
  readonly chunks: number;
  readonly indexed: number;
}

type TraceColumns = Summary & Bookkeeping;
type Known = TraceColumns & { readonly id: number };
type SpanColumns = SpanFacts & { readonly trace: number };

const SPAN_COLUMNS = [
  ..."trace span_id parent_span_id name kind status level start duration_ms model".split(" "),
  ..."input_tokens output_tokens tokens cost fn file line site hash".split(" "),
  ..."error_type error_message flags captures".split(" "),
] as (keyof SpanColumns)[];
const TRACE_COLUMNS = [
  ..."trace_id name project_id environment user_id session_id status started".split(" "),
  ..."duration_ms spans errors generations models tags input_tokens output_tokens".split(" "),
  ..."total_tokens cost error_type error_message preview source truncated".split(" "),
  ..."unfinished updated flags messages parts_of chunks indexed".split(" "),
] as (keyof TraceColumns)[];

export class TraceWriter {
  readonly #database: DatabaseSync;
  readonly #index: SearchIndex;
  readonly #statements: Statements;

  constructor(database: DatabaseSync, index: SearchIndex) {
    this.#database = database;
    this.#index = index;
    this.#statements = prepare(database);
  }

  /** @param now in Unix seconds */
  ingest(batch: readonly IncomingText[], now: number): Ingested {
    const changed = new Set<number>();
    const hashes = new Set<string>();
    const seen = new Set<string>();
    let imported = 0;
    try {
      inTransaction(this.#database, () => {
        for (const incoming of batch) {
          const { id, traceId, isNew, isChanged, facts } = this.#take(incoming, now);
          if (isNew) imported++;
          seen.add(traceId);
          if (!isChanged) continue;
          changed.add(id);
          for (const { hash } of facts) if (hash !== null) hashes.add(hash);
        }
      });
    } catch (error) {
      this.#index.forget();
      throw error;
    }
    return { imported, updated: seen.size - imported, changed: [...changed], hashes: [...hashes] };
  }

  #take(incoming: IncomingText, now: number): Taken {
    const { json } = incoming;
    const trace = withinDepth(JSON.parse(json) as WireTrace, json);
    const fields: Fields = { ...trace, spans: [] };
    const traceId = fields.trace_id;
    const own = trace.spans.filter((span) => typeof span?.span_id === "string");
    const known = rowsOf<Known>(this.#statements.find, traceId).at(0);
    const digest = createHash("sha256").update(json).digest("hex").slice(0, 32);
    return known === undefined
      ? this.#begin({ incoming, traceId, fields, spans: own, digest, now })
      : this.#add(known, { incoming, traceId, fields, spans: own, digest, now });
  }

  #begin(message: Message): Taken {
    const { incoming, traceId, fields, digest, now } = message;
    // Of two spans with one id in a message, the closed one is right.
    const spans = [
      ...new Map(message.spans.toSorted(closedLast).map((one) => [one.span_id, one])).values(),
    ];
    const inOrder = spans.length === message.spans.length ? message.spans : spans;
    const indexed = inOrder.map((span) => ({ span, ...jsonAndFacts(span) }));
    const facts = indexed.map((one) => one.facts);
    const parts = partsOf(incoming, 1);
    const branches = branchesOf(facts);
    const summary = summaryOf(fields, branches, parts);
    const row = {
      ...summary,
      trace_id: traceId,
      source: incoming.source,
      preview: previewFor(fields, inOrder),
      truncated: 0,
      updated: now,
      messages: 1,
      parts_of: parts.of,
      chunks: 0,
      indexed: 0,
    };
    const id = this.#statements.insertTrace(row);
    this.#statements.putFields.run(id, JSON.stringify(fields));
    this.#statements.putMessage.run(id, digest, partOf(incoming, fields));
    for (const one of indexed) this.#insertSpan(id, one.facts, one.json);
    this.#markBelow(id, branches);
    const length = this.#index.addWords(id, 0, TRACE_LENGTH, fields, indexed);
    if (length > 0) this.#statements.setChunks.run(1, length, id);
    this.#index.addTerms(id, fields, summary.name, indexed);
    return { id, traceId, isNew: true, isChanged: true, facts };
  }

  #add(known: Known, message: Message): Taken {
    const { incoming, traceId, digest, now } = message;
    const { id } = known;
    const { putMessage, replaceFields, getFields } = this.#statements;
    const same = { id, traceId, isNew: false, isChanged: false, facts: [] };
    if (rowsOf(this.#statements.findMessage, id, digest).length > 0) return same;
    const before = String(getFields.get(id)?.["json"] ?? "{}");
    const known_ = JSON.parse(before) as Fields;
    const fields = mergeFields(known_, message.fields);
    const after = JSON.stringify(fields);
    const { added, replaced } = this.#merge(id, message.spans);
    if (added.length === 0 && !replaced && after === before) return same;
    putMessage.run(id, digest, partOf(incoming, message.fields));
    replaceFields.run(after, id);
    const branches = branchesOf(rowsOf<SpanFacts>(this.#statements.facts, id));
    this.#markBelow(id, branches);
    const of = Math.max(known.parts_of, incoming.parts ?? 1);
    const have = Number(this.#statements.countParts.get(id)?.["n"]);
    const summary = summaryOf(fields, branches, { have: of === 1 ? 1 : have, of });
    const counted = { ...known };
    if (replaced) Object.assign(counted, this.#rebuild(id, known.chunks, fields, summary.name));
    else {
      const room = TRACE_LENGTH - known.indexed;
      const renamed = after === before ? undefined : fields;
      const length = this.#index.addWords(id, known.chunks, room, renamed, added);
      if (length > 0)
        Object.assign(counted, { chunks: known.chunks + 1, indexed: known.indexed + length });
      this.#index.addTerms(id, fields, summary.name, added);
    }
    const preview = previewFor(fields, message.spans) ?? known.preview;
    this.#statements.updateTrace(
      {
        ...counted,
        ...summary,
        preview: known.preview === null || isRootIn(message.spans) ? preview : known.preview,
        updated: now,
        messages: known.messages + 1,
        parts_of: of,
      },
      id,
    );
    return { id, traceId, isNew: false, isChanged: true, facts: added.map((one) => one.facts) };
  }

  /** @returns spans that were not there, or stand in the place of unfinished ones */
  #merge(trace: number, spans: readonly WireSpan[]): { added: Indexed[]; replaced: boolean } {
    const added = new Map<string, Indexed>();
    let replaced = false;
    for (const span of spans) {
      const there = rowsOf<{ id: number; flags: number }>(
        this.#statements.findSpan,
        trace,
        span.span_id,
      ).at(0);
      const { json, facts } = jsonAndFacts(span);
      if (there === undefined) this.#insertSpan(trace, facts, json);
      else if ((there.flags & FLAG.unfinished) === 0) continue;
      else {
        if (this.#statements.getSpan.get(there.id)?.["json"] === json) continue;
        this.#statements.updateSpan({ ...facts, trace }, there.id);
        this.#statements.replaceSpan.run(json, there.id);
        replaced = true;
      }
      added.set(span.span_id, { span, facts });
    }
    return { added: [...added.values()], replaced };
  }

  /** What was found by the values of spans that are replaced now is not found any more. */
  #rebuild(
    id: number,
    chunks: number,
    fields: Fields,
    name: string,
  ): { chunks: number; indexed: number } {
    this.#index.clear(id, chunks);
    const all = rowsOf<{ json: string }>(this.#statements.spans, id).map(({ json }) => {
      const span = JSON.parse(json) as WireSpan;
      return { span, facts: factsOf(span, json) };
    });
    this.#index.addTerms(id, fields, name, all);
    const length = this.#index.addWords(id, 0, TRACE_LENGTH, fields, all);
    return { chunks: length > 0 ? 1 : 0, indexed: length };
  }

  #markBelow(trace: number, branches: readonly Branch<SpanFacts>[]): void {
    for (const branch of branches) {
      const { flags, span_id: spanId } = branch.span;
      const bits = belowOf(branch);
      if ((flags & bits) !== bits) this.#statements.addFlags.run(bits, trace, spanId);
    }
  }

  #insertSpan(trace: number, facts: SpanFacts, json: string): void {
    const id = this.#statements.insertSpan({ ...facts, trace });
    this.#statements.putSpan.run(id, json);
  }
}

interface Message {
  readonly incoming: IncomingText;
  readonly traceId: string;
  readonly fields: Fields;
  readonly spans: readonly WireSpan[];
  readonly digest: string;
  readonly now: number;
}

interface Taken {
  readonly id: number;
  readonly traceId: string;
  readonly isNew: boolean;
  readonly isChanged: boolean;
  readonly facts: readonly SpanFacts[];
}

function jsonAndFacts(span: WireSpan): { json: string; facts: SpanFacts } {
  const json = JSON.stringify(span);
  return { json, facts: factsOf(span, json) };
}

const closedLast = (a: WireSpan, b: WireSpan): number =>
  Number(b.unfinished === true) - Number(a.unfinished === true);

function partsOf({ part, parts = 1 }: IncomingText, have: number): Parts {
  return parts > 1 ? { have: part === undefined ? 0 : have, of: parts } : { have: 1, of: 1 };
}

/** A late message is none of the parts that the trace was sent in. */
function partOf({ part }: IncomingText, fields: Fields): number | null {
  return fields.late === true ? null : (part ?? null);
}

const isRoot = (span: WireSpan): boolean => typeof span.parent_span_id !== "string";
const isRootIn = (spans: readonly WireSpan[]): boolean => spans.some(isRoot);

function previewFor(fields: Fields, spans: readonly WireSpan[]): string | null {
  const byStart = spans.toSorted((a, b) => a.start_time - b.start_time);
  const root = byStart.find(isRoot);
  const prompt = byStart.find((span) => typeof span.prompt === "string")?.prompt;
  return previewOf(fields.trace_input, root?.input_data, prompt);
}

type Statements = ReturnType<typeof prepare>;

function prepare(database: DatabaseSync) {
  const one = (sql: string) => database.prepare(sql);
  return {
    find: one("SELECT * FROM traces WHERE trace_id = ?"),
    insertTrace: inserting<TraceColumns & Row>(database, "traces", TRACE_COLUMNS),
    updateTrace: updating<TraceColumns & Row>(database, "traces", TRACE_COLUMNS),
    setChunks: one("UPDATE traces SET chunks = ?, indexed = ? WHERE id = ?"),
    getFields: one("SELECT json FROM trace_json WHERE trace = ?"),
    putFields: one("INSERT INTO trace_json VALUES (?, ?)"),
    replaceFields: one("UPDATE trace_json SET json = ? WHERE trace = ?"),
    findMessage: one("SELECT 1 FROM messages WHERE trace = ? AND digest = ?"),
    putMessage: one("INSERT INTO messages VALUES (?, ?, ?)"),
    countParts: one("SELECT count(DISTINCT part) AS n FROM messages WHERE trace = ?"),
    findSpan: one("SELECT id, flags FROM spans WHERE trace = ? AND span_id = ?"),
    insertSpan: inserting<SpanColumns & Row>(database, "spans", SPAN_COLUMNS),
    updateSpan: updating<SpanColumns & Row>(database, "spans", SPAN_COLUMNS),
    addFlags: one("UPDATE spans SET flags = flags | ? WHERE trace = ? AND span_id = ?"),
    putSpan: one("INSERT INTO span_json VALUES (?, ?)"),
    getSpan: one("SELECT json FROM span_json WHERE span = ?"),
    replaceSpan: one("UPDATE span_json SET json = ? WHERE span = ?"),
    facts: one(`SELECT ${SPAN_COLUMNS.join(", ")} FROM spans WHERE trace = ? ORDER BY id`),
    spans: one(
      "SELECT json FROM spans JOIN span_json ON span = spans.id WHERE trace = ? ORDER BY spans.id",
    ),
  };
}
