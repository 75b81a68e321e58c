// Traces and parts of traces → rows, in one transaction.
// Invariant: a message that comes again changes nothing; a closed span is never replaced, an
// unfinished one always is.
import type { DatabaseSync } from "node:sqlite";
import type { WireSpan } from "llmops-observability/wire";
import { DEEPEST } from "../../formats/depth.ts";
import type { TraceText } from "../../formats/trace-text.ts";
import type { TraceSource } from "../../model.ts";
import { FLAG } from "../database/schema.ts";
import { inserting, inTransaction, type Row, rowsOf, updating } from "../database/statements.ts";
import { factsOf, type SpanFacts } from "../facts.ts";
import { onceEach } from "../once.ts";
import { belowOf, type Branch, branchesOf } from "../tree.ts";
import { TRACE_LENGTH } from "../values.ts";
import { DEEPEST_IN_SPAN, withinDepth } from "./depth.ts";
import { Gathered } from "./gathered.ts";
import { type Fields, mergeFields } from "./merge.ts";
import type { SearchIndex } from "./search-index.ts";
import { Beginning, type Parts, type Summary, type SummaryFacts, summaryOf } from "./summary.ts";

/** As in the port, the trace as it is read. */
export interface IncomingText {
  readonly trace: TraceText;
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
const FACT_COLUMNS = [
  ..."span_id parent_span_id start input_tokens output_tokens tokens cost".split(" "),
  ..."name kind status model flags error_type error_message".split(" "),
] as (keyof SummaryFacts)[];
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
          const { id, traceId, isNew, isChanged, hashes: own } = this.#take(incoming, now);
          if (isNew) imported++;
          seen.add(traceId);
          if (!isChanged) continue;
          changed.add(id);
          for (const hash of own) hashes.add(hash);
        }
      });
    } catch (error) {
      this.#index.forget();
      throw error;
    }
    return { imported, updated: seen.size - imported, changed: [...changed], hashes: [...hashes] };
  }

  #take(incoming: IncomingText, now: number): Taken {
    const { trace } = incoming;
    const json = JSON.stringify(trace.fields);
    const fields = withinDepth(trace.fields, json, DEEPEST);
    const message = { incoming, fields, digest: trace.digest(), now };
    const known = rowsOf<Known>(this.#statements.find, fields.trace_id).at(0);
    return known === undefined ? this.#begin(message) : this.#add(known, message);
  }

  #begin(message: Message): Taken {
    const { incoming, fields, digest, now } = message;
    const { trace_id: traceId } = fields;
    const parts = partsOf(incoming, 1);
    const row = {
      ...summaryOf(fields, [], parts),
      trace_id: traceId,
      source: incoming.source,
      preview: null,
      truncated: 0,
      updated: now,
      messages: 1,
      parts_of: parts.of,
      chunks: 0,
      indexed: 0,
    };
    // Spans refer to it; what it says of them comes last.
    const id = this.#statements.insertTrace(row);
    this.#statements.putFields.run(id, JSON.stringify(fields));
    this.#statements.putMessage.run(id, digest, partOf(incoming, fields));
    const gathered = new Gathered(TRACE_LENGTH);
    gathered.addFields(fields);
    gathered.addFieldWords(fields);
    const put = this.#putSpans(id, incoming.trace.spans(), gathered, true);
    const branches = branchesOf(put.isReplaced ? this.#factsOf(id) : put.facts);
    this.#markBelow(id, branches);
    const summary = summaryOf(fields, branches, parts);
    const counts = put.isReplaced
      ? this.#rebuild(id, 0, fields, summary.name)
      : this.#addToIndex(id, { chunks: 0, indexed: 0 }, gathered, summary.name);
    const preview = put.beginning.previewFor(fields);
    this.#statements.updateTrace({ ...row, ...summary, ...counts, preview }, id);
    return { id, traceId, isNew: true, isChanged: true, hashes: put.hashes };
  }

  #add(known: Known, message: Message): Taken {
    const { incoming, digest, now } = message;
    const { id, trace_id: traceId } = known;
    const { putMessage, replaceFields, getFields } = this.#statements;
    const same = { id, traceId, isNew: false, isChanged: false, hashes: NONE };
    if (rowsOf(this.#statements.findMessage, id, digest).length > 0) return same;
    const before = String(getFields.get(id)?.["json"] ?? "{}");
    const fields = mergeFields(JSON.parse(before) as Fields, message.fields);
    const after = JSON.stringify(fields);
    const gathered = new Gathered(TRACE_LENGTH - known.indexed);
    gathered.addFields(fields);
    if (after !== before) gathered.addFieldWords(fields);
    const put = this.#putSpans(id, incoming.trace.spans(), gathered, false);
    if (put.facts.length === 0 && !put.isReplaced && after === before) return same;
    putMessage.run(id, digest, partOf(incoming, message.fields));
    replaceFields.run(after, id);
    const branches = branchesOf(this.#factsOf(id));
    this.#markBelow(id, branches);
    const of = Math.max(known.parts_of, incoming.parts ?? 1);
    const have = Number(this.#statements.countParts.get(id)?.["n"]);
    const summary = summaryOf(fields, branches, { have: of === 1 ? 1 : have, of });
    const counts = put.isReplaced
      ? this.#rebuild(id, known.chunks, fields, summary.name)
      : this.#addToIndex(id, known, gathered, summary.name);
    const isBegun = known.preview === null || put.beginning.hasRoot;
    this.#statements.updateTrace(
      {
        ...known,
        ...summary,
        ...counts,
        preview: (isBegun ? put.beginning.previewFor(fields) : null) ?? known.preview,
        updated: now,
        messages: known.messages + 1,
        parts_of: of,
      },
      id,
    );
    return { id, traceId, isNew: false, isChanged: true, hashes: put.hashes };
  }

  /** @param isNew the trace has no spans yet */
  #putSpans(trace: number, spans: Iterable<WireSpan>, gathered: Gathered, isNew: boolean): Put {
    const beginning = new Beginning();
    const hashes = new Set<string>();
    const facts: SummaryFacts[] = [];
    const own = new Set<string>();
    const brief = briefly();
    let isReplaced = false;
    for (const whole of spans) {
      if (typeof whole?.span_id !== "string") continue;
      const { span, json, facts: all } = read(whole);
      beginning.add(span);
      const state = isNew && !own.has(span.span_id) ? "new" : this.#stateOf(trace, all, json);
      own.add(span.span_id);
      if (state === "same") continue;
      if (state === "new") this.#insertSpan(trace, all, json);
      else isReplaced = true;
      gathered.addSpan(span, all);
      if (all.hash !== null) hashes.add(all.hash);
      facts.push(brief(all));
    }
    return { beginning, hashes, facts, isReplaced };
  }

  /** A span that may be there: an unfinished one is replaced, a closed one stays. */
  #stateOf(trace: number, facts: SpanFacts, json: string): "new" | "replaced" | "same" {
    const there = rowsOf<{ id: number; flags: number }>(
      this.#statements.findSpan,
      trace,
      facts.span_id,
    ).at(0);
    if (there === undefined) return "new";
    if ((there.flags & FLAG.unfinished) === 0) return "same";
    if (this.#statements.getSpan.get(there.id)?.["json"] === json) return "same";
    this.#statements.updateSpan({ ...facts, trace }, there.id);
    this.#statements.replaceSpan.run(json, there.id);
    return "replaced";
  }

  #factsOf(trace: number): readonly SummaryFacts[] {
    const brief = briefly();
    const facts: SummaryFacts[] = [];
    const rows = this.#statements.facts.iterate(trace) as IterableIterator<SummaryFacts>;
    for (const row of rows) facts.push(brief(row));
    return facts;
  }

  #addToIndex(trace: number, known: Counts, gathered: Gathered, name: string): Counts {
    gathered.addName(name);
    const { chunks, indexed } = known;
    const length = this.#index.addWords(trace, chunks, gathered);
    this.#index.addTerms(trace, gathered);
    return length === 0 ? { chunks, indexed } : { chunks: chunks + 1, indexed: indexed + length };
  }

  /** What was found by the values of spans that are replaced now is not found any more. */
  #rebuild(trace: number, chunks: number, fields: Fields, name: string): Counts {
    this.#index.clear(trace, chunks);
    const gathered = new Gathered(TRACE_LENGTH);
    gathered.addFields(fields);
    gathered.addFieldWords(fields);
    const rows = this.#statements.spans.iterate(trace) as IterableIterator<{ json: string }>;
    for (const { json } of rows) {
      const span = JSON.parse(json) as WireSpan;
      gathered.addSpan(span, factsOf(span, json));
    }
    return this.#addToIndex(trace, { chunks: 0, indexed: 0 }, gathered, name);
  }

  #markBelow(trace: number, branches: readonly Branch<SummaryFacts>[]): void {
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
  readonly fields: Fields;
  readonly digest: string;
  readonly now: number;
}

