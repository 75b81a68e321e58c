// What compiled code says once about each tracked function → the facts that spans refer to.
// Invariant: the shape is the compiler's (`transformer/src/abi.ts`); a test holds the two together.

/** Raised whenever compiled code and this runtime would misunderstand each other. */
export const ABI = 1;

/** Static facts of one tracked function. Everything absent is off or empty. */
export interface SiteFacts {
  readonly name: string;
  /** Qualified name: `Class.method`, `outer.inner`. */
  readonly fn: string;
  readonly line: number;
  readonly column: number;
  readonly async?: true;
  readonly generator?: true;
  readonly llm?: true;
  readonly model?: string;
  /** Names of the positional values; a rest parameter is the last, as `...name`. */
  readonly args?: readonly string[];
  /** Property names of destructured parameters, whose values follow. A rest is `...name`. */
  readonly kwargs?: readonly string[];
  readonly locals?: readonly string[];
  readonly self?: true | readonly string[];
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[];
  readonly level?: string;
  readonly result?: false;
  readonly settle?: false;
}

export interface Site {
  readonly facts: SiteFacts;
  /** As the compiler saw it: relative to the project. */
  readonly file: string;
  readonly args: readonly string[];
  readonly kwargs: readonly string[];
  readonly locals: readonly string[];
}

const NONE: readonly string[] = [];

export function createSite(facts: SiteFacts, file: string): Site {
  return {
    facts,
    file,
    args: facts.args ?? NONE,
    kwargs: facts.kwargs ?? NONE,
    locals: facts.locals ?? NONE,
  };
}
