// Anything thrown → type, message, stack and cause, read without the app's accessors.
import { createContext, runInContext } from "node:vm";
import fc from "fast-check";
import { expect, test } from "vitest";
import { TEXTS } from "../../../test/support/secrets.ts";
import { createEncoder } from "../../src/encode/encoder.ts";

const encoder = createEncoder();
const read = (value: unknown): unknown => JSON.parse(encoder.value(value, 20_000));

const explode = (): never => {
  throw new Error("the app's code ran");
};

test("errors: type, message, stack, cause and own fields", () => {
  class PaymentError extends Error {
    code = "E_PAY";
    get trap(): never {
      return explode();
    }
  }
  const error = new PaymentError("no funds", { cause: new TypeError("inner") });
  expect(JSON.parse(encoder.error(error, 20_000).text)).toEqual({
    type: "PaymentError",
    message: "no funds",
    stack: error.stack,
    cause: { type: "TypeError", message: "inner", stack: (error.cause as Error).stack },
    fields: { code: "E_PAY" },
  });
  expect(read({ error })).toMatchObject({
    error: { type: "PaymentError", cause: { message: "inner" } },
  });

  const all = new AggregateError([new Error("one"), "two"], "several");
  expect(JSON.parse(encoder.error(all, 20_000).text)).toMatchObject({
    type: "AggregateError",
    fields: { errors: [{ message: "one" }, "two"] },
  });

  const loop = new Error("loop");
  loop.cause = loop;
  expect(JSON.parse(encoder.error(loop, 20_000).text)).toMatchObject({ cause: "[Circular]" });

  const abort = AbortSignal.abort().reason as Error;
  expect(JSON.parse(encoder.error(abort, 20_000).text)).toMatchObject({
    type: "AbortError",
    message: "This operation was aborted",
  });
});

test("an error whose parts are the app's accessors is recorded without them", () => {
  const error = new Error("seen");
  Object.defineProperty(error, "stack", { get: explode, configurable: true });
  Object.defineProperty(error, "cause", { get: explode });
  Object.defineProperty(error, "name", { get: explode });
  expect(JSON.parse(encoder.error(error, 20_000).text)).toEqual({
    type: "Error",
    message: "seen",
    stack: null,
    cause: "[Getter]",
  });
});

test("anything may be thrown", () => {
  const thrown: [unknown, object][] = [
    ["text", { type: "string", message: "text", stack: null }],
    [undefined, { type: "undefined", message: "undefined", stack: null }],
    [null, { type: "null", message: "null", stack: null }],
    [42, { type: "number", message: "42", stack: null }],
    [
      { message: "like an error", code: 1 },
      { type: "Object", message: "like an error", stack: null },
    ],
    [{ code: 1 }, { type: "Object", message: '{"code":1}', stack: null }],
    [new Proxy({}, { get: explode }), { type: "object", message: "[Proxy]", stack: null }],
  ];
  for (const [value, expected] of thrown) {
    expect(JSON.parse(encoder.error(value, 2_000).text)).toEqual(expected);
  }
});

test("the message beside the text is the one in it, masked and cut as there", () => {
  const loud = createEncoder({ keys: ["message"] });
  fc.assert(
    fc.property(
      fc.oneof(
        fc.string({ unit: "binary", maxLength: 500 }),
        fc.constantFrom(...TEXTS.map(([text]) => text)),
      ),
      fc.anything(),
      fc.integer({ min: 64, max: 2_000 }),
      (text, other, budget) => {
        for (const thrown of [
          new Error(text),
          text,
          { message: text },
          other,
          new Error("e", { cause: other }),
        ])
          for (const by of [encoder, loud]) {
            const shown = by.error(thrown, budget);
            expect(shown.message).toBe((JSON.parse(shown.text) as { message: unknown }).message);
          }
      },
    ),
  );
});

test("an error whose name or message is an accessor keeps its stack to itself", () => {
  class Trap extends Error {
    override get name(): string {
      return explode();
    }
  }
  expect(JSON.parse(encoder.error(new Trap("seen"), 5_000).text)).toEqual({
    type: "Trap",
    message: "seen",
    stack: null,
  });
});

test("an app's stack formatter that is itself tracked does not disturb the walk it is called in", () => {
  const original = Error.prepareStackTrace;
  const error = new Error("formatted late");
  let inner = "";
  try {
    Error.prepareStackTrace = (e) => {
      inner = encoder.value({ nested: true }, 1_000);
      return `custom ${e.message}`;
    };
    const shown = JSON.parse(encoder.value({ before: 1, error, after: 2 }, 5_000)) as object;
    expect(shown).toMatchObject({ before: 1, error: { message: "formatted late" }, after: 2 });
  } finally {
    Error.prepareStackTrace = original;
  }
  if (inner !== "") expect(inner).toBe('{"nested":true}');
});

test("errors of another realm have their stacks, which stay unread", () => {
  const far = createContext();
  const make = (code: string): Error => runInContext(code, far) as Error;
  const error = make("new TypeError('far')");
  const text = JSON.parse(encoder.error(error, 20_000).text) as { stack: string };
  expect(text).toMatchObject({ type: "TypeError", message: "far" });
  expect(text.stack).toMatch(/^TypeError: far\n {4}at evalmachine/);
  error.message = "amended";
  expect(error.stack).toMatch(/^TypeError: amended\n/);

  const own = make("class Own extends Error { name = 'Own' }; new Own('mine')");
  expect(read(own)).toMatchObject({ stack: expect.stringMatching(/^Own: mine\n/) as string });

  const trapped = make(
    "Object.defineProperty(new Error('seen'), 'stack', { get: (() => explode()).bind(null) })",
  );
  expect(read(trapped)).toEqual({ type: "Error", message: "seen", stack: null });
});

test("a formatter of another realm formats the errors of that realm, and stays in its place", () => {
  const far = createContext();
  const [error, format] = runInContext(
    "Error.prepareStackTrace = (error) => 'theirs: ' + error.message; [new Error('far'), Error.prepareStackTrace]",
    far,
  ) as [Error, unknown];
  expect(read(error)).toEqual({ type: "Error", message: "far", stack: "theirs: far" });
  error.message = "amended";
  expect(error.stack).toBe("theirs: amended");
  expect(runInContext("Error.prepareStackTrace", far)).toBe(format);
});

test.each<[unknown, string]>([
  [Symbol("sign"), "Symbol(sign)"],
  [7n, "7n"],
  [function thrower() {}, "[Function: thrower]"],
  [new Proxy({}, {}), "[Proxy]"],
  [new Date(0), "1970-01-01T00:00:00.000Z"],
  [/x/g, "/x/g"],
  [Promise.resolve(1), "[Promise]"],
  [[1], "[1]"],
  [{ code: 1 }, '{"code":1}'],
])("thrown, %s has a message without quotes", (thrown, message) => {
  expect(JSON.parse(encoder.error(thrown, 20_000).text)).toMatchObject({ message });
});
