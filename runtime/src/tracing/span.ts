// What compiled code reports of one run of a function → what is recorded of it.
// Invariant: nothing here throws into the program, which gets its own values back. Arguments are
// recorded as they were at the entry, the rest as it was at the exit.
import {
  activate,
  type Activation,
  deactivate,
  handOver,
  leaveFor,
  pause,
  resume,
  suspend,
} from "../context/activation.ts";
import type { Frame } from "../context/async-context-frame.ts";
import { followsHandover, type Place, runAt, storedPlace } from "../context/context.ts";
import { monotonicNow } from "../platform/clock.ts";
import { delegateTo, iterateIn, type Step } from "../context/iteration.ts";
import { type Input, keepUndeclared } from "./arguments.ts";
import { Generation } from "../llm/generation.ts";
import { loadPrices } from "../llm/pricing/cost.ts";
import { count } from "../platform/report.ts";
import { encoding } from "../encode/current.ts";
import { Encoded } from "../encode/encoded.ts";
import type { ErrorText } from "../encode/error-text.ts";
import { type Site, type SpanAbi, UNSET } from "../abi.ts";
import { bytesCopied, LARGE, snapshot, snapshotAll, snapshotLiteral } from "../encode/snapshot.ts";
import { adopted, hasThen, returnable } from "../promises/adopt.ts";
import { isOwnPromise } from "../promises/native-promise.ts";
import { whenOutcome } from "../promises/outcome.ts";
import { largeInput, largeLocals, largeOutput, largeSelf } from "./large-values.ts";
import { recording } from "./settings.ts";
import type { Trace } from "./trace.ts";
import type { SpanUpdates } from "./updates.ts";

const NOTHING = Symbol("nothing");

export class Span implements Activation, SpanAbi {
  declare readonly unset: typeof UNSET;
  readonly trace: Trace<Span>;
  readonly site: Site;
  readonly parent: Span | undefined;
  /** Counted from 1 in the trace. */
  readonly number: number;
  /** Monotonic ms. */
  readonly started: number;
  /** Monotonic ms; 0 while it is open. */
  ended = 0;
  /** What it was called with, as it was then. */
  input: Input | undefined = undefined;
  /** One for each of the site's locals. */
  locals: readonly unknown[] | Encoded | undefined = undefined;
  /** JSON text. */
  self: string | undefined = undefined;
  /** What it returned: a copy, or encoded. */
  output: unknown = undefined;
  failure: ErrorText | undefined = undefined;
  /** Of LLM calls only. */
  generation: Generation | undefined = undefined;
  /** By the program, for this span. */
  updates: SpanUpdates | undefined = undefined;
  /** Items that a generator has yielded. */
  chunks = 0;
  // Of the activation.
  phase: Activation["phase"] = "calling";
  caller: Place | undefined = undefined;
  callerFrame: Frame | undefined = undefined;
  frame: Frame | undefined = undefined;
  callerLeaf: Place | undefined = undefined;
  inside: Place | undefined = undefined;
  begun: Place | undefined = undefined;
  /** `this` of the function, until its fields are snapshotted at the exit. */
  #self: unknown = undefined;
  #result: unknown = NOTHING;
  /** The result is a literal: new, plain, and without accessors. */
  #literal = false;
  #thrown: unknown = NOTHING;

  constructor(site: Site, trace: Trace<Span>, parent: Span | undefined, started: number) {
    this.site = site;
    this.trace = trace;
    this.parent = parent;
    this.started = started;
    this.number = trace.add(this);
  }

  get span(): Span {
    return this;
  }

  get live(): boolean {
    return this.trace.takes(this);
  }

  get outer(): Span | Trace<Span> | undefined {
    return this.trace.startedAt;
  }

  get closed(): boolean {
    return this.ended > 0;
  }

  /** Keeps what it is called with and makes it current. */
  enter(values: unknown[], self: unknown, leaf: boolean): void {
    if (keepsValues(this.trace)) this.#keepInput(values);
    this.trace.countBytes();
    if (this.site.facts.self !== undefined) this.#self = self;
    activate(this, leaf);
  }

  /** It has begun. (Compiled to ES5, a constructor may call `super(…)` twice.) */
  enterAfterSuper(): this {
    return this;
  }

  first<T>(value: T): T {
    if (this.generation !== undefined) meet(this, value);
    return value;
  }

  returned<T>(value?: T): T | undefined {
    this.#result = value;
    this.#literal = false;
    const { async, generator } = this.site.facts;
    if (async !== true) return value;
    if (generator === true) {
      // The engine awaits it before `exit`, which is to find what it settled to.
      if (hasThen(value)) this.#result = adoptedIn(this, value);
      return this.#result as T;
    }
    // One that has awaited has a context of its own, in which its promise takes a thenable over.
    if (followsHandover && this.phase !== "calling") return value;
    const place = storedPlace();
    return returnable(value, (call) => runAt(place, call));
  }

