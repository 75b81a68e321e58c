// Spans open and close → a trace, finished once it was ended and its spans have closed, or in time.
// Invariant: `open → ending → sent`. A finished trace is handed over once; late spans follow in
// parts of their own.
import { crypto } from "../platform/node.ts";
import { after, cancel, monotonicNow, type Timer, wallNow } from "../platform/clock.ts";
import type { Place } from "../context/context.ts";
import { encoding } from "../encode/current.ts";
import { count } from "../platform/report.ts";
import { fieldOf, isRecord } from "./given.ts";
import { findRoom, hasRoom, holdBytes } from "./open-traces.ts";
import { recording } from "./settings.ts";
import { spanIds } from "./span-id.ts";
import type { RemoteParent, TraceParent } from "./trace-parent.ts";
import { type Score, type TraceUpdate, TraceUpdates } from "./updates.ts";

/** Of a trace, and of a span, without its values (measured, Node 24). */
const TRACE_BYTES = 900;
const SPAN_BYTES = 400;
/**
 * Of an open span, besides: frames of its context, what waits for its end (450 to 1,290, likewise).
 */
const OPEN_BYTES = 800;

/** What a trace is begun with. */
export interface TraceOptions {
  /** Under which it is found. */
  readonly name: string;
  /** In place of the project of all traces. @default PROJECT_ID */
  readonly projectId?: string | undefined;
  /** In place of the environment of all traces. @default ENV */
  readonly environment?: string | undefined;
  /** Who the trace is for. */
  readonly userId?: string | undefined;
  /** The conversation, or whatever else spans several traces. */
  readonly sessionId?: string | undefined;
  /** Whatever else you look for it by. */
  readonly metadata?: Readonly<Record<string, unknown>> | undefined;
  /** A list; a map, as the Python SDK also takes, goes to the metadata. */
  readonly tags?: readonly string[] | Readonly<Record<string, unknown>> | undefined;
  /** Another service's span that this trace continues: headers or attributes with `traceparent`. */
  readonly parent?: TraceParent | undefined;
}

/** What a trace ends with. */
export interface TraceResult {
  /** Who the trace is for. */
  readonly userId?: string | undefined;
  /** The conversation, or whatever else spans several traces. */
  readonly sessionId?: string | undefined;
  /** In place of the name that it began with. */
  readonly traceName?: string | undefined;
  /** In place of the root span's input. */
  readonly traceInput?: unknown;
  /** In place of the root span's output. */
  readonly traceOutput?: unknown;
}

/** What a trace asks of its spans. */
interface TraceSpan extends Place {
  readonly closed: boolean;
  /** Closes one that is idle, as of when its function returned. */
  letGo(since: number): void;
}

/** What a trace needs of the tracer. */
export interface TraceHost<S extends TraceSpan> {
  readonly graceMs: number;
  /**
   * Takes the trace with those of its spans that were not handed over before.
   * @param late the trace itself was handed over before
   */
  finish(trace: Trace<S>, spans: readonly S[], late: boolean): void;
  /** Holds the trace until it is finished, for the first time or for late spans. */
  keepOpen(trace: Trace<S>): void;
}

