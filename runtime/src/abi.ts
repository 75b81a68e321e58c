// Compiled code ↔ runtime: the facts of its functions, and the members that it calls.
// Invariant: imports nothing; a test holds it equal to the compiler's `abi.ts`.

/** Raised whenever compiled code and this runtime would misunderstand each other. */
export const ABI = 2;

/** Static facts of one tracked function. Everything absent is off or empty. */
export interface SiteFacts {
  /** Span name. */
  readonly name: string;
  /** Qualified name: `Class.method`, `outer.inner`. */
  readonly fn: string;
  /** 1-based. */
  readonly line: number;
  /** 1-based. */
  readonly column: number;
  /** Of the function's own text: first 16 hex digits of its SHA-256, line ends taken as `\n`. */
  readonly hash?: string;
  /** From 2 on, where functions before it in the file have the same qualified name. */
  readonly nth?: number;
  /** An `async` function. */
  readonly async?: true;
  /** A generator. */
  readonly generator?: true;
  /** A generation: prompt, response, tokens and cost are looked for. */
  readonly llm?: true;
  /** Model of a generation, where call and answer name none. */
  readonly model?: string;
  /** Names of the positional values; a rest parameter is the last, as `...name`. */
  readonly args?: readonly string[];
  /**
   * How many arguments have a parameter. Where it is there, the last of `args` is `...arguments`,
   * and its value the function's `arguments`.
   */
  readonly undeclared?: number;
  /** Property names of destructured parameters, whose values follow. A rest is `...name`. */
  readonly kwargs?: readonly string[];
  /** Names of the values handed to `exit`, in order. */
  readonly locals?: readonly string[];
  /** All own fields of `this`, or those named. */
  readonly self?: true | readonly string[];
  /** On each of its spans. */
  readonly metadata?: Readonly<Record<string, unknown>>;
  /** On each of its spans. */
  readonly tags?: readonly string[];
  /** Of its spans. */
  readonly level?: string;
  /** The result is left out. */
  readonly result?: false;
  /** The span ends at the return, though a promise is returned. */
  readonly settle?: false;
}

/** Each of them an own property: what the program puts on `Object.prototype` is no fact. */
type OwnFacts = { readonly [K in Exclude<keyof SiteFacts, never>]: SiteFacts[K] };

/** One tracked function of a module that is loaded. */
export interface Site {
  readonly facts: OwnFacts;
  /** As the compiler saw it: relative to the project. */
  readonly file: string;
  /** Its id in the manifest: `src/pay.ts#Shop.pay`, `src/pay.ts#Shop.pay~2`. */
  readonly id: string;
  readonly args: readonly string[];
  readonly kwargs: readonly string[];
  readonly locals: readonly string[];
  readonly undeclared: number | undefined;
  /** The function is of another realm than the runtime, as programs are that run by `node:vm`. */
  readonly foreign: boolean;
}

const NONE: readonly string[] = [];

export function createSite(given: SiteFacts, file: string): Site {
  const facts = ownFacts(given);
  return {
    facts,
    file,
    id: `${file}#${facts.fn}${facts.nth === undefined ? "" : `~${facts.nth}`}`,
    args: facts.args ?? NONE,
    kwargs: facts.kwargs ?? NONE,
    locals: facts.locals ?? NONE,
    undeclared: facts.undeclared,
    foreign: Object.getPrototypeOf(given) !== Object.prototype,
  };
}

function ownFacts(given: SiteFacts): OwnFacts {
  const own = <K extends keyof SiteFacts>(key: K): SiteFacts[K] | undefined =>
    Object.hasOwn(given, key) ? given[key] : undefined;
  return {
    name: given.name,
    fn: given.fn,
    line: given.line,
    column: given.column,
    hash: own("hash"),
    nth: own("nth"),
    async: own("async"),
    generator: own("generator"),
    llm: own("llm"),
    model: own("model"),
    args: own("args"),
    undeclared: own("undeclared"),
    kwargs: own("kwargs"),
    locals: own("locals"),
    self: own("self"),
    metadata: own("metadata"),
    tags: own("tags"),
    level: own("level"),
    result: own("result"),
    settle: own("settle"),
  };
}

/** Marks a local that was never assigned: it is left out. All copies of this package share it. */
export const UNSET: unique symbol = Symbol.for("llmops-observability.unset");

/** What `module(ABI, file, sites)` gives each compiled module. */
export interface Handle {
  /** Begins a span. */
  enter(site: number, values?: unknown[], self?: unknown): SpanAbi;
  /** For a function that cannot start asynchronous work. */
  enterLeaf(site: number, values?: unknown[], self?: unknown): SpanAbi;
  /** For a derived class's constructor, which has no `this` yet. */
  beforeSuper(): SpanAbi;
}

/** One run of a function. Every member but the first two hands on its first argument. */
export interface SpanAbi {
  /** Stands in a local until it is assigned. */
  readonly unset: unknown;
  /** Begins a constructor's span, after its `super(…)`. A span that has begun returns itself. */
  enterAfterSuper(site: number, values?: unknown[], self?: unknown): SpanAbi;
  /** Called with an expression and the writes that follow it. */
  first<T>(value: T, ...writes: readonly unknown[]): T;
  /** Notes the result; `exit` ends the span. */
  returned<T>(value?: T): T | undefined;
  /** `returned` for an object or array literal: new, plain, and without accessors. */
  returnedLiteral<T extends object>(literal: T): T;
  /** Notes the error; `exit` ends the span. */
  threw<T>(error: T): T;
  /** In `finally`, with the values of the locals. */
  exit(...locals: readonly unknown[]): void;
  /** Before an `await`; `resumed` comes after it. */
  suspend<T>(value: T): T;
  /** After an `await`, with what it gave. */
  resumed<T>(value: T): T;
  /** The engine may have come back, from an `await` or a `yield`. */
  resume(): void;
  /** The iterable of a `for await`. */
  iterate(iterable: unknown): unknown;
  /** Before a `yield`; `yielded` comes after it. */
  yielding<T>(value?: T): T | undefined;
  /** After a `yield`, with what was sent in. */
  yielded<T>(value: T): T;
  /** The iterable of a `yield*`. */
  delegate(iterable: unknown): unknown;
}
