// The names that compiled code may call in `llmops-observability/instrument`, and the facts it hands over, in one place.
// Invariant: a test holds each name against the runtime's exports; a change of meaning raises ABI.

/** Raised whenever compiled code and an older runtime would misunderstand each other. */
export const ABI = 1;

export const RUNTIME_MODULE = "llmops-observability/instrument";

/** What a script, which cannot import, finds the runtime under. */
export const REGISTRY_SYMBOL = "llmops-observability";

/** Export of the runtime module: `module(ABI, file, sites)` → the module's handle. */
export const LOAD = "module";

/** Member of the module's handle: `enter(site, values?, this?)` → the span. */
export const ENTER = "enter";

/** The same for a function that cannot start asynchronous work. */
export const LEAF = "leaf";

/** For constructors of derived classes: `begin()` → a stand-in, whose `constructed(site, values?, this?)` gives the span. */
export const BEGIN = "begin";
export const CONSTRUCTED = "constructed";

/** Members of the span that `enter` returns, which pass a value through. */
export const SPAN = {
  unset: "unset",
  kept: "kept",
  returned: "returned",
  /** The same for an object or array literal: new, plain, and without accessors. */
  made: "made",
  threw: "threw",
  exit: "exit",
  suspend: "suspend",
  resumed: "resumed",
  resume: "resume",
  iterate: "iterate",
  leave: "leave",
  entered: "entered",
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
  readonly async?: true;
  readonly generator?: true;
  /** A generation: prompt, response, tokens and cost are looked for. */
  readonly llm?: true;
  readonly model?: string;
  /** Names of the positional values handed to `enter`, first ones first; a rest parameter is the last, as `...name`. */
  readonly args?: readonly string[];
  /** Property names of destructured object parameters; their values follow the positional ones. A rest is `...name`. */
  readonly kwargs?: readonly string[];
  /** Names of the values handed to `exit`, in order. */
  readonly locals?: readonly string[];
  /** All own fields of `this`, or those named. */
  readonly self?: true | readonly string[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[];
  readonly level?: string;
  readonly result?: false;
  readonly settle?: false;
}