export class Trace<S extends TraceSpan> implements Place {
  readonly id: string = crypto().randomUUID();
  readonly trace: Trace<S> = this;
  readonly span: undefined = undefined;
  /** Without metadata and tags, which are among the updates. */
  readonly options: TraceOptions;
  /** Where it was started: what is current again when it has ended. */
  readonly startedAt: S | Trace<S> | undefined;
  /** Begun by a tracked function outside of any trace, and ended with it. */
  readonly automatic: boolean;
  /** What the sample rate said when it began. */
  readonly sampled: boolean;
  readonly startedWall: number = wallNow();
  readonly startedMono: number = monotonicNow();
  endedMono = 0;
  /** By the program, from its begin to its end. */
  updates: TraceUpdates | undefined = undefined;
  /** Spans that were left out, by reason. */
  dropped = 0;
  /** One of its spans failed, or it was never ended. */
  failed = false;
  /** It was never ended by the program. */
  abandoned = false;
  /** JSON text of why the request that it answers failed. */
  statusMessage: string | undefined = undefined;
  /** The span of another service that it continues. */
  readonly remote: RemoteParent | undefined;
  /** What it holds, and its spans that were not handed over, about. */
  bytes: number = TRACE_BYTES;
  /** Of these: counted with those of the other open traces. */
  #countedBytes = 0;
  /**
   * It is among the open traces. One that began without room is the program's to hold till it has a
   * span.
   */
  #held = false;
  #state: "open" | "ending" | "sent" = "open";
  /** To be handed over next. */
  #spans: S[] = [];
  /** Handed over as unfinished. */
  #unfinished: Set<S> | undefined;
  /**
   * Spans that returned thenables which the program may still await: since when, in monotonic ms.
   */
  #idle: Map<S, number> | undefined;
  #count = 0;
  #unclosed = 0;
  #grace: Timer | undefined;
  readonly #host: TraceHost<S>;

  constructor(
    host: TraceHost<S>,
    options: TraceOptions,
    startedAt: S | Trace<S> | undefined,
    automatic: boolean,
    sampled: boolean,
    remote: RemoteParent | undefined,
  ) {
    const { metadata, tags } = options;
    this.#host = host;
    this.options =
      metadata === undefined && tags === undefined
        ? options
        : { ...options, metadata: undefined, tags: undefined };
    this.startedAt = startedAt;
    this.automatic = automatic;
    this.sampled = sampled;
    this.remote = remote;
    if (hasRoom()) this.#hold();
    if (metadata === undefined && tags === undefined) return;
    if (metadata !== undefined) this.update({ metadata });
    if (tags !== undefined) this.update(isRecord(tags) ? { metadata: tags } : { tags });
  }

