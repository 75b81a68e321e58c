// One call of a `@trackLlm` function: its arguments and its result → prompt, model, reply, stream.
// Invariant: told by shape, never by import; an unknown shape yields nothing, never a guess; texts
// are cut and masked as soon as they are taken.
import { isPlainPromise, whenFulfilled } from "../promises/native-promise.ts";
import { encoding } from "../encode/current.ts";
import { count, report } from "../platform/report.ts";
import type { Site } from "../abi.ts";
import { isAborted, signalIn } from "./streams/abort.ts";
import { isAbort, providerFacts, responseFacts } from "./provider-error.ts";
import { foldPart } from "./providers/index.ts";
import { together } from "./fold.ts";
import { createFold, type End, Observation, type StreamListener } from "./streams/observation.ts";
import { promptText, requestedModel } from "./prompt.ts";
import { field, firstKey, isObject } from "../platform/own-properties.ts";
import type { Reply } from "./reply.ts";
import { answerIn, isHelper, isLoop, observeStream, watchInside } from "./streams/observe.ts";

/** Which step named the model. */
export type ModelSource = "option" | "argument" | "response" | "MODEL_ID" | "default";

/** Whose span stays open until a stream has ended. */
export interface StreamWaiting {
  /** @param ended monotonic ms; `thrown`: what it failed with */
  streamed(ended: number, failed: boolean, thrown: unknown): void;
}

/** The span of a generation: where it stands. */
export interface CallSpan extends StreamWaiting {
  readonly parent: CallSpan | undefined;
}

/** The innermost generation that an answer, or a stream's first chunk, came to. */
const answers = new WeakMap<object, Generation>();

function isWithin(span: CallSpan, outer: CallSpan): boolean {
  for (let at: CallSpan | undefined = span; at !== undefined; at = at.parent)
    if (at === outer) return true;
  return false;
}

export class Generation implements StreamListener {
  /** Hands on the answer of a generation within it, whose tokens count once in the trace. */
  repeats = false;
  readonly prompt: string | undefined;
  /** Named by the call: the site's option, or an argument. */
  readonly model: string | undefined;
  readonly modelSource: ModelSource | undefined;
  /** Text cut and masked. */
  reply: Reply | undefined;
  /** JSON. */
  toolCalls: string | undefined;
  /** JSON; where the result itself says nothing, as a stream. */
  output: string | undefined;
  /**
   * What is to be said of the outcome: `cancelled`, a raw response's status, a provider's request
   * id.
   */
  note: string | undefined;
  /** The stream that it returned, or that it is. */
  stream: Observation | undefined;
  readonly #helpers: Helper[] = [];
  /** Whether it yielded, and was not resumed since. */
  #left = false;
  readonly #owner: CallSpan;
  #waiting: StreamWaiting | undefined;
  /** By this the caller may abort. Weak: the stream may be its listener. */
  #signal: WeakRef<AbortSignal> | undefined;

  constructor({ facts, args, kwargs }: Site, values: readonly unknown[], owner: CallSpan) {
    this.#owner = owner;
    const { encoder, limits } = encoding;
    const prompt = promptText(values, args, kwargs, limits.promptResponse);
    this.prompt = prompt === undefined ? undefined : encoder.text(prompt, limits.promptResponse);
    const requested = facts.model === undefined ? requestedModel(values, args, kwargs) : undefined;
    const signal = signalIn(values);
    this.#signal = signal === undefined ? undefined : new WeakRef(signal);
    this.model = facts.model ?? requested;
    this.modelSource =
      facts.model === undefined ? (requested === undefined ? undefined : "argument") : "option";
  }

