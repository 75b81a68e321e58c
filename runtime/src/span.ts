// One run of a tracked function: `enter` makes it, compiled code reports to it, `exit` closes it. The hot path.
// Invariant: nothing here throws into the program or changes a value that passes through; values are snapshotted as JSON text.
import { enterLeaf, enterPlace, type Place, runningLeaf, storedPlace } from "./context.ts";
import { monotonicNow } from "./clock.ts";
import { UNSET } from "./encode.ts";
import { delegateTo, iterateIn } from "./iterate.ts";
import { promptOf, replyOf, requestedModel } from "./llm/generation.ts";
import type { Reply } from "./llm/reply.ts";
import { count } from "./report.ts";
import { recorder } from "./recorder.ts";
import type { Site } from "./site.ts";
import { whenOutcome } from "./thenable.ts";
import type { Trace } from "./trace.ts";

const NOTHING = Symbol("nothing");

/** The members that compiled code calls. */
export interface SpanAbi {
  readonly unset: unknown;
  kept<T>(value: T, ...writes: readonly unknown[]): T;
  returned<T>(value?: T): T | undefined;
  threw<T>(error: T): T;
  exit(...locals: readonly unknown[]): void;
  suspend<T>(value: T): T;
  resumed<T>(value: T): T;
  resume(): void;
  iterate(iterable: unknown): unknown;
  leave<T>(value?: T): T | undefined;
  entered<T>(value: T): T;
  delegate(iterable: unknown): unknown;
}

export class Span implements Place, SpanAbi {
  declare readonly unset: typeof UNSET;
  readonly trace: Trace;
  readonly site: Site;
  readonly parent: Span | undefined;
  /** Counted from 1 in the trace; 0 where it is left out. */
  readonly number: number;
  readonly started: number;
  ended = 0;
  /** JSON texts, taken at entry and exit. */
  args: string | undefined;
  kwargs: string | undefined;
  locals: string | undefined;
  self: string | undefined;
  output: string | undefined;
  error: string | undefined;
  errorMessage: string | undefined;
  /** Generations only. */
  prompt: string | undefined;
  model: string | undefined;
  reply: Reply | undefined;
  closed = false;
  /** Items that a generator has yielded. */
  chunks = 0;
  #caller: Place | undefined;
  /** Begun by a function of no asynchronous run of its own: it is its caller's from then on. */
  #begun: Trace | undefined;
  /** A leaf function that reached this one through a getter or a coercion. */
  #callerLeaf: Span | undefined;
  /** `this` of the function, until its fields are snapshotted at the exit. */
  #self: unknown;
  #result: unknown = NOTHING;
  #thrown: unknown = NOTHING;
  /**
   * `calling`: in the synchronous run of a caller, whose place is put back when it ends. `awaiting`: left by an await for the
   * first time since. `yielded`: left by a yield. `own`: resumed by the engine, which carries our place along from here.
   * `leaf`: synchronous to its end, and so never left.
   */
  #phase: "calling" | "awaiting" | "yielded" | "own" | "leaf" = "calling";
  /** What was current when the function was left: a trace begun inside of it stays current. */
  #inside: Place;

  constructor(
    site: Site,
    trace: Trace,
    parent: Span | undefined,
    values: readonly unknown[],
    started?: number,
  ) {
    this.site = site;
    this.trace = trace;
    this.parent = parent;
    this.#inside = this;
    this.number = trace.opened(this);
    this.started = started ?? monotonicNow();
    if (this.number > 0) this.#snapshotInput(values);
  }

  get span(): Span {
    return this;
  }

  /** Makes it current. */
  enter(self: unknown, leaf: boolean): void {
    this.#self = self;
    this.#callerLeaf = runningLeaf();
    if (leaf) {
      this.#phase = "leaf";
      enterLeaf(this);
    } else {
      this.#caller = storedPlace();
      enterPlace(this);
    }
  }

  kept<T>(value: T): T {
    return value;
  }

  returned<T>(value?: T): T | undefined {
    this.#result = value;
    return value;
  }

  threw<T>(error: T): T {
    this.#thrown = error;
    return error;
  }

