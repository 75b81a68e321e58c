// `track(fn)`: the same function for its callers, the same span as a compiled one for its readers.
import { AsyncLocalStorage } from "node:async_hooks";
import { spawnSync } from "node:child_process";
import { createContext, runInContext } from "node:vm";
import { configure, flush, track, trackLlm, withTrace } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { beforeEach, expect, test } from "vitest";
import type { WireSpan } from "../../src/wire/message.ts";

const turn = Promise.resolve();
let sink = memorySink();
beforeEach(() => {
  sink = memorySink();
  configure({ sink, enabled: true, durability: "memory" });
});

async function spans(): Promise<readonly WireSpan[]> {
  await flush();
  return sink.traces().flatMap((trace) => trace.spans);
}

/** name(parent): status, input, output */
async function lines(): Promise<string[]> {
  const all = await spans();
  const names = new Map(all.map(({ span_id, span_name }) => [span_id, span_name]));
  return all.map(
    ({ span_name, parent_span_id, status, input_data, output_data }) =>
      `${span_name}(${names.get(parent_span_id ?? "") ?? ""}): ${status} ${JSON.stringify(input_data.args)} ${JSON.stringify(output_data.output)}`,
  );
}

test("results, errors and `this` pass through", async () => {
  const error = new Error("no");
  const divide = track(function divide(this: { by: number }, value: number) {
    if (this.by === 0) throw error;
    return { value: value / this.by };
  });
  expect(divide.call({ by: 2 }, 6)).toEqual({ value: 3 });
  expect(() => divide.call({ by: 0 }, 6)).toThrow(error);
  expect(await lines()).toEqual(['divide(): success [6] {"value":3}', "divide(): error [6] null"]);
});

test("it looks like the original", () => {
  const fields = Object.assign(
    async function fields(a: number, b: number) {
      return a + b;
    },
    { extra: 1 },
  );
  const tracked = track(fields);
  expect(tracked.name).toBe("fields");
  expect(tracked.length).toBe(2);
  expect(tracked.extra).toBe(1);
  expect(tracked.constructor.name).toBe("AsyncFunction");
  expect(track(function* items() {}).constructor.name).toBe("GeneratorFunction");
});

test("constructors construct", async () => {
  function Point(this: { x: number; target: unknown }, x: number) {
    this.x = x;
    this.target = new.target;
  }
  const Tracked = track(Point) as unknown as new (x: number) => { x: number; target: unknown };
  const made = new Tracked(3);
  expect(made).toBeInstanceOf(Tracked);
  expect(made).toBeInstanceOf(Point as unknown as new () => object);
  expect([made.x, made.target]).toEqual([3, Point]);
  expect((await lines())[0]).toMatch(/^Point\(\): success \[3\]/);
});

test("what a call was handed is recorded, declared or not", async () => {
  const call = (fn: unknown, ...values: unknown[]): unknown =>
    (fn as (...given: unknown[]) => unknown)(...values);
  call(
    track(() => 1, { name: "nothing" }),
    { a: 1 },
  );
  function counts(): number {
    return arguments.length;
  }
  call(track(counts), 1, 2);
  const defaults = track((first: number, second = first) => second, { name: "defaults" });
  call(defaults, 1, 2, "third");
  call(defaults, 5);
  call(
    track(async (one: number) => one, { name: "asynchronous" }),
    1,
    2,
  );
  function* steps(): Generator<number> {
    yield 1;
  }
  expect([...(call(track(steps), "unread") as Generator)]).toEqual([1]);
  const wide = track(({ a }: { a: number }) => a, { name: "wide" });
  call(wide, { a: 1 }, { large: 1n });
  const rest = (first: number, ...others: number[]): number => first + others.length;
  call(track(rest), 1, 2, 3);
  call(
    track(() => 1, { name: "left out", args: false }),
    2,
  );
  call(
    trackLlm(() => "answer", { name: "asks" }),
    "What is undeclared?",
  );
  const all = await spans();
  const args = Object.fromEntries(all.map((one) => [one.span_name, one.input_data.args]));
  expect(args).toEqual({
    nothing: [{ a: 1 }],
    counts: [1, 2],
    defaults: [5, null],
    asynchronous: [1, 2],
    steps: ["unread"],
    wide: [{ a: 1 }, { large: "1n" }],
    rest: [1, 2, 3],
    "left out": [],
    asks: ["What is undeclared?"],
  });
  expect(all[2]?.input_data.args).toEqual([1, 2, "third"]);
  expect(all.find(({ span_name }) => span_name === "asks")?.prompt).toBe("What is undeclared?");
});

