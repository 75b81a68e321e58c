// Analysis → Plan → emitters: a file's sites, and each place that is rewritten.
// Invariant: JSON by UTF-16 offsets of the original; settings are resolved, inserted names final.
import type { SiteFacts } from "./abi.ts";

/** Offsets in UTF-16 code units, without leading trivia; `end` is exclusive. */
export interface Range {
  /** Offset in UTF-16 code units. */
  readonly start: number;
  /** Offset behind it. */
  readonly end: number;
}

/**
 * How the file reaches the runtime. A script cannot import: it looks into a global registry and,
 * as CommonJS modules that neither import nor export are scripts too, requires it.
 */
export type Form = "esm" | "cjs" | "script";

export interface Plan {
  readonly abi: number;
  /** The file's name as spans report it: relative to the project, with forward slashes. */
  readonly file: string;
  readonly form: Form;
  /** Of a script that has no `module` of its own: where there is one, it is CommonJS's. */
  readonly requires?: true;
  /** A test runner moves parts of the file before its imports, where there is no runtime yet. */
  readonly mayRunEarly?: true;
  /** Where the module's head goes: after leading comments and directives. */
  readonly insertAt: number;
  /** A directive need not end in a semicolon: what is put behind it brings one along. */
  readonly afterDirective: boolean;
  readonly names: ModuleNames;
  readonly sites: readonly Site[];
  readonly edits: readonly Edit[];
}

/** Names that no identifier of the file can clash with. */
export interface ModuleNames {
  /** Namespace import of the runtime. */
  readonly runtime: string;
  /** Variable of the module's handle. */
  readonly handle: string;
  /** Makes the handle at the first call. Hoisted: an import cycle may call in early. */
  readonly load: string;
  /** Catch variable. */
  readonly error: string;
}

/** `super(…);`, or the call alone where a comma goes on: `super(…), this.x = 1;`. */
export interface SuperCall extends Range {
  /** A comma goes on behind the call. */
  readonly chained: boolean;
}

/** One tracked function. */
export interface Site {
  /** What the runtime is told of the function. */
  readonly facts: SiteFacts;
  /** The whole function. `start` is unique among sites. */
  readonly fn: Range;
  /** Block body, or the expression of an arrow. */
  readonly body: Range;
  /** The body is the expression of an arrow. */
  readonly expression: boolean;
  /** The expression is an object or array literal. */
  readonly literal: boolean;
  /** Where the body's own code begins: after its brace and directives, or at its start. */
  readonly head: number;
  /**
   * A derived class's constructor has no `this` before its `super(…)`: the span begins after that
   * statement, and all up to it stays outside of `try`. `"inside"`: the body is in `try`, and an
   * edit at each `super(…)` begins the span.
   */
  readonly superCall: SuperCall | "inside" | null;
  /** Variable of the span. */
  readonly span: string;
  /** Values of the parameters, as `enter` takes them: positional ones first. */
  readonly values: readonly Value[];
  /**
   * A `finally` may override a `return` by breaking out or throwing. The body then ends with
   * `$s.returned()`, so that the overridden value is not recorded.
   */
  readonly mayOverrideReturn: boolean;
  /** It cannot start asynchronous work: its span is entered without a switch of context. */
  readonly leaf: boolean;
  /** `this` is handed to `enter`. */
  readonly self: boolean;
  /** Shadow variables, declared before the body. */
  readonly shadows: readonly string[];
  /** Arguments of `exit`, one for each of `facts.locals`: shadows, or variables visible there. */
  readonly exitValues: readonly string[];
}

/** A value put together from the variables that a parameter binds. */
export type Value =
  | {
      /** A variable. */
      readonly ref: string;
    }
  | {
      /** An object literal of values. */
      readonly object: readonly (readonly [key: string, value: Value])[];
    }
  | {
      /** An array literal of values, with holes. */
      readonly array: readonly (Value | null)[];
    };

/** `shadow = variable`. */
export interface Write {
  readonly shadow: string;
  readonly variable: string;
}