  returnedLiteral<T extends object>(literal: T): T {
    this.#result = literal;
    this.#literal = true;
    return literal;
  }

  threw<T>(error: T): T {
    this.#thrown = error;
    return error;
  }

  /**
   * Before an await. V8 inlines the smallest of what a function calls, up to 920 bytes of bytecode:
   * what is rare stands apart here and in `enterSpan`, for 3 % of a call (bench W2).
   * @param value what is awaited
   */
  suspend<T>(value: T): T {
    if (this.generation !== undefined) meet(this, value);
    if (this.phase !== "calling") return value;
    const awaited = isOwnPromise(value) ? value : (adoptedIn(this, value) as T);
    leaveFor(this, "awaiting");
    return awaited;
  }

  /** After an await. */
  resumed<T>(value: T): T {
    if (this.phase === "awaiting") resume(this);
    return value;
  }

  resume(): void {
    resume(this);
  }

  /** Before a yield: the consumer goes on where it was. */
  yielding<T>(value?: T): T | undefined {
    this.chunks++;
    this.generation?.yielded(value);
    // An asynchronous generator awaits what it yields.
    const handed = this.#awaitsHere() ? (adoptedIn(this, value) as T) : value;
    pause(this);
    return handed;
  }

  yielded<T>(value: T): T {
    this.generation?.resumed();
    if (this.phase === "yielded") resume(this);
    return value;
  }

  delegate(iterable: unknown): unknown {
    return delegateTo(this, iterable);
  }

  /** A delegate's method is about to run, called by the consumer or by the engine. */
  delegateRuns(): void {
    this.resume();
  }

  delegateReturned(step: Step): unknown {
    this.chunks++;
    const result = this.#awaitable(step);
    this.generation?.delegated(result, step.method === "return");
    pause(this);
    return result;
  }

  delegateThrew(): void {
    pause(this);
  }

