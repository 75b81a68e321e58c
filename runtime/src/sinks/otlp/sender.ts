// Messages → requests of OTLP, each within 4 MiB → an outcome for each message.
// Invariant: we divide what a server refuses, until the one trace, or span, that it refuses is
// alone.
import { wallNow } from "../../platform/clock.ts";
import { type MappedTrace, requestText, tellsRoot, type TraceText } from "../../otlp/request.ts";
import { type Entry, type Outcome, retry, SENT } from "../../sink.ts";
import { decodeMessage } from "../../wire/message.ts";
import { type Answer, meaningOf } from "./answer.ts";
import { isLonger } from "./post.ts";

/** Of JSON before compression. Langfuse warns at 16 MB, collectors refuse from 20 MiB (2026-11). */
const REQUEST_BYTES = 4 * 1024 * 1024;

export interface Exporter {
  textOf(trace: MappedTrace, entry: Entry): TraceText;
  post(json: string, signal: AbortSignal | undefined): Promise<Answer>;
  /** Told of each answer, for what a person should know. */
  answered(answer: Answer): void;
}

/** A message with its text. Its trace is read anew where the text has to be divided. */
interface Item extends TraceText {
  readonly entry: Entry;
  /** Spans of ours. */
  readonly count: number;
}

/** @param signal ends requests under way */
export async function sendTraces(
  entries: readonly Entry[],
  exporter: Exporter,
  signal?: AbortSignal,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<Entry, Outcome>();
  const items: Item[] = [];
  for (const entry of entries) {
    try {
      const trace = messageOf(entry);
      if (tellsNothing(trace)) outcomes.set(entry, { state: "skipped", reason: "NothingToSend" });
      else items.push(itemOf(entry, trace, exporter));
    } catch {
      outcomes.set(entry, { state: "rejected", reason: "Undecodable" });
    }
  }
  await sendAll(items, { exporter, signal }, outcomes);
  return entries.map((entry) => outcomes.get(entry) ?? retry("NoOutcome"));
}

function itemOf(entry: Entry, trace: MappedTrace, exporter: Exporter): Item {
  const { group, spans } = exporter.textOf(trace, entry);
  return { entry, group, spans, count: trace.spans.length };
}

/** In the runtime `trace` decodes when it is read. Callers of their own may have the body alone. */
export function messageOf(entry: Entry): MappedTrace {
  const { part, parts, event } = entry;
  const trace = (entry as Partial<Entry>).trace;
  if (trace === undefined) return decodeMessage(entry.body);
  return {
    ...trace,
    ...(part !== undefined && { part }),
    ...(parts !== undefined && { parts }),
    ...(event !== undefined && { event }),
  };
}

/** No span, and not the trace's own. */
function tellsNothing(trace: MappedTrace): boolean {
  return trace.spans.length === 0 && !tellsRoot(trace);
}

type Outcomes = Map<Entry, Outcome>;

interface Sending {
  readonly exporter: Exporter;
  readonly signal: AbortSignal | undefined;
}

async function sendAll(
  items: readonly Item[],
  sending: Sending,
  outcomes: Outcomes,
): Promise<void> {
  const [first] = items;
  if (first === undefined) return;
  const { exporter, signal } = sending;
  const json = requestText(items);
  const tooLarge = isLonger(json, REQUEST_BYTES);
  if (tooLarge && items.length > 1) return sendHalves(items, sending, outcomes);
  if (tooLarge && first.count > 1) {
    outcomes.set(first.entry, await sendSpans(messageOf(first.entry), sending));
    return;
  }
  const answer = await exporter.post(json, signal);
  exporter.answered(answer);
  const meaning = meaningOf(answer, wallNow());
  if (meaning.next === "done") {
    note(items, meaning.outcome, outcomes);
  } else if (items.length > 1) {
    await sendHalves(items, sending, outcomes);
  } else if (meaning.next === "shrink" && first.count > 1) {
    outcomes.set(first.entry, await sendSpans(messageOf(first.entry), sending));
  } else {
    const reason = meaning.next === "shrink" ? "oversize" : `HTTP${answer.status}`;
    outcomes.set(first.entry, { state: "rejected", reason });
  }
}

/** A count of spans is told once, with the first message. */
function note(items: readonly Item[], outcome: Outcome, outcomes: Outcomes): void {
  const others = outcome.state === "sent" ? SENT : outcome;
  items.forEach(({ entry }, at) => outcomes.set(entry, at > 0 ? others : outcome));
}

async function sendHalves(
  items: readonly Item[],
  sending: Sending,
  outcomes: Outcomes,
): Promise<void> {
  const middle = Math.ceil(items.length / 2);
  await sendAll(items.slice(0, middle), sending, outcomes);
  await sendAll(items.slice(middle), sending, outcomes);
}

/** A trace in several requests, the root in the first. It is sent when all of them were taken. */
async function sendSpans(trace: MappedTrace, sending: Sending): Promise<Outcome> {
  const middle = Math.ceil(trace.spans.length / 2);
  const parts = [
    { ...trace, spans: trace.spans.slice(0, middle) },
    { ...trace, spans: trace.spans.slice(middle), late: true as const },
  ];
  let worst: Outcome = { state: "sent" };
  for (const part of parts) {
    const outcome = await sendPart(part, sending);
    if (outcome.state === "retry") return outcome;
    if (outcome.state !== "sent") worst = outcome;
  }
  return worst;
}

async function sendPart(trace: MappedTrace, sending: Sending): Promise<Outcome> {
  const entry: Entry = { id: "", traceId: trace.trace_id, body: "", digest: "", trace };
  const outcomes: Outcomes = new Map();
  await sendAll([itemOf(entry, trace, sending.exporter)], sending, outcomes);
  return outcomes.get(entry) ?? retry("NoOutcome");
}
