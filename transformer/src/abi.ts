// Compiled code ↔ runtime: the names that compiled code calls, and the facts it hands over.
// Invariant: imports nothing; a test holds it equal to the runtime's `abi.ts`.

/** Raised whenever compiled code and an older runtime would misunderstand each other. */
export const ABI = 2;

/** Begins each file of the runtime: its own functions are not tracked, wherever it is linked to. */
export const RUNTIME_MARK = "/* llmops-observability's own code */";

export const RUNTIME_MODULE = "llmops-observability/instrument";

/** What a script, which cannot import, finds the runtime under. */
export const REGISTRY_SYMBOL = "llmops-observability";

/** Export of the runtime module: `module(ABI, file, sites)` → the module's handle. */
export const LOAD = "module";

/** Members of a module's handle: `enter(site, values?, this?)` and its like give the span. */
export const HANDLE = {
  enter: "enter",
  /** For a function that cannot start asynchronous work. */
  enterLeaf: "enterLeaf",
  /** For a derived class's constructor: `beforeSuper()` stands for the span until it begins. */
  beforeSuper: "beforeSuper",
} as const;

/** Members of a span. All others hand on their first argument. */
export const SPAN = {
  unset: "unset",
  /** `enterAfterSuper(site, values?, this?)` gives a constructor's span, after its `super(…)`. */
  enterAfterSuper: "enterAfterSuper",
  first: "first",
  returned: "returned",
  /** The same for an object or array literal: new, plain, and without accessors. */
  returnedLiteral: "returnedLiteral",
  threw: "threw",
  exit: "exit",
  suspend: "suspend",
  resumed: "resumed",
  resume: "resume",
  iterate: "iterate",
  yielding: "yielding",
  yielded: "yielded",
  delegate: "delegate",
} as const;

/** Static facts of one site, handed over once per module. Everything absent is off or empty. */
export interface SiteFacts {
  /** Span name. */
  readonly name: string;
  /** The function's qualified name, as in the config: `Class.method`, `outer.inner`. */
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
  /** Property names of destructured object parameters; their values follow. A rest is `...name`. */
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
