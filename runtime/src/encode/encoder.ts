// Any value and a budget in bytes of UTF-8 → valid JSON text within it, secrets masked.
// Invariant: never throws, runs none of the program's code, changes no value; the cost is bounded
// by the budget. Usual values take one walk (walk.ts); those that do not fit go to truncate.ts.
import { types } from "../platform/node.ts";
import { ownValue } from "../platform/own-properties.ts";
import { cutText } from "./truncate/cut-text.ts";
import { type ErrorText, errorText } from "./error-text.ts";
import { Fields, LEAST_MEMBER, ownFields } from "./fields.ts";
import { createRedactor, type Redaction } from "./redact/redactor.ts";
import { SeenOfTraces } from "./known/seen.ts";
import { BARE_MARKER, truncated, truncatedSections } from "./truncate/truncate.ts";
import { Walk } from "./walk.ts";

export type { Redaction };

/**
 * `trace`: what a trace has written a moment ago is not written anew where it is still the same,
 * until `forget`.
 */
export interface Encoder {
  /**
   * JSON text of one value, at most `budget` bytes of UTF-8 (≥ 64). `key` takes part in redaction.
   */
  value(value: unknown, budget: number, key?: string, trace?: object): string;
  /** JSON text of a name and the colon behind it. */
  name(name: string): string;
  /** JSON array text; `names` (of positional parameters) take part in redaction. */
  list(
    values: ArrayLike<unknown>,
    names: readonly (string | undefined)[],
    budget: number,
    trace?: object,
  ): string;
  /** JSON object text; every name is kept but those whose value is UNSET. */
  fields(
    names: readonly string[],
    values: ArrayLike<unknown>,
    budget: number,
    trace?: object,
  ): string;
  /** The own fields of `this`: all enumerable ones, or those named in `only`. */
  own(self: unknown, only: readonly string[] | undefined, budget: number, trace?: object): string;
  /**
   * JSON object text of values under names of our own, which do not say what is secret; all names
   * below stay, too.
   */
  sections(names: readonly string[], values: readonly unknown[], budget: number): string;
  /** Of anything thrown; `message` and `stack` stay strings when they are cut. */
  error(thrown: unknown, budget: number): ErrorText;
  /**
   * Plain text (no JSON) of at most `budget` bytes, secrets masked; a cut text ends in
   * `…[truncated]`.
   */
  text(text: string, budget: number): string;
  /** What is kept of a trace, as it has ended. */
  forget(trace: object): void;
}

/** @param keep levels on which every name stays */
function encode(walk: Walk, value: unknown, budget: number, keep: number): string {
  const whole = walk.whole(value, budget);
  if (whole !== undefined) return whole;
  walk.credit = budget;
  return truncated(walk, value, budget, keep);
}

function sectionsText(
  walk: Walk,
  names: readonly string[],
  values: readonly unknown[],
  budget: number,
): string {
  let text = "";
  let left = budget - 1;
  for (let i = 0; i < names.length; i++) {
    const label = `${i === 0 ? "{" : ","}"${names[i] ?? ""}":`;
    left -= label.length;
    const whole = walk.whole(values[i], left);
    if (whole === undefined) {
      walk.credit = budget;
      return truncatedSections(walk, names, values, budget);
    }
    left = walk.left;
    text += label + whole;
  }
  return `${text}}`;
}

function ownText(
  walk: Walk,
  self: unknown,
  only: readonly string[] | undefined,
  budget: number,
): string {
  if ((typeof self !== "object" || self === null) && typeof self !== "function") {
    return encode(walk, self, budget, 1);
  }
  if (types.isProxy(self)) return '"[Proxy]"';
  let fields: Fields;
  if (only === undefined) fields = ownFields(self, budget / LEAST_MEMBER);
  else {
    const names = only.filter((name) => Object.getOwnPropertyDescriptor(self, name) !== undefined);
    fields = new Fields(
      names,
      names.map((name) => ownValue(self, name)),
    );
  }
  walk.path.push(self);
  return encode(walk, fields, budget, 1);
}

export function createEncoder(redaction?: Redaction): Encoder {
  const redactor = createRedactor(redaction);
  const first = new Walk(redactor);
  const seen = new SeenOfTraces();
  let busy = false;

  /**
   * One walk serves one call after the other. A call within a call (a stack formatter of the
   * program's that is itself tracked) gets a walk of its own.
   */
  function guarded(run: (walk: Walk) => string, trace?: object): string {
    const outer = busy;
    const walk = outer ? new Walk(redactor) : first;
    busy = true;
    try {
      if (trace !== undefined && !outer) walk.begin(seen.of(trace));
      const text = run(walk);
      walk.firstUnit = text.charCodeAt(0);
      return text;
    } catch {
      return BARE_MARKER;
    } finally {
      walk.reset();
      busy = outer;
    }
  }

  return {
    value: (value, budget, key, trace) =>
      guarded(
        (walk) =>
          key !== undefined && redactor.secret(key) && value !== undefined && value !== null
            ? walk.mask
            : encode(walk, value, budget, 0),
        trace,
      ),
    name: (name) => first.names.get(name).json,
    list: (values, names, budget, trace) =>
      guarded((walk) => encode(walk, new Fields(names, values, true), budget, 1), trace),
    fields: (names, values, budget, trace) =>
      guarded((walk) => encode(walk, new Fields(names, values), budget, 1), trace),
    own: (self, only, budget, trace) => guarded((walk) => ownText(walk, self, only, budget), trace),
    sections: (names, values, budget) =>
      guarded((walk) => sectionsText(walk, names, values, budget)),
    error: (thrown, budget) => {
      let message: string | undefined;
      const text = guarded((walk) => {
        const shown = errorText(walk, thrown, budget);
        message = shown.message;
        return shown.text;
      });
      return { text, message };
    },
    text: (text, budget) => guarded((walk) => cutText(walk, text, budget)),
    forget: (trace) => seen.forget(trace),
  };
}
