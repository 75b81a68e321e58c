// Delegation (`yield*`) and `for await`: the iterator's code runs in the span of the function that iterates, its consumer's in its own.
import {
  consume,
  consumeLater,
  count,
  countLater,
  guarded,
  guardedLater,
  top,
} from "./generators.js";
import { leaf, step } from "./support.js";

/** @track */
function* delegates(...inner) {
  leaf();
  for (const one of inner) {
    const result = yield* one;
    leaf();
    if (result !== undefined) yield result;
  }
  leaf();
}

/** @track */
async function* delegatesLater(...inner) {
  leaf();
  for (const one of inner) {
    const result = yield* one;
    leaf();
    if (result !== undefined) yield result;
  }
  await step();
}

/** An iterator of the program's own, whose methods are tracked. */
class Cursor {
  #at = 0;
  constructor(log) {
    this.log = log;
  }
  [Symbol.iterator]() {
    return this;
  }
  /** @track name=cursor.next */
  next(sent) {
    this.log(`next ${sent}`);
    return { value: this.#at, done: ++this.#at > 2 };
  }
  /** @track name=cursor.return */
  return(value) {
    this.log("return");
    return { value, done: true };
  }
}

class CursorLater {
  #cursor;
  constructor(log) {
    this.#cursor = new Cursor(log);
  }
  [Symbol.asyncIterator]() {
    return this;
  }
  /** @track name=later.next */
  async next(sent) {
    await step();
    return this.#cursor.next(sent);
  }
  /** @track name=later.return */
  async return(value) {
    await null;
    return this.#cursor.return(value);
  }
}

/** @track */
async function loops(iterable, leave, log) {
  try {
    for await (const item of iterable) {
      leaf();
      log(item);
      if (item === leave) break;
      if (leave === `throw ${item}`) throw new Error(leave);
    }
    leaf();
  } catch (error) {
    log(error.message);
    await step();
  }
  leaf();
}

const untrackedLater = async function* (to) {
  for (let i = 0; i < to; i++) {
    await step();
    yield i;
  }
};

const S = "step(leaf)";

export const scenarios = {
  "delegation to generators, lists, strings and the program's own": {
    run: (log) => top(() => [...delegates(count(2), [1, 2], "ab", new Cursor(log), new Set([3]))]),
    traces: [
      `top: top(delegates(leaf count(leaf leaf) leaf leaf leaf cursor.next cursor.next cursor.next leaf leaf leaf) ${S})`,
    ],
  },
  "delegation consumed by two": {
    run: (log) =>
      top(() => {
        const items = delegates(new Cursor(log), count(2));
        return [consume(items), consume(items, 2), consume(items, 9)];
      }),
    traces: [
      `top: top(consume(delegates(leaf cursor.next cursor.next cursor.next leaf count(leaf leaf) leaf leaf) leaf) consume(leaf) consume(leaf) ${S})`,
    ],
  },
  "return() and throw() into a delegation": {
    run: (log) =>
      top(() => {
        const left = delegates(new Cursor(log));
        const seen = [left.next(), left.return("r")];
        leaf();
        const failed = delegates(new Cursor(log));
        failed.next();
        try {
          failed.throw(new Error("t"));
        } catch (error) {
          log(error.constructor.name);
        }
        leaf();
        const inner = delegates(guarded(log));
        inner.next();
        return [...seen, inner.throw("t"), inner.next(), inner.next()];
      }),
    traces: [
      `top: top(delegates(leaf cursor.next cursor.return) leaf delegates!(leaf cursor.next cursor.return) leaf delegates(leaf guarded(leaf leaf leaf leaf) leaf leaf) ${S})`,
    ],
  },
  "delegation of an async generator": {
    run: (log) =>
      top(async () => {
        const seen = [];
        const items = delegatesLater(
          countLater(2),
          [1, Promise.resolve(2)],
          "a",
          new CursorLater(log),
        );
        for await (const item of items) {
          seen.push(item);
          leaf();
        }
        return seen;
      }),
    traces: [
      `top: top(delegatesLater(leaf countLater(${S} ${S}) leaf leaf leaf later.next(${S} cursor.next) later.next(${S} cursor.next) later.next(${S} cursor.next) leaf ${S}) leaf leaf leaf leaf leaf leaf leaf leaf leaf ${S})`,
    ],
  },
  "delegation of an async generator consumed by two, left early": {
    run: (log) =>
      top(async () => {
        const items = delegatesLater(untrackedLater(3), new CursorLater(log));
        const seen = [
          await consumeLater(items, 2),
          await consumeLater(items, 2),
          await items.return("r"),
        ];
        leaf();
        return [...seen, await items.next()];
      }),
    traces: [
      `top: top(consumeLater(delegatesLater(leaf ${S} ${S} ${S} leaf later.next(${S} cursor.next) later.return(cursor.return)) leaf) consumeLater(leaf) leaf ${S})`,
    ],
  },
  ...Object.fromEntries(
    [
      ["a list", () => [1, Promise.resolve(2)], undefined, "leaf leaf leaf leaf"],
      ["a generator", () => count(2), undefined, "count(leaf leaf) leaf leaf leaf leaf"],
      [
        "an async generator",
        () => countLater(2),
        undefined,
        `countLater(${S} ${S}) leaf leaf leaf leaf`,
      ],
      [
        "an untracked async generator",
        () => untrackedLater(2),
        undefined,
        `${S} leaf ${S} leaf leaf leaf`,
      ],
      [
        "an iterator of its own",
        (log) => new CursorLater(log),
        undefined,
        `later.next(${S} cursor.next) leaf later.next(${S} cursor.next) leaf later.next(${S} cursor.next) leaf leaf`,
      ],
      ["a list left by break", () => [1, 2, 3], 1, "leaf leaf leaf"],
      [
        "a sync generator left by break",
        (log) => guarded(log),
        "a",
        "guarded(leaf leaf) leaf leaf leaf",
      ],
      [
        "an async generator left by break",
        (log) => guardedLater(log),
        "a",
        `guardedLater(${S} ${S}) leaf leaf leaf`,
      ],
      [
        "an async generator left by throw",
        (log) => guardedLater(log),
        "throw a",
        `guardedLater(${S} ${S}) leaf ${S} leaf`,
      ],
      [
        "an iterator of its own left by break",
        (log) => new CursorLater(log),
        0,
        `later.next(${S} cursor.next) leaf later.return(cursor.return) leaf leaf`,
      ],
    ].map(([name, iterable, leave, spans]) => [
      `for await over ${name}`,
      {
        run: (log) => top(() => loops(iterable(log), leave, log)),
        traces: [`top: top(loops(${spans}) ${S})`],
      },
    ]),
  ),
};
