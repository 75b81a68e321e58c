// Traces whose spans Langfuse has → their scores, one request each.
// Invariant: a score that is refused for what is in it is counted, and holds up nothing.
import { langfuseScores } from "../../otlp/langfuse.ts";
import type { MappedTrace } from "../../otlp/request.ts";
import { wallNow } from "../../platform/clock.ts";
import { count } from "../../platform/report.ts";
import { type Entry, type Outcome, retry } from "../../sink.ts";
import { type Answer, meaningOf } from "./answer.ts";
import { messageOf } from "./sender.ts";

/** Each part of a trace repeats its scores: the first tells them. */
function tellsScores({ scores, part = 1 }: MappedTrace): boolean {
  return part <= 1 && (scores ?? []).length > 0;
}

function scoresOf(trace: MappedTrace): ReturnType<typeof langfuseScores> {
  return tellsScores(trace) ? langfuseScores(trace) : [];
}

type Post = (json: string, signal: AbortSignal | undefined) => Promise<Answer>;

export class ScoreSender {
  readonly #post: Post;
  readonly #answered: (answer: Answer) => void;
  /** By id: messages whose spans were taken (and with what outcome), but whose scores were not. */
  readonly #spansTaken = new Map<string, Outcome>();
  /** Messages whose trace was read, and has no score. */
  readonly #scoreless = new WeakSet<Entry>();

  constructor(post: Post, answered: (answer: Answer) => void) {
    this.#post = post;
    this.#answered = answered;
  }

  hasSpans({ id }: Entry): boolean {
    return this.#spansTaken.has(id);
  }

  /** A trace is read once, for its spans and for this. */
  note(entry: Entry, trace: MappedTrace): void {
    if (!tellsScores(trace)) this.#scoreless.add(entry);
  }

  /** @param outcomes of the spans that were sent now */
  async send(
    entries: readonly Entry[],
    outcomes: ReadonlyMap<Entry, Outcome | undefined>,
    signal?: AbortSignal,
  ): Promise<readonly Outcome[]> {
    const all: Outcome[] = [];
    for (const entry of entries) {
      const spans = outcomes.get(entry) ?? this.#spansTaken.get(entry.id) ?? retry("NoOutcome");
      all.push(spans.state === "sent" ? await this.#sendScores(entry, spans, signal) : spans);
    }
    return all;
  }

  async #sendScores(
    entry: Entry,
    spans: Outcome,
    signal: AbortSignal | undefined,
  ): Promise<Outcome> {
    this.#spansTaken.delete(entry.id);
    const scores = this.#scoreless.has(entry) ? [] : scoresOf(messageOf(entry));
    for (const score of scores) {
      const answer = await this.#post(JSON.stringify(score), signal);
      this.#answered(answer);
      const meaning = meaningOf(answer, wallNow());
      if (meaning.next !== "done") count("score_refused");
      else if (meaning.outcome.state === "retry") {
        this.#spansTaken.set(entry.id, spans);
        return meaning.outcome;
      }
    }
    return spans;
  }
}