test("arguments are recorded as they were at the call, results as they were at the return", async () => {
  const add = track(function add(list: number[]) {
    list.push(2);
    return list;
  });
  const list = add([1]);
  list.push(3);
  expect(await lines()).toEqual(["add(): success [[1]] [1,2]"]);
});

test("classes and what is no function come back untouched", async () => {
  class Service {}
  const odd: unknown[] = [Service, undefined, null, 1, "text", {}];
  expect(odd.map((value) => track(value))).toEqual(odd);
  expect(track(Service)).toBe(Service);
  expect(await spans()).toEqual([]);
});

test("promises are the same objects, and spans end when they settle", async () => {
  const made = new Promise<string>((resolve) => setTimeout(resolve, 20, "late"));
  const fetches = track(function fetches() {
    return made;
  });
  const rejects = track(async function rejects() {
    await turn;
    throw new TypeError("later");
  });
  const early = track(() => made, { name: "early", settle: false });
  expect(fetches()).toBe(made);
  expect(early()).toBe(made);
  await expect(rejects()).rejects.toThrow("later");
  await made;
  const all = await spans();
  const named = (name: string): WireSpan | undefined =>
    all.find(({ span_name }) => span_name === name);
  expect(named("fetches")?.output_data.output).toBe("late");
  expect(named("fetches")?.duration_ms).toBeGreaterThan(10);
  expect(named("early")?.output_data.output).toBe("[Promise]");
  expect(named("rejects")?.error).toMatchObject({ type: "TypeError", message: "later" });
});

test("outcomes are read once: a process that ends looks only at those that nobody has read", () => {
  // Reading in a hurry goes through the inspector, a tenth of a millisecond each.
  const script = `
    import { Session } from "node:inspector";
    import { configure, track } from "llmops-observability";
    import { memorySink } from "llmops-observability/testing";
    const { post } = Session.prototype;
    let reads = 0;
    Session.prototype.post = function (...args) { reads++; return Reflect.apply(post, this, args); };
    configure({ sink: memorySink(), durability: "memory" });
    void track(() => new Promise(() => {}))();
    const later = track((value) => new Promise((resolve) => setImmediate(resolve, value)));
    for (let count = 0; count < 100; count++) await later(count);
    await new Promise((resolve) => setTimeout(resolve, 50));
    process.on("exit", () => console.log(reads));
    if (process.env.LATE) await later(1);
    process.exit();`;
  const flags = ["--input-type=module", "--no-warnings", "-e", script];
  const readsAtTheEnd = (late: string): number => {
    const env = { ...process.env, LATE: late };
    const { stdout } = spawnSync(process.execPath, flags, { encoding: "utf8", env });
    return Number(stdout.trim() || "NaN");
  };
  expect(readsAtTheEnd("")).toBe(0);
  expect(readsAtTheEnd("yes")).toBeGreaterThan(0);
});

test("asynchronous functions are recorded without a look at every promise of the process", () => {
  // Node's hooks make each of its awaits take two to three times as long.
  const script = `
    import v8 from "node:v8";
    import { configure, track, withTrace } from "llmops-observability";
    import { memorySink } from "llmops-observability/testing";
    const { createHook } = v8.promiseHooks;
    let hooks = 0;
    v8.promiseHooks.createHook = (...args) => { hooks++; return createHook(...args); };
    configure({ sink: memorySink(), durability: "memory" });
    const wait = (value) => new Promise((resolve) => setTimeout(resolve, 5, value));
    const ask = track(async (value) => { await wait(); return value; });
    const items = track(async function* () { await wait(); yield 1; });
    await withTrace("all", async () => { await ask(1); for await (const item of items()) await ask(item); });
    const withoutHooks = hooks === 0;
    await track(wait)(2);
    console.log(withoutHooks, hooks > 0);
    process.exit();`;
  const flags = ["--input-type=module", "--no-warnings", "-e", script];
  const { stdout } = spawnSync(process.execPath, flags, { encoding: "utf8" });
  expect(stdout.trim()).toBe("true true");
});