  /** Adds to what is known of it; values are encoded now. Never throws. */
  update(update: TraceUpdate): void {
    if (!this.#takesUpdates()) return;
    const { encoder, limits } = encoding;
    try {
      this.bytes += this.ownUpdates().add(update, encoder, limits.field, limits.traceIo);
      this.countBytes();
    } catch {
      count("internal_error");
    }
  }

  /** Never throws. */
  score(score: Score): void {
    if (!this.#takesUpdates()) return;
    try {
      this.bytes += this.ownUpdates().score(score, encoding.encoder, encoding.limits.field);
      this.countBytes();
    } catch {
      count("internal_error");
    }
  }

  /** Not while it is open and there was no room for it: what it is ended with goes out at once. */
  #takesUpdates(): boolean {
    if (this.#held || this.#state !== "open") return true;
    if (!findRoom()) return false;
    this.#hold();
    return true;
  }

  ownUpdates(): TraceUpdates {
    return (this.updates ??= new TraceUpdates());
  }

  /** Handed over: nothing can be added any more. */
  get sent(): boolean {
    return this.#state === "sent";
  }

  spanId(number: number): string {
    return spanIds(this.id)(number);
  }

  get ended(): boolean {
    return this.#state !== "open";
  }

  get live(): boolean {
    return this.#state === "open";
  }

  get outer(): S | Trace<S> | undefined {
    return this.startedAt;
  }

  /**
   * Whether a span may begin below `span`: while the trace is open, and in spans that outlive it.
   */
  takes(span: S): boolean {
    if (this.#state === "open") return true;
    if (span.closed) return false;
    // A function that never returns (a server loop) would fill its trace. Once it is full, calls
    // below it start traces of their own.
    return this.#state === "ending" || this.#count < recording.limits.spansPerTrace;
  }

  /** Whether there is room for one more span; one that there is none for is counted. */
  admits(): boolean {
    return (this.#count < recording.limits.spansPerTrace && hasRoom()) || this.#leaveOut();
  }

  #leaveOut(): false {
    findRoom();
    this.dropped++;
    return false;
  }

  /** @returns the span's number, counted from 1 */
  add(span: S): number {
    this.bytes += SPAN_BYTES + OPEN_BYTES;
    if (!this.#held && this.#state !== "sent") this.#hold();
    this.#unclosed++;
    // A call of `push` takes 2 % of a synchronous span (bench W1).
    this.#spans[this.#spans.length] = span;
    return ++this.#count;
  }

  /** Called when what its spans hold has changed. */
  countBytes(): void {
    if (!this.#held) return;
    holdBytes(this.bytes - this.#countedBytes);
    this.#countedBytes = this.bytes;
  }

  #hold(): void {
    this.#held = true;
    this.#host.keepOpen(this);
    this.countBytes();
  }

  close(span: S): void {
    if (this.#unfinished?.delete(span) === true) this.#spans.push(span);
    else this.bytes -= OPEN_BYTES;
    this.countBytes();
    this.#unclosed--;
    this.#idle?.delete(span);
    if (this.#state === "open") return;
    if (this.#unclosed === 0) this.#finish();
    else if (this.#state === "sent") this.#finishLate();
  }

  /** Its function has returned a thenable that the program has not awaited since. */
  idle(span: S, since: number): void {
    this.#idle ??= new Map();
    this.#idle.set(span, since);
    this.countBytes();
    if (this.#state !== "open") this.#finishIfIdle();
  }

  asked(span: S): void {
    this.#idle?.delete(span);
    this.countBytes();
  }

  /** Ends the trace; a second call does nothing. */
  end(result?: TraceResult): boolean {
    if (this.#state !== "open") return false;
    this.#state = "ending";
    this.endedMono = monotonicNow();
    if (result !== undefined) this.#updateAtTheEnd(result);
    if (this.#unclosed === 0) this.#finish();
    else if (!this.#finishIfIdle()) this.#finishAfterGrace();
    return true;
  }

  #updateAtTheEnd(result: TraceResult): void {
    const read = <K extends keyof TraceResult>(key: K): TraceResult[K] =>
      fieldOf(result, key, "invalid_update");
    this.update({
      name: read("traceName"),
      userId: read("userId"),
      sessionId: read("sessionId"),
      input: read("traceInput"),
      output: read("traceOutput"),
    });
  }

  /** Ends it where the program does not: at the process's end, or after its time to live. */
  abandon(): void {
    this.#letIdleGo();
    this.abandoned = this.#state === "open";
    this.failed ||= this.abandoned;
    this.end();
    if (this.#state === "ending" || this.#spans.length > 0) this.#finish();
  }

  #finishLate(): void {
    if (this.#grace !== undefined) return;
    this.#hold();
    this.#finishAfterGrace();
  }

  #finishAfterGrace(): void {
    this.#grace = after(this.#host.graceMs, () => {
      this.#letIdleGo();
      if (this.#state !== "sent" || this.#spans.length > 0) this.#finish();
    });
  }

  /** An ended trace waits for none of them. */
  #finishIfIdle(): boolean {
    if (this.#unclosed !== this.#idle?.size) return false;
    this.#letIdleGo();
    return true;
  }

  #letIdleGo(): void {
    const idle = this.#idle;
    this.#idle = undefined;
    idle?.forEach((since, span) => span.letGo(since));
  }

  #finish(): void {
    cancel(this.#grace);
    this.#grace = undefined;
    const late = this.#state === "sent";
    this.#state = "sent";
    const spans = this.#spans;
    this.#spans = [];
    holdBytes(-this.#countedBytes);
    this.#countedBytes = 0;
    this.bytes = 0;
    this.#held = false;
    if (this.#unclosed > 0) {
      const unfinished = (this.#unfinished ??= new Set());
      spans.forEach((span) => {
        if (!span.closed) unfinished.add(span);
      });
    }
    encoding.encoder.forget(this);
    this.#host.finish(this, spans, late);
  }
}
