// Drawn structures full of what fights back → through encoder and tracked calls: none of the
// program's code runs, all texts are valid JSON within their budgets.
import { runInNewContext } from "node:vm";
import { Ajv2020 } from "ajv/dist/2020.js";
import fc from "fast-check";
import {
  configure,
  currentSpan,
  currentTrace,
  finalizeAndSend,
  flush,
  startTrace,
  track,
  trackLlm,
  withTrace,
} from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { join, traceSchema } from "llmops-observability/wire";
import { expect, test } from "vitest";
import { createEncoder } from "../../src/encode/encoder.ts";

const encoder = createEncoder();
const isTrace = new Ajv2020({ strict: true, allowUnionTypes: true }).compile(traceSchema);
const bytes = (text: string): number => Buffer.byteLength(text, "utf8");

let ran = 0;
const run = (): never => {
  ran++;
  throw new Error("the program's code ran");
};

const traps: ProxyHandler<object> = Object.fromEntries(
  Reflect.ownKeys(Reflect)
    .filter((key) => typeof key === "string")
    .map((key) => [key, run]),
);

function revoked(target: object): object {
  const { proxy, revoke } = Proxy.revocable(target, {});
  revoke();
  return proxy;
}

class Liar {
  held = 1;
  toJSON = run;
  toString = run;
  valueOf = run;
  [Symbol.toPrimitive] = run;
  [Symbol.iterator] = run;
  get [Symbol.toStringTag](): string {
    return run();
  }
  get inherited(): unknown {
    return run();
  }
}
class Bag extends Map<unknown, unknown> {
  override get size(): number {
    return run();
  }
  override entries = run;
  override [Symbol.iterator] = run;
}
class Row extends Array<unknown> {
  override map = run;
  override [Symbol.iterator] = run;
}

/** An object of many names, the same each time: they take long to make. */
const wide = Object.fromEntries(Array.from({ length: 5_000 }, (_, at) => [`name ${at}`, at]));
let deep: unknown = "the bottom";
for (let level = 0; level < 10_000; level++) deep = level % 2 === 0 ? { deep } : [deep];

function trapped(kind: number, value: unknown): unknown {
  switch (kind) {
    case 0:
      return new Proxy({ value }, traps);
    case 1:
      return new Proxy([value], traps);
    case 2:
      return revoked({ value });
    case 3:
      return revoked([value]);
    case 4:
      return Object.defineProperties(
        { value },
        { got: { get: run, enumerable: true }, set: { set: run, enumerable: true } },
      );
    case 5:
      return Object.assign(new Liar(), { value });
    case 6:
      return new Bag([[value, value]]);
    case 7:
      return Row.from([value]);
    case 8:
      return Object.assign(new Error("e", { cause: value }), { value, toString: run });
    case 9:
      return Object.create(new Proxy({}, traps), { value: { value, enumerable: true } }) as object;
    case 10:
      return JSON.parse('{"__proto__":{"polluted":1}}') as unknown;
    case 11:
      return runInNewContext("({ list: [1], map: new Map([[1, 2]]), error: new Error('far') })");
    case 12:
      return Object.defineProperty([value, 1], 1, { get: run, enumerable: true });
    case 13:
      return { value, deep };
    case 14:
      return { wide, value };
    case 15:
      return new Proxy(run, traps);
    case 16:
      return "\ud800\ufffe\uffff".repeat(500);
    case 17:
      return Buffer.alloc(300, 0xfe);
    case 18:
      return Object.defineProperty(new Error("x"), "name", { get: run });
    case 19:
      return Object.defineProperty(new Error("x"), "stack", { get: run });
    default:
      return { list: new Array(1_000_000), value };
  }
}

/**
 * What is drawn is a recipe: the one who draws looks at it, which the value itself would notice.
 */
interface Recipe {
  readonly kind: number;
  readonly text: string;
  readonly parts: readonly Recipe[];
}

const recipeOf: fc.Memo<Recipe> = fc.memo((depth) =>
  fc.record({
    kind: fc.integer({ min: 0, max: 30 }),
    text: fc.string({ unit: "binary", maxLength: 40 }),
    parts: depth <= 1 ? fc.constant([]) : fc.array(recipeOf(depth - 1), { maxLength: 3 }),
  }),
);
const recipes = recipeOf(5);

function made({ kind, text, parts }: Recipe): unknown {
  const values = parts.map(made);
  if (kind <= 20) return trapped(kind, values[0]);
  if (kind <= 22) return text;
  if (kind <= 25) return values;
  if (kind <= 28) return Object.fromEntries(values.map((value, at) => [`${text}${at}`, value]));
  const cycle: unknown[] = values;
  cycle.push({ cycle });
  return cycle;
}