  /** Leaves the caller as it was: called with what is awaited, before the function is left for the first time. */
  suspend<T>(value: T): T {
    if (this.#phase === "calling") this.#leaveFor("awaiting");
    return value;
  }

  resumed<T>(value: T): T {
    if (this.#phase === "awaiting") this.resume();
    return value;
  }

  /** Comes back: by the engine after an await, or by whoever consumes the generator next. */
  resume(): void {
    if (this.#phase === "awaiting") this.#phase = "own";
    else if (this.#phase === "yielded") {
      this.#phase = "calling";
      this.#caller = storedPlace();
      this.#callerLeaf = runningLeaf();
    } else return;
    enterPlace(this.#inside);
  }

  /** Before a yield: the consumer goes on where it was. */
  leave<T>(value?: T): T | undefined {
    this.chunks++;
    this.#yield();
    return value;
  }

  entered<T>(value: T): T {
    if (this.#phase === "yielded") this.resume();
    return value;
  }

  delegate(iterable: unknown): unknown {
    return delegateTo(this, iterable);
  }

  /** A delegate's method is about to run, called by a consumer or by ourselves. */
  delegateRuns(): void {
    this.resume();
  }

  delegateRan(yielded: boolean): void {
    if (yielded) this.chunks++;
    this.#yield();
  }

  #yield(): void {
    if (this.#phase === "calling") this.#leaveFor("yielded");
    else if (this.#phase === "own") {
      this.#phase = "yielded";
      this.#inside = storedPlace() ?? this;
    }
  }

  #leaveFor(phase: "awaiting" | "yielded"): void {
    this.#phase = phase;
    this.#inside = storedPlace() ?? this;
    enterPlace(this.#caller, this.#callerLeaf);
  }

  iterate(iterable: unknown): unknown {
    return iterateIn(this, iterable);
  }

  /** A trace begins in this function's run. */
  began(trace: Trace): void {
    if (this.#phase === "calling") this.#begun = trace;
  }

  exit(...locals: readonly unknown[]): void {
    if (this.#phase === "leaf") enterLeaf(this.#callerLeaf);
    else if (this.#phase === "calling") enterPlace(this.#caller, this.#callerLeaf);
    try {
      const { encoder, limits } = recorder;
      const { site } = this;
      if (site.locals.length > 0) this.locals = encoder.fields(site.locals, locals, limits.spanIo);
      const { self } = site.facts;
      if (self !== undefined)
        this.self = encoder.own(this.#self, self === true ? undefined : self, limits.spanIo);
    } catch {
      count("internal_error");
    }
    // Neither may be kept by a span that waits for a promise, or by a context that outlives it.
    this.#self = undefined;
    const caller = this.#caller;
    this.#caller = undefined;
    this.#callerLeaf = undefined;
    this.#inside = this;
    // A function that hands on a promise has not done its work yet: its span lasts until the promise settles.
    if (this.#thrown === NOTHING && this.site.facts.settle !== false && this.#settlesLater())
      this.#result = NOTHING;
    else {
      this.#close(monotonicNow());
      if (this.#begun !== undefined) this.#handOver(this.#begun, caller);
    }
  }

  #handOver(begun: Trace, caller: Place | undefined): void {
    const { async, generator } = this.site.facts;
    if (this.#phase !== "calling" || async === true || generator === true || begun.ended) return;
    caller?.span?.began(begun);
    enterPlace(begun);
  }

  #settlesLater(): boolean {
    try {
      return whenOutcome(this.#result, this);
    } catch {
      count("internal_error");
      return false;
    }
  }

  /** What the function returned has settled. */
  settled(ended: number, rejected: boolean, value: unknown): void {
    if (this.closed) return;
    if (rejected) this.#thrown = value;
    else this.#result = value;
    this.#close(ended);
  }

  #snapshotInput(values: readonly unknown[]): void {
    try {
      const { encoder, limits } = recorder;
      const { args, kwargs, facts } = this.site;
      if (args.length > 0) {
        const rest = args[args.length - 1]?.startsWith("...") === true;
        this.args = rest
          ? encoder.list(spread(values, args.length), args, limits.spanIo)
          : encoder.list(first(values, args.length), args, limits.spanIo);
      }
      if (kwargs.length > 0) {
        const [names, named] = withRestFields(kwargs, after(values, args.length));
        this.kwargs = encoder.fields(names, named, limits.spanIo);
      }
      if (facts.llm === true) {
        this.prompt = promptOf(values, args, kwargs, (text) =>
          encoder.text(text, limits.promptResponse),
        );
        this.model = facts.model ?? requestedModel(values, args, kwargs);
      }
    } catch {
      count("internal_error");
    }
  }

  #close(ended: number): void {
    this.ended = ended;
    this.closed = true;
    try {
      const { encoder, limits } = recorder;
      const { facts } = this.site;
      if (this.#thrown !== NOTHING) {
        this.error = encoder.error(this.#thrown, limits.spanIo);
        this.errorMessage = messageIn(this.error);
      } else if (this.#result !== NOTHING) {
        if (facts.result !== false) this.output = encoder.value(this.#result, limits.spanIo);
        if (facts.llm === true)
          this.reply = replyOf(this.#result, (text) => encoder.text(text, limits.promptResponse));
      }
    } catch {
      count("internal_error");
    }
    this.#result = NOTHING;
    this.#thrown = NOTHING;
    this.trace.closed(this);
    if (this.trace.automatic && this.parent === undefined) this.trace.end();
  }
}

Object.defineProperty(Span.prototype, "unset", { value: UNSET });

/** The message of an encoded error, masked like the rest of it. */
function messageIn(error: string): string | undefined {
  const { message } = JSON.parse(error) as { message?: unknown };
  return typeof message === "string" ? message : undefined;
}

// Index loops: the program may have patched the array iterator.
function first(values: readonly unknown[], length: number): readonly unknown[] {
  return values.length === length ? values : after(values, 0, length);
}

function after(values: readonly unknown[], from: number, to: number = values.length): unknown[] {
  const rest: unknown[] = [];
  for (let at = from; at < to; at++) rest[rest.length] = values[at];
  return rest;
}

/** `{ a, ...rest }`: the fields of a rest object, which the engine has just made, stand beside the others. */
function withRestFields(
  names: readonly string[],
  values: readonly unknown[],
): readonly [readonly string[], readonly unknown[]] {
  const rest = values[names.length - 1];
  if (
    names[names.length - 1]?.startsWith("...") !== true ||
    typeof rest !== "object" ||
    rest === null
  )
    return [names, values];
  const fields = Object.entries(Object.getOwnPropertyDescriptors(rest));
  return [
    [...names.slice(0, -1), ...fields.map(([name]) => name)],
    [...values.slice(0, -1), ...fields.map(([, { value }]) => value as unknown)],
  ];
}

/** The positional values with the rest parameter's own items in its place. */
function spread(values: readonly unknown[], length: number): unknown[] {
  const flat = after(values, 0, length - 1);
  const rest = values[length - 1];
  if (Array.isArray(rest)) for (let at = 0; at < rest.length; at++) flat[flat.length] = rest[at];
  return flat;
}