interface Taken {
  readonly id: number;
  readonly traceId: string;
  readonly isNew: boolean;
  readonly isChanged: boolean;
  readonly hashes: ReadonlySet<string>;
}

const NONE: ReadonlySet<string> = new Set();

/** What came of a message's spans. */
interface Put {
  readonly beginning: Beginning;
  readonly hashes: ReadonlySet<string>;
  /** Of those that were not there, or stand in the place of unfinished ones. */
  readonly facts: readonly SummaryFacts[];
  readonly isReplaced: boolean;
}

type Counts = Pick<Bookkeeping, "chunks" | "indexed">;

function read(whole: WireSpan): { span: WireSpan; json: string; facts: SpanFacts } {
  const text = JSON.stringify(whole);
  const span = withinDepth(whole, text, DEEPEST_IN_SPAN);
  const json = span === whole ? text : JSON.stringify(span);
  return { span, json, facts: factsOf(span, json) };
}

/** 30,000 spans are kept until their trace is summed up: each text once, and nothing else. */
function briefly(): (facts: SummaryFacts) => SummaryFacts {
  const once = onceEach();
  return (facts) => ({
    span_id: facts.span_id,
    parent_span_id: once(facts.parent_span_id),
    start: facts.start,
    input_tokens: facts.input_tokens,
    output_tokens: facts.output_tokens,
    tokens: facts.tokens,
    cost: facts.cost,
    name: once(facts.name),
    kind: once(facts.kind),
    status: once(facts.status),
    model: once(facts.model),
    flags: facts.flags,
    error_type: once(facts.error_type),
    error_message: once(facts.error_message),
  });
}

function partsOf({ part, parts = 1 }: IncomingText, have: number): Parts {
  return parts > 1 ? { have: part === undefined ? 0 : have, of: parts } : { have: 1, of: 1 };
}

/** A late message is none of the parts that the trace was sent in. */
function partOf({ part }: IncomingText, fields: Fields): number | null {
  return fields.late === true ? null : (part ?? null);
}

type Statements = ReturnType<typeof prepare>;

function prepare(database: DatabaseSync) {
  const one = (sql: string) => database.prepare(sql);
  return {
    find: one("SELECT * FROM traces WHERE trace_id = ?"),
    insertTrace: inserting<TraceColumns & Row>(database, "traces", TRACE_COLUMNS),
    updateTrace: updating<TraceColumns & Row>(database, "traces", TRACE_COLUMNS),
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
    facts: one(`SELECT ${FACT_COLUMNS.join(", ")} FROM spans WHERE trace = ? ORDER BY id`),
    spans: one(
      "SELECT json FROM spans JOIN span_json ON span = spans.id WHERE trace = ? ORDER BY spans.id",
    ),
  };
}