  /** Whether the engine awaits in the caller's run, which goes on in its own place. */
  #awaitsHere(): boolean {
    return this.phase === "calling" && this.site.facts.async === true;
  }

  #awaitable(step: Step): unknown {
    return this.site.foreign || !this.#awaitsHere() ? step.result : awaitable(step);
  }

  iterate(iterable: unknown): unknown {
    if (this.generation !== undefined) meet(this, iterable);
    return iterateIn(this, iterable);
  }

  iterated(step: Step): unknown {
    const result = this.#awaitable(step);
    suspend(this);
    return result;
  }

  exit(...locals: unknown[]): void {
    const ended = monotonicNow();
    const caller = deactivate(this);
    try {
      if (locals.length > 0 && keepsValues(this.trace)) {
        if (snapshotAll(locals)) {
          this.locals = locals;
          this.trace.bytes += bytesCopied();
        } else this.locals = largeLocals(this, locals);
      }
    } catch {
      count("internal_error");
    }
    if (this.#self !== undefined) this.#keepSelf();
    if (this.#thrown === NOTHING) {
      const copy = this.#literal ? snapshotLiteral(this.#result as object) : snapshot(this.#result);
      // A function that returns a promise has not done its work yet: its span lasts until that
      // settles.
      const may =
        this.generation !== undefined || (!this.#literal && maySettle(this.#result, copy));
      if (may && this.#settlesLater(ended)) {
        this.#result = NOTHING;
        return;
      }
      this.#close(ended, copy);
    } else this.#close(ended, undefined);
    // Asynchronous functions and generators have a context of their own, in which the trace stays.
    if (this.begun === undefined) return;
    const { async, generator } = this.site.facts;
    if (async !== true && generator !== true) handOver(this, caller);
  }

  #settlesLater(ended: number): boolean {
    try {
      if (this.site.facts.settle === false) return false;
      const llm = this.generation !== undefined;
      return (
        this.generation?.loops(this.#result) === true ||
        whenOutcome(this.#result, this, llm, ended) ||
        this.#streams(this.#result)
      );
    } catch {
      count("internal_error");
      return false;
    }
  }

  /** What the function returned has settled. */
  settled(ended: number, rejected: boolean, value: unknown): void {
    if (this.closed) return;
    this.#keepSelf();
    if (!rejected && this.#streams(value)) return;
    if (rejected) this.#thrown = value;
    else this.#result = value;
    this.#close(ended, snapshot(this.#result));
  }

  /**
   * The program has not awaited the thenable that the function returned: a query that it refines?
   */
  idle(thenable: object, since: number): void {
    if (this.closed) return;
    if (this.site.facts.result !== false && keepsValues(this.trace))
      this.output = largeOutput(this, thenable);
    this.trace.idle(this, since);
  }

  /** It awaits it, after all. */
  asked(): void {
    if (this.closed) return;
    if (this.output instanceof Encoded) this.trace.bytes -= this.output.text.length;
    this.output = undefined;
    this.trace.asked(this);
  }

  /** It is taken for granted that it never will: the thenable itself is the result. */
  letGo(since: number): void {
    if (this.closed) return;
    this.#keepSelf();
    this.#close(since, undefined);
  }

  /** An LLM call's stream is its answer: the span lasts until it ends. */
  #streams(result: unknown): boolean {
    return this.generation?.streams(result) === true;
  }

  /** The stream that the function returned has ended. */
  streamed(ended: number, failed: boolean, thrown: unknown): void {
    if (this.closed) return;
    if (failed) this.#thrown = thrown;
    this.#close(ended, undefined);
  }

  #keepInput(values: unknown[]): void {
    try {
      const { site } = this;
      if (site.undeclared !== undefined) keepUndeclared(site, values);
      if (site.facts.llm === true) {
        void loadPrices();
        this.generation = new Generation(site, values, this);
        this.trace.bytes += this.generation.bytes;
      }
      if (values.length === 0) return;
      if (snapshotAll(values)) {
        this.input = values;
        this.trace.bytes += bytesCopied();
      } else this.input = largeInput(this, values);
    } catch {
      count("internal_error");
    }
  }

  #keepSelf(): void {
    const { self: fields } = this.site.facts;
    const self = this.#self;
    this.#self = undefined;
    if (fields === undefined || self === undefined || !keepsValues(this.trace)) return;
    this.self = largeSelf(this, self, fields);
  }

  /** @param copy of the result; LARGE where it is to be encoded now */
  #close(ended: number, copy: unknown): void {
    this.ended = ended;
    try {
      const { facts } = this.site;
      const reported = this.#thrown === NOTHING ? this.generation?.failure() : undefined;
      if (reported !== undefined) this.#thrown = reported;
      const failed = this.#thrown !== NOTHING && this.generation?.cancels(this.#thrown) !== true;
      if (failed) this.#keepError();
      else if (this.#result !== NOTHING && facts.result !== false && keepsValues(this.trace)) {
        if (copy === LARGE) this.output = largeOutput(this, this.#result);
        else {
          this.output = copy;
          this.trace.bytes += bytesCopied();
        }
      }
      if (this.generation !== undefined) this.#keepReply(this.generation, failed);
    } catch {
      count("internal_error");
    }
    this.#result = NOTHING;
    this.#thrown = NOTHING;
    this.trace.close(this);
    if (this.trace.automatic && this.parent === undefined) this.trace.end();
  }

  #keepError(): void {
    this.trace.failed = true;
    this.failure = encoding.encoder.error(this.#thrown, encoding.limits.spanIo);
    this.trace.bytes += this.failure.text.length;
  }

  #keepReply(generation: Generation, failed: boolean): void {
    const result = this.#result === NOTHING ? undefined : this.#result;
    const before = generation.bytes;
    generation.close(result, this.#thrown === NOTHING ? undefined : this.#thrown, failed);
    this.trace.bytes += generation.bytes - before;
  }
}

Object.defineProperty(Span.prototype, "unset", { value: UNSET });

/** What the engine awaits of a step's result, asked for in the place that is current now. */
function awaitable({ awaited, result }: Step): unknown {
  if (awaited) return adopted(result);
  if (typeof result !== "object" ? typeof result !== "function" : result === null) return result;
  const place = storedPlace();
  const source = result as { readonly done?: unknown; readonly value?: unknown };
  return {
    get done(): unknown {
      return source.done;
    },
    get value(): unknown {
      const { value } = source;
      return runAt(place, () => adopted(value));
    },
  };
}

/** What an LLM call awaits, iterates or asks. A generator's answers are what it yields. */
function meet({ generation, site }: Span, value: unknown): void {
  if (site.facts.generator === true) return;
  try {
    generation?.meet(value);
  } catch {
    count("internal_error");
  }
}

/** A function of another realm would wrap our promise, as it is none of its own. */
function adoptedIn({ site }: Span, value: unknown): unknown {
  return site.foreign ? value : adopted(value);
}

/** Whether its values may be sent. Traces beyond the sample rate are sent only if they fail. */
function keepsValues({ sampled }: Trace<Span>): boolean {
  return sampled || recording.keepErrors;
}

/** Whether a result may settle later. A plain record may not, unless it has a `then` of its own. */
function maySettle(result: unknown, copy: unknown): boolean {
  if (typeof result !== "object") return typeof result === "function";
  return result !== null && (copy === LARGE || Object.hasOwn(result, "then"));
}