test("the encoder runs none of it", () => {
  fc.assert(
    fc.property(recipes, fc.integer({ min: 64, max: 20_000 }), (recipe, budget) => {
      const value = made(recipe);
      ran = 0;
      for (const text of [
        encoder.value(value, budget),
        encoder.list([value, value], ["a", "b"], budget),
        encoder.fields(["a", "b"], [value, value], budget),
        encoder.own(value, undefined, budget),
        encoder.error(value, budget).text,
      ]) {
        expect(bytes(text)).toBeLessThanOrEqual(budget);
        JSON.parse(text);
        expect(text).not.toMatch(/[\ufffe\uffff]|(?<![\ud800-\udbff])[\udc00-\udfff]/);
      }
      expect(ran).toBe(0);
    }),
    { numRuns: 400 },
  );
});

test("a tracked call, what is said of it, and of its trace, run none of it", async () => {
  const sink = memorySink();
  configure({ sink, durability: "memory" });
  const taken: unknown[] = [];
  const same = track(
    function same(this: unknown, value: unknown) {
      currentSpan()?.update({ metadata: { value } });
      currentTrace()?.update({ metadata: { value }, input: value });
      currentTrace()?.score({ name: "s", value: value as string });
      taken.push(value);
      return value;
    },
    { self: true },
  );
  const ask = trackLlm(function ask(value: unknown) {
    return value;
  });
  const fails = track(function fails(value: unknown) {
    throw value;
  });
  const values = fc.sample(recipes, 200).map(made);
  ran = 0;
  for (const value of values) {
    startTrace({ name: "t", metadata: { value } });
    expect(same.call({ value }, value) === value).toBe(true);
    expect(ask(value) === value).toBe(true);
    let thrown: unknown = taken;
    try {
      fails(value);
    } catch (error) {
      thrown = error;
    }
    expect(thrown === value).toBe(true);
    finalizeAndSend({ traceInput: value, traceOutput: value });
  }
  expect(await flush(60_000)).toBe(true);
  expect(ran).toBe(0);
  expect(taken.every((value, at) => value === values[at])).toBe(true);
  const traces = join(sink.messages());
  expect(traces.length).toBe(values.length);
  for (const { spans } of traces)
    expect(spans.map(({ span_name }) => span_name)).toEqual(["same", "ask", "fails"]);
});

test("what is said with wrong or hostile values takes nothing else along", async () => {
  const sink = memorySink();
  configure({ sink, durability: "memory" });
  const tags = Row.from(["kept", 1, "too"]);
  const odd = [
    ...Array.from({ length: 21 }, (_, kind) => trapped(kind, "value")),
    null,
    0,
    NaN,
    "text",
    Symbol("s"),
    1n,
    run,
    [],
    [[]],
    new Map(),
    new Date(NaN),
  ];
  const work = track(function work() {
    const span = currentSpan();
    const trace = currentTrace();
    for (const value of odd) {
      const wrong = value as never;
      span?.update(wrong);
      trace?.update(wrong);
      trace?.score(wrong);
      for (const key of ["metadata", "tags", "level", "statusMessage", "usage", "model", "name"]) {
        span?.update({ [key]: value });
        trace?.update({ [key]: value });
      }
      trace?.update({ userId: wrong, sessionId: wrong });
      trace?.score({ name: wrong, value: wrong, comment: wrong });
      trace?.score({ name: "odd", value: wrong, comment: wrong });
    }
    span?.update({ metadata: wrongly(), tags: tags as string[], level: "WARNING" });
    return 1;
  });
  const wrongly = (): never => revoked({}) as never;
  for (const value of odd) {
    startTrace(value as never);
    work();
    finalizeAndSend(value as never);
  }
  startTrace({ name: "t", metadata: wrongly(), tags: revoked([]) as never, userId: wrongly() });
  expect(work()).toBe(1);
  finalizeAndSend(revoked({}));
  expect(withTrace(revoked({}) as never, work)).toBe(1);
  expect(await flush(60_000)).toBe(true);
  const traces = join(sink.messages());
  expect(traces.length).toBe(odd.length + 2);
  for (const { spans } of traces) {
    expect(spans[0]).toMatchObject({ span_name: "work", level: "WARNING", usage: null });
    expect(spans[0]?.tags.slice(-2)).toEqual(["kept", "too"]);
    expect(spans[0]?.tags.every((tag) => typeof tag === "string")).toBe(true);
  }
  for (const trace of traces) expect(isTrace(trace), JSON.stringify(isTrace.errors)).toBe(true);
});
