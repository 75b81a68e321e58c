// Thenables that tracked functions return, as query builders are: awaited at once, later or never.
import { spawnSync } from "node:child_process";
import { EventEmitter } from "node:events";
import { setTimeout } from "node:timers/promises";
import { fileURLToPath } from "node:url";
import { configure, flush, shutdown, track, trackLlm, withTrace } from "llmops-observability";
import { memorySink } from "llmops-observability/testing";
import { beforeEach, describe, expect, test } from "vitest";
import type { WireSpan } from "../../src/wire/message.ts";
import { temporary } from "../delivery/setup.ts";
import { waitingIn } from "../delivery/waiting.ts";

const HOUR = 3_600_000;
let sink = memorySink();
beforeEach(() => {
  sink = memorySink();
  configure({ sink, durability: "memory", graceMs: HOUR, unawaitedMs: HOUR });
});

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

function recorded(): string[] {
  return sink.traces().flatMap(({ spans }) => spans.map(lineOf));
}

function lineOf({ span_name, status, unfinished, output_data, error }: WireSpan): string {
  const outcome = error?.message ?? JSON.stringify(output_data.output);
  return `${span_name}: ${status}${unfinished === true ? " unfinished" : ""} ${outcome}`;
}

/** As drizzle's: a promise by its methods, which run the query. */
class Select {
  readonly parts: string[] = [];
  where(part: string): this {
    this.parts.push(part);
    return this;
  }
  execute(): Promise<string[]> {
    return Promise.resolve([`rows of ${this.parts.join()}`]);
  }
  // oxlint-disable-next-line unicorn/no-thenable -- that is what they have
  then<T>(fulfilled?: (rows: string[]) => T, rejected?: (error: unknown) => T): Promise<T> {
    return this.execute().then(fulfilled, rejected);
  }
  catch<T>(rejected: (error: unknown) => T): Promise<T | string[]> {
    return this.execute().catch(rejected);
  }
}

/** As knex's: an emitter, whose other methods are the promise's own. */
class Builder extends EventEmitter {
  readonly parts: string[] = [];
  where(part: string): this {
    this.parts.push(part);
    return this;
  }
}
Object.assign(Builder.prototype, {
  // oxlint-disable-next-line unicorn/no-thenable -- that is what they have
  then(this: Builder, ...callbacks: []) {
    return Promise.resolve([`rows of ${this.parts.join()}`]).then(...callbacks);
  },
  catch: Promise.prototype.catch,
  finally: Promise.prototype.finally,
});

/** As that of postgres.js: a subclass of promises that begins its work when it is asked. */
class LazyQuery extends Promise<string[]> {
  readonly parts: string[] = [];
  #done: ((rows: string[]) => void) | undefined;
  static override get [Symbol.species](): PromiseConstructor {
    return Promise;
  }
  constructor() {
    let done: ((rows: string[]) => void) | undefined;
    super((resolve) => (done = resolve));
    this.#done = done;
  }
  where(part: string): this {
    this.parts.push(part);
    return this;
  }
  // oxlint-disable-next-line unicorn/no-thenable -- that is what they have
  override then(...callbacks: []): Promise<never> {
    this.#done?.([`rows of ${this.parts.join()}`]);
    return super.then(...callbacks);
  }
}

const kinds: readonly (readonly [string, () => { where(part: string): unknown }])[] = [
  ["Select", () => new Select()],
  ["Builder", () => new Builder()],
  ["LazyQuery", () => new LazyQuery()],
];

test("a `then` behind a getter or a proxy is not asked for", async () => {
  let asked = 0;
  const own = {
    // oxlint-disable-next-line unicorn/no-thenable -- the subject
    get then(): unknown {
      return void asked++;
    },
  };
  const proxy = new Proxy(
    {},
    { get: () => void asked++, getOwnPropertyDescriptor: () => void asked++ },
  );
  for (const value of [own, Object.create(own) as object, proxy])
    expect(track(() => value, { name: "query" })()).toBe(value);
  await flush();
  expect(asked).toBe(0);
  expect(recorded().map((line) => line.split(" ")[1])).toEqual(["success", "success", "success"]);
});

test("once the program awaits it, nothing of ours is left on it", async () => {
  const query = track(() => new Select().where("a"), { name: "query" })();
  expect(Object.hasOwn(query, "then")).toBe(true);
  await query;
  for (const name of ["then", "catch", "finally"]) expect(Object.hasOwn(query, name)).toBe(false);
});