  /** An answer, or the first chunk of one. */
  brought(answer: unknown): void {
    if (!isObject(answer)) return;
    const other = answers.get(answer);
    if (other === undefined) answers.set(answer, this);
    else if (other === this) return;
    else if (isWithin(other.#owner, this.#owner)) this.repeats = true;
    else if (isWithin(this.#owner, other.#owner)) {
      // Of two that watch one emitter, the outer one is told first.
      other.repeats = true;
      answers.set(answer, this);
    }
  }

  watchInside(chunk: unknown, outer: Observation): boolean {
    return watchInside(chunk, SILENT, outer);
  }

  /** What the function awaits, iterates or calls: the answers of an SDK's helper count. */
  meet(value: unknown): void {
    if (this.#helpers.length >= MAX_HELPERS || !isHelper(value)) return;
    if (this.#helpers.some(({ target }) => target.deref() === value)) return;
    const listener: StreamListener = {
      brought: (chunk) => this.brought(chunk),
      watchInside: (chunk, outer) => this.watchInside(chunk, outer),
      streamed: (ended, end, thrown) => {
        if (this.stream === observation) this.streamed(ended, end, thrown);
      },
    };
    const observation = observeStream(value, listener, this.#signal?.deref());
    if (observation !== undefined) this.#helpers.push({ target: new WeakRef(value), observation });
  }

  /** Whether the result is a loop that is a thenable, too: its end is the span's. */
  loops(result: unknown): boolean {
    return isObject(result) && isLoop(result) && this.streams(result);
  }

  /** Whether the result is a stream, whose end is the span's. */
  streams(result: unknown): boolean {
    const met = this.#helpers.find(({ target }) => target.deref() === result)?.observation;
    const stream = met ?? observeStream(result, this, this.#signal?.deref());
    if (stream === undefined) return false;
    this.stream = stream;
    if (stream.end !== undefined) return false;
    this.#waiting = this.#owner;
    return true;
  }

  streamed(ended: number, end: End, thrown: unknown): void {
    const waiting = this.#waiting;
    this.#waiting = undefined;
    waiting?.streamed(ended, end === "failed", thrown);
  }

  /** Of a generator: what it hands to its consumer, who may leave here. */
  yielded(value: unknown): void {
    this.#left = true;
    this.streamedItem(value);
  }

  streamedItem(value: unknown): void {
    this.stream ??= new Observation(this);
    this.stream.chunk(value);
  }

  /**
   * Of a generator: a result, or a promise of one, of what it delegates to. The engine awaits it in
   * any case.
   */
  delegated(result: unknown, leaving: boolean): void {
    if (leaving) this.left();
    const step = (settled: unknown): void => {
      if (field(settled, "done") === false) this.streamedItem(field(settled, "value"));
    };
    if (isPlainPromise(result)) whenFulfilled(result, step);
    else step(result);
  }

  /** Its consumer wants no more. */
  left(): void {
    this.#left = true;
  }

  /** Its consumer asked for more. */
  resumed(): void {
    this.#left = false;
  }

  /** Whether what it threw is only that its consumer wanted no more. */
  cancels(thrown: unknown): boolean {
    return this.stream !== undefined && (isAbort(thrown) || isAborted(this.#signal?.deref()));
  }

  /**
   * Of a generator that is done: what the provider told as an error among the chunks that it
   * yielded.
   */
  failure(): unknown {
    const { stream } = this;
    if (stream === undefined || stream.end !== undefined) return undefined;
    const aborted = isAborted(this.#signal?.deref());
    stream.finish(this.#left ? "cancelled" : "complete", undefined, aborted);
    return stream.end === "failed" ? stream.failure : undefined;
  }

  /** The span closes: with a result, or what was thrown. */
  close(result: unknown, thrown: unknown, failed: boolean): void {
    const { stream } = this;
    if (stream !== undefined) this.#closeStream(stream, thrown);
    else if (!failed) {
      this.brought(answerIn(result));
      this.#take(this.#helpers.length === 0 ? replyOf(result) : this.#replyOfHelpers(result));
      this.#takeNote(responseFacts(result));
    }
    if (failed) {
      this.#take(this.#replyOfHelpers(undefined));
      this.#takeNote(providerFacts(thrown));
    }
    this.#signal = undefined;
    this.#helpers.length = 0;
  }

  /** What helpers were answered, and what the function made of it. */
  #replyOfHelpers(result: unknown): Reply | undefined {
    const answer = answerIn(result);
    // Most helpers resolve to the last of their answers.
    if (isObject(answer)) this.#helpers.at(-1)?.observation.fold(answer);
    const reply = together(this.#helpers.map(({ observation }) => observation.reply()));
    return reply !== undefined && typeof answer === "string" ? { ...reply, text: answer } : reply;
  }

  #closeStream(stream: Observation, thrown: unknown): void {
    const { encoder, limits } = encoding;
    // A generator's ends with it; one that was returned has ended before.
    if (thrown !== undefined) stream.finish(this.cancels(thrown) ? "cancelled" : "failed", thrown);
    if (!stream.known) noteUnknown(stream.unknown);
    this.output = stream.outputJson((value) => encoder.value(value, limits.spanIo));
    this.#take(stream.reply());
    if (stream.end === "cancelled") this.note = "cancelled";
    else if (stream.end === "abandoned") this.note = "abandoned half-way";
    else if (stream.end === "unread") this.note = "never consumed";
  }

  #takeNote(facts: string | undefined): void {
    if (facts !== undefined) this.note = encoding.encoder.text(facts, MAX_NOTE);
  }

  /** Also for a stream that is still open when its trace is sent. */
  get currentReply(): Reply | undefined {
    if (this.reply === undefined && this.stream !== undefined) this.#take(this.stream.reply());
    return this.reply;
  }

  #take(reply: Reply | undefined): void {
    if (reply === undefined) return;
    const { encoder, limits } = encoding;
    const { text, reasoning, toolCalls } = reply;
    const cut = (long: string | undefined): string | undefined =>
      long === undefined ? undefined : encoder.text(long, limits.promptResponse);
    this.reply = { ...reply, text: cut(text), reasoning: cut(reasoning) };
    if (toolCalls.length > 0) this.toolCalls = encoder.value(toolCalls, limits.promptResponse);
  }

  /** About what its texts hold. */
  get bytes(): number {
    const { prompt, reply, toolCalls, output } = this;
    return [prompt, reply?.text, reply?.reasoning, toolCalls, output].reduce(
      (sum: number, text) => sum + (text?.length ?? 0),
      0,
    );
  }

  /** Milliseconds from the call to the stream's first chunk. */
  timeToFirstChunk(started: number): number | undefined {
    const first = this.stream?.firstChunk ?? 0;
    return first === 0 ? undefined : Math.max(0, first - started);
  }
}

/** An object of an SDK's that asks a model by itself. */
interface Helper {
  /** Weak: it may be the stream. */
  readonly target: WeakRef<object>;
  readonly observation: Observation;
}

const MAX_HELPERS = 64;

const SILENT: StreamListener = { brought() {}, streamed() {}, watchInside: () => false };

/** Bytes. */
const MAX_NOTE = 1024;

/** The answer in a result; undefined where it is none that is known. */
function replyOf(result: unknown): Reply | undefined {
  const answer = answerIn(result);
  if (!isObject(answer) && typeof answer !== "string") return undefined;
  const fold = createFold();
  if (foldPart(answer, fold) !== undefined) return fold.reply();
  if (responseFacts(answer) === undefined) noteUnknown(answer);
  return undefined;
}

/** Members that providers' answers have, and results of a program's own seldom. */
const TELLING: readonly string[] = [
  "usage",
  "choices",
  "candidates",
  "generations",
  "completions",
  "outputs",
  "usageMetadata",
  "usage_metadata",
];

/** Counts a provider's answer of unknown form, but not what a program made of an answer. */
function noteUnknown(answer: unknown): void {
  if (firstKey(answer, TELLING) === undefined) count("llm_unknown_result");
  else
    report(
      "llm_unknown_response",
      "A @trackLlm function returned a response of a form that this version does not know: it is recorded without tokens and cost.",
    );
}
