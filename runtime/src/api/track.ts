// `track(fn)` for functions that are not compiled by us → a function that does the same and is recorded as a compiled one is.
// Invariant: arguments, `this`, result, errors and promises pass through as they are, but for the promise that an asynchronous function
// has just made, which another one stands in for; nothing here throws but what `fn` throws.
import { types } from "../platform/node.ts";
import { isNew } from "../promises/replace.ts";
import { recordGenerator } from "./track-generator.ts";
import { isLeaf, parameterNames, sourceOf } from "./function-source.ts";
import { count } from "../platform/report.ts";
import { createSite, type Site, type SiteFacts } from "../abi.ts";
import { recording } from "../tracing/settings.ts";
import type { Span } from "../tracing/span.ts";
import { enterSpan } from "../tracing/tracer.ts";
import { type Level, LEVELS } from "../tracing/updates.ts";

/** As in the tags of compiled functions. */
export interface TrackOptions {
  /** Span name. @default the function's own name */
  readonly name?: string;
  readonly metadata?: Readonly<Record<string, unknown>>;
  readonly tags?: readonly string[];
  /** @default "DEFAULT", "ERROR" when it throws */
  readonly level?: Level;
  /** False leaves the arguments out. @default true */
  readonly args?: boolean;
  /** False leaves the result out. @default true */
  readonly result?: boolean;
  /** False: the span of a function that returns a promise ends at the return. @default true */
  readonly settle?: boolean;
  /** Record the own fields of `this`: all, or those named. @default false */
  readonly self?: boolean | readonly string[];
}

export interface TrackLlmOptions extends TrackOptions {
  /** Model id, for the cost. @default from the call, then from the response */
  readonly model?: string;
}

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
  const site = siteOf(original, isRecord(options) ? options : {}, llm);
  const standIn =
    site.facts.generator === true ? aroundGenerator(original, site) : around(original, site);
  return likeness(standIn, original) as F;
}

function around(fn: Callable, site: Site): Callable {
  const { args } = site;
  const waits = types.isAsyncFunction(fn) && site.facts.settle !== false;
  const leaf = !waits && isLeaf(fn);
  return function tracked(this: unknown, ...values: unknown[]): unknown {
    const target = new.target === tracked ? fn : new.target;
    // Known to be switched off, no list of values is made (bench W8).
    const off = recording.enabled === false;
    const span = off ? undefined : entered(site, handed(args, values), this, leaf);
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

/** As the body of a compiled function that awaits. */
async function settled(promise: Promise<unknown>, span: Span): Promise<unknown> {
  try {
    return span.returned(await span.suspend(promise));
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
      entered(site, handed(site.args, values), this, false),
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

/** A list of our own, one value for each name; a rest parameter takes what is left. */
function handed(names: readonly string[], values: readonly unknown[]): unknown[] {
  const list: unknown[] = [];
  for (let at = 0; at < names.length; at++) {
    if (names[at]?.startsWith("...") !== true) {
      list[at] = values[at];
      continue;
    }
    const rest: unknown[] = [];
    for (let next = at; next < values.length; next++) rest[rest.length] = values[next];
    list[at] = rest;
  }
  return list;
}

function siteOf(fn: Callable, options: TrackLlmOptions, llm: boolean): Site {
  const { metadata, tags, level, self, model } = options;
  const own = typeof fn.name === "string" && fn.name !== "" ? fn.name : "(anonymous)";
  const name = typeof options.name === "string" ? options.name : own;
  const facts: SiteFacts = {
    name,
    fn: own,
    // Nobody tells where it stands.
    line: 0,
    column: 0,
    ...(types.isAsyncFunction(fn) && { async: true }),
    ...(types.isGeneratorFunction(fn) && { generator: true }),
    ...(llm && { llm: true }),
    ...(typeof model === "string" && { model }),
    ...(options.args !== false && { args: parameterNames(fn) ?? ["...arguments"] }),
    ...(isRecord(metadata) && { metadata }),
    ...(Array.isArray(tags) && { tags: tags.map(String) }),
    ...(LEVELS.includes(level as Level) && { level: level as Level }),
    ...(self === true && { self }),
    ...(Array.isArray(self) && { self: self.map(String) }),
    ...(options.result === false && { result: false }),
    ...(options.settle === false && { settle: false }),
  };
  return createSite(facts, "");
}

function isRecord(value: unknown): value is Readonly<Record<string, unknown>> {
  return typeof value === "object" && value !== null && !Array.isArray(value);
}

/** Name, length, prototype and fields of the original. */
function likeness(standIn: Callable, original: Callable): Callable {
  try {
    for (const key of Reflect.ownKeys(original)) {
      const property = Object.getOwnPropertyDescriptor(original, key);
      if (property !== undefined && key !== "arguments" && key !== "caller")
        Reflect.defineProperty(standIn, key, property);
    }
    Object.setPrototypeOf(standIn, Object.getPrototypeOf(original) as object | null);
  } catch {
    count("internal_error");
  }
  return standIn;
}