test("of an asynchronous function nothing changes for its caller but the promise", async () => {
  const order: string[] = [];
  const storage = new AsyncLocalStorage<string>();
  const ask = track(async function ask(value: string) {
    order.push(`begins in ${storage.getStore()}`);
    await turn;
    order.push(`goes on in ${storage.getStore()}`);
    if (value === "") throw new TypeError("empty");
    return { value };
  });
  const asked = storage.run("mine", () => ask("a"));
  order.push("called");
  expect(Object.getPrototypeOf(asked)).toBe(Promise.prototype);
  expect(await asked).toEqual({ value: "a" });
  await expect(ask("")).rejects.toThrow(new TypeError("empty"));
  expect(order).toEqual([
    "begins in mine",
    "called",
    "goes on in mine",
    "begins in undefined",
    "goes on in undefined",
  ]);
  expect(await lines()).toEqual(['ask(): success ["a"] {"value":"a"}', 'ask(): error [""] null']);
});

test("functions of another realm are recorded, and return what they return", async () => {
  const realm = createContext({});
  const ask = track(runInContext("async function ask(value) { return [value]; } ask", realm)) as (
    value: number,
  ) => Promise<unknown>;
  const items = track(
    runInContext("async function* items() { yield 1; yield 2; } items", realm),
  ) as () => AsyncGenerator<number>;
  const asked = ask(1);
  expect(asked).toBeInstanceOf(runInContext("Promise", realm));
  await asked;
  const seen: number[] = [];
  for await (const item of items()) seen.push(item);
  expect(seen).toEqual([1, 2]);
  const all = await spans();
  expect(all.map(({ span_name, status }) => `${span_name} ${status}`)).toEqual([
    "ask success",
    "items success",
  ]);
  expect(all[1]?.stream?.chunks).toBe(2);
});

test("children are below their parents, also at the same time", async () => {
  const leaf = track(function leaf(name: string) {
    return name;
  });
  const branch = track(async function branch(name: string) {
    await turn;
    return leaf(name);
  });
  const root = track(async function root() {
    return Promise.all([branch("a"), branch("b")]);
  });
  await withTrace("all", async () => {
    await root();
    leaf("beside");
  });
  expect((await lines()).toSorted()).toEqual([
    'branch(root): success ["a"] "a"',
    'branch(root): success ["b"] "b"',
    'leaf(): success ["beside"] "beside"',
    'leaf(branch): success ["a"] "a"',
    'leaf(branch): success ["b"] "b"',
    'root(): success [] ["a","b"]',
  ]);
});

test("generators are recorded from their first step to their end", async () => {
  const inner = track((value: number) => value * 2, { name: "inner" });
  const items = track(function* items(to: number): Generator<number, string> {
    for (let i = 0; i < to; i++) yield inner(i);
    return "end";
  });
  const never = items(9);
  expect(Object.prototype.toString.call(never)).toBe("[object Generator]");
  expect([...items(2)]).toEqual([0, 2]);
  const left = items(9);
  expect([left.next().value, left.return("left")]).toEqual([0, { value: "left", done: true }]);
  const failed = items(9);
  failed.next();
  expect(() => failed.throw(new Error("in"))).toThrow("in");
  expect((await lines()).filter((line) => line.startsWith("items"))).toEqual([
    'items(): success [2] "end"',
    'items(): success [9] "left"',
    "items(): error [9] null",
  ]);
  const [first] = sink.traces();
  expect(first?.spans.map(({ stream }) => stream?.chunks)).toEqual([2, undefined, undefined]);
});

test("async generators, asked ahead and left early", async () => {
  const step = track(async function step(value: number) {
    await turn;
    return value;
  });
  const items = track(async function* items(to: number): AsyncGenerator<number, string> {
    for (let i = 0; i < to; i++) yield await step(i);
    return "end";
  });
  const outside = track(() => 0, { name: "outside" });
  await withTrace("all", async () => {
    const ahead = items(1);
    const asked = [ahead.next(), ahead.next()];
    outside();
    expect(await Promise.all(asked)).toEqual([
      { value: 0, done: false },
      { value: "end", done: true },
    ]);
    for await (const item of items(3)) if (item === 1) break;
  });
  expect((await lines()).toSorted()).toEqual([
    'items(): success [1] "end"',
    "items(): success [3] null",
    "outside(): success [] 0",
    "step(items): success [0] 0",
    "step(items): success [0] 0",
    "step(items): success [1] 1",
  ]);
});

