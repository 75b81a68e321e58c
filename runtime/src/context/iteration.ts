// `for await (x of E)` and `yield* E` of compiled code → the same, in the right place at each step.
// Invariant: the iterator's methods are read and called when the engine would, and the program gets
// their results.

/** What a step of an iteration has returned. */
export interface Step {
  readonly method: "next" | "return" | "throw";
  /** The iterator is asynchronous: the engine awaits the result, not the `value` in it. */
  readonly awaited: boolean;
  readonly result: unknown;
}

interface Iterating {
  /** The step has returned. @returns what the engine gets in place of its result */
  iterated(step: Step): unknown;
}

interface Delegating {
  /** The delegate runs. */
  delegateRuns(): void;
  /** It has returned. @returns what the engine gets in place of its result */
  delegateReturned(step: Step): unknown;
  delegateThrew(): void;
}

type Method = (this: unknown, ...args: unknown[]) => unknown;

/** An iterable that stands for the original one. */
export function iterateIn(span: Iterating, iterable: unknown): unknown {
  if (!canStandIn(iterable)) return iterable;
  // Suspends only after the call has returned: if it throws, the function goes on at once.
  return standIn(iterable, (call, method, awaited) =>
    span.iterated({ method, awaited, result: call() }),
  );
}

/**
 * The iterable of a `yield*`: its methods run in the span, and the consumer goes on where it was.
 */
export function delegateTo(span: Delegating, iterable: unknown): unknown {
  if (!canStandIn(iterable)) return iterable;
  return standIn(iterable, (call, method, awaited) => {
    span.delegateRuns();
    let result: unknown;
    try {
      result = call();
    } catch (error) {
      span.delegateThrew();
      throw error;
    }
    return span.delegateReturned({ method, awaited, result });
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

/** Makes a step. @param call calls the iterator's method */
type Around = (call: () => unknown, method: Step["method"], awaited: boolean) => unknown;

function standIn(iterable: unknown, around: Around): object {
  const source = iterable as Record<symbol, Method | null | undefined>;
  const opener = (open: unknown, awaited: boolean): unknown => {
    if (typeof open !== "function") return open;
    return () => {
      const iterator: unknown = Reflect.apply(open, source, []);
      const isObject =
        (typeof iterator === "object" && iterator !== null) || typeof iterator === "function";
      return isObject ? iteratorOf(iterator as Record<string, unknown>, around, awaited) : iterator;
    };
  };
  return {
    get [Symbol.asyncIterator]() {
      return opener(source[Symbol.asyncIterator], true);
    },
    get [Symbol.iterator]() {
      return opener(source[Symbol.iterator], false);
    },
  };
}

function iteratorOf(iterator: Record<string, unknown>, around: Around, awaited: boolean): object {
  const standInFor = (name: Step["method"]): unknown => {
    const method = iterator[name];
    return typeof method === "function"
      ? (...args: unknown[]) =>
          around(() => Reflect.apply(method as Method, iterator, args), name, awaited)
      : method;
  };
  return {
    get next() {
      return standInFor("next");
    },
    get return() {
      return standInFor("return");
    },
    get throw() {
      return standInFor("throw");
    },
  };
}
