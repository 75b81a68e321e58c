// Entries → requests of one destination, each as large as it takes → an outcome for each entry.
// Invariant: what is refused is divided until the one trace, or the one span, is found; a request
// that was taken is not made again while its trace's others are repeated.
import { type Answer, meaningOf } from "../from-runtime-http.ts";
import type { Entry, Outcome } from "../sink.ts";
import { inParallel } from "./parallel.ts";
import { type MappedTrace, tellsNothing, toldBy } from "./told.ts";

export interface Exporter<R> {
  /** Several traces go in one request, where they fit. */
  readonly together: boolean;
  requestsOf(traces: readonly MappedTrace[]): readonly R[];
  /** In two, by span; one span is one. */
  halvesOf(request: R): readonly R[];
  post(request: R, signal: AbortSignal): Promise<Answer>;
}

interface Item {
  readonly entry: Entry;
  readonly trace: MappedTrace;
}

/** Requests at the same time, of a destination that takes a trace each. */
const IN_FLIGHT = 4;
/**
 * Traces in several requests of which some were taken and some were not: more of them are
 * forgotten.
 */
const MAX_HALF_TAKEN = 1000;

const SENT: Outcome = { state: "sent" };

export class Requests<R> {
  readonly #exporter: Exporter<R>;
  /** Which of a trace's requests were taken, by the id of its entry. */
  readonly #taken = new Map<string, Set<number>>();

  constructor(exporter: Exporter<R>) {
    this.#exporter = exporter;
  }

  async send(entries: readonly Entry[], signal: AbortSignal): Promise<readonly Outcome[]> {
    const outcomes = new Map<Entry, Outcome>();
    const items: Item[] = [];
    for (const entry of entries) {
      const trace = toldBy(entry);
      if (tellsNothing(trace)) outcomes.set(entry, { state: "skipped", reason: "nothing to send" });
      else items.push({ entry, trace });
    }
    if (this.#exporter.together) await this.#sendTogether(items, signal, outcomes);
    else await inParallel(IN_FLIGHT, items, (item) => this.#sendTogether([item], signal, outcomes));
    return entries.map((entry) => outcomes.get(entry) ?? { state: "retry", reason: "not sent" });
  }

  async #sendTogether(
    items: readonly Item[],
    signal: AbortSignal,
    outcomes: Map<Entry, Outcome>,
  ): Promise<void> {
    const [first] = items;
    if (first === undefined) return;
    const requests = this.#requestsOf(items);
    if (items.length === 1) {
      outcomes.set(
        first.entry,
        requests === undefined
          ? { state: "rejected", reason: "it cannot be mapped" }
          : await this.#sendAll(first.entry.id, requests, signal),
      );
      return;
    }
    const [request] = requests ?? [];
    if (request !== undefined && requests?.length === 1) {
      const meaning = meaningOf(await this.#exporter.post(request, signal), Date.now());
      if (meaning.next === "done") {
        for (const { entry } of items) outcomes.set(entry, meaning.outcome);
        return;
      }
    }
    const middle = Math.ceil(items.length / 2);
    await this.#sendTogether(items.slice(0, middle), signal, outcomes);
    await this.#sendTogether(items.slice(middle), signal, outcomes);
  }

  #requestsOf(items: readonly Item[]): readonly R[] | undefined {
    try {
      return this.#exporter.requestsOf(items.map(({ trace }) => trace));
    } catch {
      return undefined;
    }
  }

  /** One trace's requests. It is sent when all were taken. */
  async #sendAll(id: string, requests: readonly R[], signal: AbortSignal): Promise<Outcome> {
    const taken = this.#taken.get(id) ?? new Set<number>();
    let worst = SENT;
    for (const [at, request] of requests.entries()) {
      if (taken.has(at)) continue;
      const outcome = await this.#sendOne(request, signal);
      if (outcome.state === "retry") {
        if (taken.size > 0) this.#remember(id, taken);
        return outcome;
      }
      taken.add(at);
      if (outcome.state === "rejected") worst = outcome;
    }
    this.#taken.delete(id);
    return worst;
  }

  async #sendOne(request: R, signal: AbortSignal): Promise<Outcome> {
    const answer = await this.#exporter.post(request, signal);
    const meaning = meaningOf(answer, Date.now());
    if (meaning.next === "done") return meaning.outcome;
    if (meaning.next === "divide") return { state: "rejected", reason: `HTTP${answer.status}` };
    const halves = this.#exporter.halvesOf(request);
    if (halves.length < 2) return { state: "rejected", reason: "a span is too large" };
    let worst = SENT;
    for (const half of halves) {
      const outcome = await this.#sendOne(half, signal);
      if (outcome.state === "retry") return outcome;
      if (outcome.state === "rejected") worst = outcome;
    }
    return worst;
  }

  #remember(id: string, taken: Set<number>): void {
    this.#taken.set(id, taken);
    const [oldest = ""] = this.#taken.keys();
    if (this.#taken.size > MAX_HALF_TAKEN) this.#taken.delete(oldest);
  }
}