test("generators that are ended before their first step have no span", async () => {
  const items = track(function* items() {
    yield 1;
  });
  const later = track(async function* later() {
    yield 1;
  });
  const [left, failed] = [items(), items()];
  expect(left.return()).toEqual({ value: undefined, done: true });
  expect(left.next()).toEqual({ value: undefined, done: true });
  expect(() => failed.throw(new Error("in"))).toThrow("in");
  const asyncLeft = later();
  await asyncLeft.return();
  expect(await asyncLeft.next()).toEqual({ value: undefined, done: true });
  expect(await lines()).toEqual([]);
});

test("options, and the names of parameters as keys of secrets", async () => {
  const login = track(
    (user: string, password: string, ...rest: string[]) => `${user} ${password} ${rest.length}`,
    { name: "log in", tags: ["auth"], metadata: { team: "a" }, level: "WARNING", result: false },
  );
  const service = { region: "eu", limit: 3, call: track(function call() {}, { self: ["region"] }) };
  login("u", "hunter2", "x", "y");
  service.call();
  track((first: number) => first, { args: false, name: "quiet" })(5);
  const [first, second, quiet] = await spans();
  expect(first).toMatchObject({
    span_name: "log in",
    tags: ["auth"],
    level: "WARNING",
    metadata: { team: "a" },
    input_data: { args: ["u", "[REDACTED]", "x", "y"] },
    output_data: { output: null },
    param_names: ["user", "password", "...rest"],
  });
  expect(second?.input_data.self).toEqual({ region: "eu" });
  expect(quiet?.input_data.args).toEqual([]);
});

test("functions whose parameters cannot be read from their text record all arguments", async () => {
  const bound = track(Math.max.bind(null));
  const odd = track((a = "a,b(", b = 1) => a.length + b, { name: "odd" });
  // Read by its commas alone, the text would put the name of a secret over the second argument.
  const quoted = track((a = ",password=", b = 1) => a.length + b, { name: "quoted" });
  bound(1, 2);
  odd("x", 2);
  quoted("x", 2);
  expect((await lines()).map((line) => line.replace(/^bound max/, "bound"))).toEqual([
    "bound(): success [1,2] 2",
    'odd(): success ["x",2] 3',
    'quoted(): success ["x",2] 3',
  ]);
});

test("wrong options are no errors", async () => {
  const odd = { name: 1, tags: "a", metadata: [], level: {}, self: 7 } as never;
  expect(track(() => 1, odd)()).toBe(1);
  expect(track(() => 2, null as never)()).toBe(2);
  expect((await spans()).length).toBe(2);
});

test("trackLlm records a generation", async () => {
  const answer = {
    object: "chat.completion",
    model: "gpt-4o-mini",
    choices: [{ message: { role: "assistant", content: "Hello" } }],
    usage: { prompt_tokens: 3, completion_tokens: 2 },
  };
  const ask = trackLlm(async function ask(prompt: string) {
    await turn;
    return prompt === "Hi" ? answer : undefined;
  });
  await ask("Hi");
  const [span] = await spans();
  expect(span).toMatchObject({
    span_type: "generation",
    response: "Hello",
    model_id: "gpt-4o-mini",
  });
  expect(span?.usage).toMatchObject({ input_tokens: 3, output_tokens: 2 });
});

test("the program's own context is its own", async () => {
  const storage = new AsyncLocalStorage<string>();
  const reads = track(async function reads() {
    await turn;
    return storage.getStore();
  });
  expect(await storage.run("mine", () => reads())).toBe("mine");
  expect(storage.getStore()).toBeUndefined();
  expect((await spans()).length).toBe(1);
});

test("switched off, it only calls", async () => {
  configure({ enabled: false });
  expect(track((value: number) => value + 1)(1)).toBe(2);
  expect(await spans()).toEqual([]);
});
