// Generators, sync and async: their spans last from the first `next()` to the end, whoever consumes them.
import { Readable } from "node:stream";
import { pipeline } from "node:stream/promises";
import { leaf, step, turn } from "./support.js";

/** @track capture */
export function* count(to) {
  for (let i = 0; i < to; i++) {
    leaf();
    yield i;
  }
  return "end";
}

/** @track capture */
export async function* countLater(to) {
  for (let i = 0; i < to; i++) {
    await step();
    yield i;
  }
  return "end";
}

/** @track */
export function consume(iterator, times = 1) {
  const values = [];
  for (let i = 0; i < times; i++) values.push(iterator.next().value);
  leaf();
  return values;
}

/** @track */
export async function consumeLater(iterator, times = 1) {
  const values = [];
  for (let i = 0; i < times; i++) values.push((await iterator.next()).value);
  leaf();
  return values;
}

/** @track name=top */
export async function top(task) {
  const result = await task();
  await step();
  return result;
}

/** @track */
export function* guarded(log) {
  try {
    leaf();
    log(yield "a");
    log(yield "b");
  } catch (error) {
    log(`caught ${error}`);
    leaf();
    yield "from catch";
  } finally {
    log("finally");
    leaf();
  }
  leaf();
  return "end";
}

/** @track */
export async function* guardedLater(log) {
  try {
    await step();
    log(yield "a");
    log(yield "b");
  } catch (error) {
    log(`caught ${error}`);
    await step();
    yield "from catch";
  } finally {
    log("finally");
    await step();
  }
  leaf();
  return "end";
}

/** @track */
function* throwing() {
  yield 1;
  leaf();
  throw new Error("from inside");
}

/** @track */
async function* yieldsRejections() {
  try {
    yield Promise.reject(new Error("yielded"));
  } catch {
    leaf();
  }
  leaf();
  yield Promise.resolve("value");
  return step().then(() => "end");
}

/** @track */
async function* noAwaits() {
  leaf();
  yield 1;
  leaf();
  yield 2;
}

const S = "step(leaf)";