/** One rewriting. The comment shows it with `$s` for the span and `$x` for the shadow of `x`. */
export type Edit =
  /**
   * `return E` → `return $s.returned(E)`, for a literal `return $s.returnedLiteral(E)`
   * In an async generator, which awaits E: `return $s.returned($s.suspend(E))`
   */
  | (Range & {
      readonly kind: "return";
      readonly span: string;
      readonly value: Range | null;
      readonly awaits: boolean;
      readonly literal: boolean;
    })
  /** `await E` → `$s.resumed(await $s.suspend(E))` */
  | (Range & { readonly kind: "await"; readonly span: string; readonly value: Range })
  /**
   * `await E.m()`, `return E.m()` in an LLM call → `await $s.first(E).m()`: helpers of SDKs ask a
   * model several times, and methods of theirs return the last answer alone
   */
  | (Range & { readonly kind: "receiver"; readonly span: string })
  /**
   * `yield E` → `$s.yielded(yield $s.yielding(E))`
   * `yield* E` → `$s.yielded(yield* $s.delegate(E))`
   */
  | (Range & {
      readonly kind: "yield";
      readonly span: string;
      readonly value: Range | null;
      readonly delegates: boolean;
    })
  /**
   * `super(E);` → `super(E); $s = $s.enterAfterSuper(0);`
   * `if (x) super(E);` → `if (x) { super(E); $s = $s.enterAfterSuper(0); }`, where it is alone
   */
  | (Range & {
      readonly kind: "superStatement";
      readonly span: string;
      /** Index of the site that begins. */
      readonly site: number;
      readonly call: Range;
      readonly alone: boolean;
    })
  /** `x = super(E)` → `x = $s.first(super(E), $s = $s.enterAfterSuper(0))` */
  | (Range & { readonly kind: "superExpression"; readonly span: string; readonly site: number })
  /**
   * `for await (x of E) S` → `{ for await (x of $s.iterate(E)) S $s.resume() }`
   * The range includes labels; `loop` is where the loop itself starts.
   */
  | (Range & {
      readonly kind: "forAwait";
      readonly span: string;
      readonly loop: number;
      readonly value: Range;
    })
  /** `let x = E` → `let x = $x = E`; the range is the initializer's. */
  | (Range & { readonly kind: "initializer"; readonly shadow: string })
  /** `let x` → `let x = $x = void 0`; the range is the declarator's. */
  | (Range & { readonly kind: "uninitialized"; readonly shadow: string })
  /** `const { x } = E` → `const { x } = E, {} = ($x = x, $s)`; the range is the declarator's. */
  | (Range & {
      readonly kind: "declaration";
      readonly span: string;
      readonly writes: readonly Write[];
    })
  /** `x = E`, `x += E`, `++x` → `$x = x = E` … */
  | (Range & { readonly kind: "assignment"; readonly shadow: string })
  /** `[x] = E`, `x++` → `…, $x = x`, or `$s.first(…, $x = x)` where the value is used. */
  | (Range & {
      readonly kind: "assignmentAfter";
      readonly span: string;
      readonly writes: readonly Write[];
      readonly used: boolean;
    })
  /** `x++⏎` → `x++;⏎`: what is appended could go on in the next line. */
  | (Range & { readonly kind: "semicolon" })
  /** A loop's body `S` → `{ $s.resume(); $x = x; S }`. */
  | (Range & {
      readonly kind: "loopBody";
      readonly span: string | null;
      readonly writes: readonly Write[];
    })
  /** The block of a `catch` or `finally`: `{ …` → `{ $s.resume(); $x = x; …`. */
  | (Range & {
      readonly kind: "blockStart";
      readonly span: string | null;
      readonly writes: readonly Write[];
    });

export type EditKind = Edit["kind"];

/** Throws where a plan breaks what emitters rely on: a bug of the analysis, never the user's. */
export function checkPlan(plan: Plan, length: number): void {
  const starts = new Set<number>();
  for (const site of plan.sites) {
    if (starts.has(site.fn.start)) throw new Error(`two sites at offset ${site.fn.start}`);
    starts.add(site.fn.start);
    if (site.exitValues.length !== (site.facts.locals?.length ?? 0)) {
      throw new Error(`site ${site.facts.fn}: exit values and locals differ in number`);
    }
  }
  const seen = new Set<string>();
  for (const { kind, start, end } of plan.edits) {
    if (!(start >= 0 && start <= end && end <= length))
      throw new Error(`edit ${kind} is outside of the text`);
    const key = `${kind} ${start} ${end}`;
    if (seen.has(key)) throw new Error(`two edits "${key}"`);
    seen.add(key);
  }
}