describe.each(kinds)("%s", (kind, make) => {
  const query = track(() => make().where("a"), { name: "query" }) as unknown as () => Select;
  const outer = track(() => query(), { name: "outer" });

  test("is its call's result where it is never awaited, and is as it was then", async () => {
    const bare = make();
    const made = outer();
    expect(Object.keys(made)).toEqual(Object.keys(bare));
    await flush();
    expect(Reflect.ownKeys(made)).toEqual(Reflect.ownKeys(bare));
    expect(made.then === (bare as Select).then).toBe(true);
    const text = recorded();
    expect(text.map((line) => line.split(" ", 2).join(" "))).toEqual([
      "outer: success",
      "query: success",
    ]);
    if (kind !== "LazyQuery") expect(text.join("\n").match(/"parts":\["a"\]/g)?.length).toBe(2);
  });

  test.each(["at once", "turns later"])("gives its rows where it is awaited %s", async (when) => {
    const made = outer();
    if (when !== "at once") await turn().then(turn);
    expect(await made).toEqual(["rows of a"]);
    expect(await query().catch(() => [])).toEqual(["rows of a"]);
    await flush();
    expect(recorded()).toEqual([
      'outer: success ["rows of a"]',
      'query: success ["rows of a"]',
      'query: success ["rows of a"]',
    ]);
  });

  test("gives them also where it was taken for one that is not awaited", async () => {
    configure({ unawaitedMs: 0 });
    const made = outer();
    while (recorded().length === 0) await setTimeout(10);
    expect(await made).toEqual(["rows of a"]);
    await flush();
    expect(recorded().length).toBe(2);
  });
});

const select = track((part: string) => new Select().where(part), { name: "select" });

test("generators: what they return at their end", async () => {
  const sync = track(function* sync() {
    yield 1;
    return new Select().where("a");
  })();
  const async = track(async function* async() {
    yield 1;
    return new Select().where("b");
  })();
  const late = track(async function* late() {
    yield 1;
    await turn();
    return new Select().where("c");
  })();
  sync.next();
  await async.next();
  await late.next();
  expect([sync.next().done, await async.next(), await late.next()]).toEqual([
    true,
    { done: true, value: ["rows of b"] },
    { done: true, value: ["rows of c"] },
  ]);
  await flush();
  expect(recorded().toSorted()).toEqual([
    'async: success ["rows of b"]',
    'late: success ["rows of c"]',
    'sync: success {"parts":["a"]}',
  ]);
});

test("a trace that has ended waits for none", async () => {
  withTrace("subquery", () => select("a").parts.length);
  withTrace("itself", () => select("b"));
  await withTrace("awaited", () => select("c"));
  await turn();
  await shutdown();
  expect(recorded().toSorted()).toEqual([
    'select: success ["rows of c"]',
    'select: success {"parts":["a"]}',
    'select: success {"parts":["b"]}',
  ]);
});

test("a span whose function is still running is waited for as before", async () => {
  let stop = (): void => {};
  const slow = track(() => new Promise<void>((resolve) => (stop = resolve)), { name: "slow" });
  withTrace("both", () => {
    void slow();
    select("a");
  });
  await turn();
  await flush();
  expect(recorded()).toEqual([]);
  stop();
  await flush();
  expect(recorded()).toEqual(["slow: success null", 'select: success {"parts":["a"]}']);
});

test("what a call of a model returned is its result, too", async () => {
  trackLlm(() => new Select().where("a"), { name: "ask" })();
  await flush();
  expect(recorded()).toEqual(['ask: success {"parts":["a"]}']);
});

test("results that are not to be recorded are not", async () => {
  track(() => new Select().where("secret"), { name: "quiet", result: false })();
  await flush();
  expect(recorded()).toEqual(["quiet: success null"]);
});

test.each(["ends", "exits", "fails"])("a process that %s has recorded them", (end) => {
  const directory = temporary();
  const child = fileURLToPath(new URL("thenables.child.mjs", import.meta.url));
  spawnSync(process.execPath, [child, directory, end], { encoding: "utf8" });
  const spans = waitingIn(directory).flatMap(
    ({ json }) => (JSON.parse(json) as { spans: WireSpan[] }).spans,
  );
  expect(spans.map(lineOf)).toEqual(['base: success {"parts":["n=1"]}']);
});