export const scenarios = {
  "a generator in a loop": {
    run: () => top(() => [...count(2)].join()),
    traces: [`top: top(count(leaf leaf) ${S})`],
  },
  "nothing runs before the first next": {
    run: () => top(() => (count(1), countLater(1), leaf())),
    traces: [`top: top(leaf ${S})`],
  },
  "a generator consumed by two consumers in turn": {
    run: () =>
      top(() => {
        const numbers = count(3);
        return [consume(numbers), consume(numbers, 2), consume(numbers, 2)];
      }),
    traces: [`top: top(consume(count(leaf leaf leaf) leaf) consume(leaf) consume(leaf) ${S})`],
  },
  "an async generator consumed by two consumers in turn": {
    run: () =>
      top(async () => {
        const numbers = countLater(3);
        return [
          await consumeLater(numbers),
          await consumeLater(numbers, 2),
          await consumeLater(numbers, 2),
        ];
      }),
    traces: [
      `top: top(consumeLater(countLater(${S} ${S} ${S}) leaf) consumeLater(leaf) consumeLater(leaf) ${S})`,
    ],
  },
  "an async generator whose items are asked for ahead": {
    run: () =>
      top(async () => {
        const numbers = countLater(2);
        const asked = [numbers.next(), numbers.next(), numbers.next()];
        leaf();
        const values = await Promise.all(asked);
        leaf();
        return values;
      }),
    traces: [`top: top(countLater(${S} ${S}) leaf leaf ${S})`],
  },
  "an async generator without any await, asked ahead by two": {
    run: () =>
      top(async () => {
        const numbers = noAwaits();
        const values = await Promise.all([consumeLater(numbers, 2), consumeLater(numbers, 1)]);
        leaf();
        return values;
      }),
    traces: [`top: top(consumeLater(noAwaits(leaf leaf) leaf) consumeLater(leaf) leaf ${S})`],
  },
  "begun in one trace, finished in another": {
    run: async () => {
      let numbers;
      const first = await top(() => {
        numbers = count(2);
        return consume(numbers);
      });
      const second = await top(() => consume(numbers, 2));
      return [first, second];
    },
    traces: [`top: top(consume(count(leaf leaf) leaf) ${S})`, `top: top(consume(leaf) ${S})`],
  },
  "return() at a yield": {
    run: (log) =>
      top(() => {
        const items = guarded(log);
        return [items.next(), items.return("r"), (leaf(), items.next())];
      }),
    traces: [`top: top(guarded(leaf leaf) leaf ${S})`],
  },
  "return() before the start": {
    run: (log) => top(() => [guarded(log).return("r"), leaf()]),
    traces: [`top: top(leaf ${S})`],
  },
  "throw() at a yield, caught inside": {
    run: (log) =>
      top(() => {
        const items = guarded(log);
        const seen = [items.next(), items.next("x"), items.throw("t")];
        leaf();
        return [...seen, items.next(), items.next()];
      }),
    traces: [`top: top(guarded(leaf leaf leaf leaf) leaf ${S})`],
  },
  "throw() at a yield, not caught": {
    run: (log) =>
      top(() => {
        const items = count(3);
        items.next();
        try {
          items.throw(new Error("t"));
        } catch (error) {
          log(error.message);
          leaf();
        }
        return items.next();
      }),
    traces: [`top: top(count!(leaf) leaf ${S})`],
  },
  "a generator that throws": {
    run: (log) =>
      top(() => {
        try {
          for (const item of throwing()) log(item);
        } catch (error) {
          log(error.message);
        }
        leaf();
      }),
    traces: [`top: top(throwing!(leaf) leaf ${S})`],
  },
  "return() of an async generator at a yield": {
    run: (log) =>
      top(async () => {
        const items = guardedLater(log);
        const seen = [await items.next(), await items.return("r")];
        leaf();
        return [...seen, await items.next()];
      }),
    traces: [`top: top(guardedLater(${S} ${S}) leaf ${S})`],
  },
  "throw() into an async generator": {
    run: (log) =>
      top(async () => {
        const items = guardedLater(log);
        const seen = [await items.next(), await items.next("x"), await items.throw("t")];
        leaf();
        return [...seen, await items.next(), await items.next()];
      }),
    traces: [`top: top(guardedLater(${S} ${S} ${S} leaf) leaf ${S})`],
  },
  "a rejection that is yielded, a promise that is returned": {
    run: (log) =>
      top(async () => {
        const items = yieldsRejections();
        log(await items.next());
        leaf();
        log(await items.next());
      }),
    traces: [`top: top(yieldsRejections(leaf leaf ${S}) leaf ${S})`],
  },
  "left by break, by destructuring, by the end": {
    run: (log) =>
      top(() => {
        for (const item of guarded(log)) if (item === "a") break;
        leaf();
        const [first] = guarded(log);
        leaf();
        return [first, ...guarded(log)];
      }),
    traces: [
      `top: top(guarded(leaf leaf) leaf guarded(leaf leaf) leaf guarded(leaf leaf leaf) ${S})`,
    ],
  },
  "a stream read from an async generator": {
    run: () =>
      top(async () => {
        const seen = [];
        for await (const item of Readable.from(countLater(2))) seen.push(item, leaf());
        return seen;
      }),
    traces: [`top: top(countLater(${S} ${S}) leaf leaf ${S})`],
  },
  "a pipeline of tracked stages": {
    run: () =>
      top(async () => {
        const seen = [];
        await pipeline(
          countLater(2),
          /** @track name=double */
          async function* (source) {
            for await (const item of source) yield item * 2 + (await step(), 0);
          },
          /** @track name=collect */
          async function (source) {
            for await (const item of source) seen.push(item, leaf());
          },
        );
        return seen;
      }),
    traces: [`top: top(collect(double(countLater(${S} ${S}) ${S} ${S}) leaf leaf) ${S})`],
  },
  "events of a stream": {
    run: () =>
      top(async () => {
        const seen = [];
        const stream = Readable.from([1, 2]);
        await new Promise((resolve) =>
          stream.on("data", (item) => seen.push(item, leaf())).on("end", resolve),
        );
        return seen;
      }),
    traces: [`top: top(leaf leaf ${S})`],
  },
  "abandoned half-way": {
    late: true,
    run: () =>
      top(async () => {
        count(3).next();
        await countLater(3).next();
        await turn();
        return leaf();
      }),
    traces: [`top: top(count?(leaf) countLater?(${S}) leaf ${S})`],
  },
  "a generator is a root": {
    run: async (log) => {
      for (const item of count(2)) log(item);
      for await (const item of countLater(1)) log(item);
    },
    traces: ["count: count(leaf leaf)", `countLater: countLater(${S})`],
  },
  "a generator that is a root, and its consumer": {
    run: async () => {
      const numbers = countLater(2);
      await numbers.next();
      // Its consumer is in no trace, and stays out of the generator's.
      leaf();
      await numbers.next();
      await step();
      return numbers.next();
    },
    traces: [`countLater: countLater(${S} ${S})`, "leaf: leaf", `step: ${S}`],
  },
};
