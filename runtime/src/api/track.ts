// A function that we did not compile → one that does the same, and is recorded like compiled ones.
// Invariant: `this`, arguments, result and errors are the program's own; only the promise that an
// asynchronous function makes is another one. Throws what `fn` throws, nothing else.
import { suspend } from "../context/activation.ts";
import { types } from "../platform/node.ts";
import { isNew } from "../promises/replace.ts";
import { recordGenerator } from "./track-generator.ts";
import { isLeaf, sourceOf } from "./function-source.ts";
import { likeness } from "./likeness.ts";
import { count } from "../platform/report.ts";
import type { Site } from "../abi.ts";
import { recording } from "../tracing/settings.ts";
import type { Span } from "../tracing/span.ts";
import { enterSpan } from "../tracing/tracer.ts";
import { siteOf, type TrackLlmOptions, type TrackOptions } from "./track-site.ts";

type Callable = (this: unknown, ...args: unknown[]) => unknown;

export function track<F>(fn: F, options?: TrackOptions): F {
  return recorded(fn, options, false);
}

export function trackLlm<F>(fn: F, options?: TrackLlmOptions): F {
  return recorded(fn, options, true);
}

function recorded<F>(fn: F, options: TrackLlmOptions | undefined, llm: boolean): F {
  if (typeof fn !== "function" || /^class\b/.test(sourceOf(fn))) {
    count("track_without_function");
    return fn;
  }
  recording.modules++;
  const original = fn as Callable;
  const site = siteOf(original, options, llm);
  const standIn =
    site.facts.generator === true ? aroundGenerator(original, site) : around(original, site);
  return likeness(standIn, original) as F;
}

function around(fn: Callable, site: Site): Callable {
  const waits = types.isAsyncFunction(fn) && site.facts.settle !== false;
  const leaf = !waits && isLeaf(fn);
  return function tracked(this: unknown, ...values: unknown[]): unknown {
    const target = new.target === tracked ? fn : new.target;
    // Switched off, we make no list of values: 25 ns a call in place of 47 (bench W8).
    const off = recording.enabled === false;
    const span = off ? undefined : entered(site, handed(site, values), this, leaf);
    if (span === undefined) return call(fn, this, values, target);
    let outcome: Promise<unknown> | undefined;
    try {
      const result = call(fn, this, values, target);
      if (waits && isNew(fn, result)) return (outcome = settled(result, span));
      return span.returned(result);
    } catch (error) {
      throw span.threw(error);
    } finally {
      if (outcome === undefined) span.exit();
    }
  };
}

/** Does what the body of a compiled asynchronous function does. */
async function settled(promise: Promise<unknown>, span: Span): Promise<unknown> {
  try {
    suspend(span);
    return span.returned(await promise);
  } catch (error) {
    throw span.threw(error);
  } finally {
    span.exit();
  }
}

/** @param target what `new` was applied to, if it was */
function call(
  fn: Callable,
  self: unknown,
  values: readonly unknown[],
  target: Callable | undefined,
): unknown {
  return target === undefined
    ? Reflect.apply(fn, self, values)
    : (Reflect.construct(fn, values, target) as unknown);
}

function aroundGenerator(fn: Callable, site: Site): Callable {
  return function (this: unknown, ...values: unknown[]): unknown {
    const generator: unknown = Reflect.apply(fn, this, values);
    // As in compiled functions, its span begins with the first `next()`.
    return recordGenerator(generator, site.facts.async === true, () =>
      entered(site, handed(site, values), this, false),
    );
  };
}

function entered(site: Site, values: unknown[], self: unknown, leaf: boolean): Span | undefined {
  try {
    return enterSpan(site, values, self, leaf);
  } catch {
    count("internal_error");
    return undefined;
  }
}

/** A list of our own of all arguments, declared or not; a rest parameter takes what is left. */
function handed({ facts, args: names }: Site, values: readonly unknown[]): unknown[] {
  const list: unknown[] = [];
  if (facts.args === undefined) return list;
  const last = names.length - 1;
  const rest: unknown[] | undefined = names[last]?.startsWith("...") === true ? [] : undefined;
  // A parameter that got no argument has its place in the list all the same.
  const declared = rest === undefined ? names.length : last;
  for (let at = 0; at < declared; at++) list[at] = values[at];
  const more = rest ?? list;
  for (let at = declared; at < values.length; at++) more[more.length] = values[at];
  if (rest !== undefined) list[last] = rest;
  return list;
}
