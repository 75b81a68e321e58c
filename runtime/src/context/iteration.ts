// `for await (x of E)` and `yield* E` of compiled code → the same iteration, with the right place current at each step.
// Invariant: the original's methods are read and called at the moments the engine would; results pass through untouched.

interface Suspending {
  suspend<T>(value: T): T;
}

interface Delegating {
  delegateRuns(): void;
  /** @param result what the method returned, where it did */
  delegateRan(yielded: boolean, leaving: boolean, result: unknown): void;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** An iterable that stands for the original one. */
export function iterateIn(span: Suspending, iterable: unknown): unknown {
  if (!canStandIn(iterable)) return iterable;
  // Suspends only after the call has returned: if it throws, the function goes on at once.
  return standIn(iterable, (method, iterator, args) =>
    span.suspend(Reflect.apply(method, iterator, args)),
  );
}

/** The iterable of a `yield*`: its methods run in the generator's span, and each consumer goes on where it was. */
export function delegateTo(span: Delegating, iterable: unknown): unknown {
  if (!canStandIn(iterable)) return iterable;
  return standIn(iterable, (method, iterator, args, name) => {
    span.delegateRuns();
    let yielded = false;
    let result: unknown;
    try {
      result = Reflect.apply(method, iterator, args);
      yielded = true;
      return result;
    } finally {
      span.delegateRan(yielded, name === "return", result);
    }
  });
}

/** Of primitives, strings alone are iterable; all others are for the engine to refuse. */
function canStandIn(iterable: unknown): boolean {
  return (
    typeof iterable === "string" ||
    typeof iterable === "function" ||
    (typeof iterable === "object" && iterable !== null)
  );
}

type Call = (
  method: Method,
  iterator: object,
  args: readonly unknown[],
  name: "next" | "return" | "throw",
) => unknown;

function standIn(iterable: unknown, call: Call): object {
  const source = iterable as Record<symbol, Method | null | undefined>;
  const opener = (open: unknown): unknown => {
    if (typeof open !== "function") return open;
    return () => {
      const iterator: unknown = Reflect.apply(open, source, []);
      const isObject =
        (typeof iterator === "object" && iterator !== null) || typeof iterator === "function";
      return isObject ? iteratorOf(iterator as Record<string, unknown>, call) : iterator;
    };
  };
  return {
    get [Symbol.asyncIterator]() {
      return opener(source[Symbol.asyncIterator]);
    },
    get [Symbol.iterator]() {
      return opener(source[Symbol.iterator]);
    },
  };
}

function iteratorOf(iterator: Record<string, unknown>, call: Call): object {
  const around = (name: "next" | "return" | "throw"): unknown => {
    const method = iterator[name];
    return typeof method === "function"
      ? (...args: unknown[]) => call(method as Method, iterator, args, name)
      : method;
  };
  return {
    get next() {
      return around("next");
    },
    get return() {
      return around("return");
    },
    get throw() {
      return around("throw");
    },
  };
}
