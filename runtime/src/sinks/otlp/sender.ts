// Messages → requests of OTLP, each within 4 MiB → an outcome for each message.
// Invariant: what a server refuses is divided until the one trace, or the one span, is found that it refuses.
import { wallNow } from "../../platform/clock.ts";
import type { ExportTraceServiceRequest, MappedTrace } from "../../otlp/request.ts";
import { type Entry, type Outcome, retry } from "../../sink.ts";
import { decodeMessage } from "../../wire/message.ts";
import { type Answer, meaningOf } from "./answer.ts";

/** Of JSON before compression; Langfuse only warns at 16 MB, collectors refuse from 20 MiB on (2026-11). */
const REQUEST_BYTES = 4 * 1024 * 1024;

export interface Exporter {
  request(traces: readonly MappedTrace[]): ExportTraceServiceRequest;
  post(json: string): Promise<Answer>;
  /** Told of each answer, for what a person should know. */
  answered(answer: Answer): void;
}

interface Item {
  readonly entry: Entry;
  readonly trace: MappedTrace;
}

export async function sendTraces(
  entries: readonly Entry[],
  exporter: Exporter,
): Promise<readonly Outcome[]> {
  const outcomes = new Map<Entry, Outcome>();
  const items: Item[] = [];
  for (const entry of entries) {
    try {
      items.push({ entry, trace: decodeMessage(entry.body) });
    } catch {
      outcomes.set(entry, { state: "rejected", reason: "Undecodable" });
    }
  }
  await sendAll(items, exporter, outcomes);
  return entries.map((entry) => outcomes.get(entry) ?? retry("NoOutcome"));
}

type Outcomes = Map<Entry, Outcome>;

async function sendAll(
  items: readonly Item[],
  exporter: Exporter,
  outcomes: Outcomes,
): Promise<void> {
  const [first] = items;
  if (first === undefined) return;
  const json = JSON.stringify(exporter.request(items.map(({ trace }) => trace)));
  const tooLarge = Buffer.byteLength(json) > REQUEST_BYTES;
  if (tooLarge && items.length > 1) return sendHalves(items, exporter, outcomes);
  if (tooLarge && first.trace.spans.length > 1) {
    outcomes.set(first.entry, await sendSpans(first.trace, exporter));
    return;
  }
  const answer = await exporter.post(json);
  exporter.answered(answer);
  const meaning = meaningOf(answer, wallNow());
  if (meaning.next === "done") {
    note(items, meaning.outcome, outcomes);
  } else if (items.length > 1) {
    await sendHalves(items, exporter, outcomes);
  } else if (meaning.next === "shrink" && first.trace.spans.length > 1) {
    outcomes.set(first.entry, await sendSpans(first.trace, exporter));
  } else {
    const reason = meaning.next === "shrink" ? "oversize" : `HTTP${answer.status}`;
    outcomes.set(first.entry, { state: "rejected", reason });
  }
}

/** A count of spans is told once, with the first message. */
function note(items: readonly Item[], outcome: Outcome, outcomes: Outcomes): void {
  for (const [at, { entry }] of items.entries())
    outcomes.set(entry, at > 0 && outcome.state === "sent" ? { state: "sent" } : outcome);
}

async function sendHalves(
  items: readonly Item[],
  exporter: Exporter,
  outcomes: Outcomes,
): Promise<void> {
  const middle = Math.ceil(items.length / 2);
  await sendAll(items.slice(0, middle), exporter, outcomes);
  await sendAll(items.slice(middle), exporter, outcomes);
}

/** A trace in several requests: the root goes with the first of them. It is sent when all were taken. */
async function sendSpans(trace: MappedTrace, exporter: Exporter): Promise<Outcome> {
  const middle = Math.ceil(trace.spans.length / 2);
  const parts = [
    { ...trace, spans: trace.spans.slice(0, middle) },
    { ...trace, spans: trace.spans.slice(middle), late: true as const },
  ];
  let worst: Outcome = { state: "sent" };
  for (const part of parts) {
    const outcome = await sendPart(part, exporter);
    if (outcome.state === "retry") return outcome;
    if (outcome.state !== "sent") worst = outcome;
  }
  return worst;
}

async function sendPart(trace: MappedTrace, exporter: Exporter): Promise<Outcome> {
  const entry: Entry = { id: "", traceId: trace.trace_id, body: "", digest: "" };
  const outcomes: Outcomes = new Map();
  await sendAll([{ entry, trace }], exporter, outcomes);
  return outcomes.get(entry) ?? retry("NoOutcome");
}
