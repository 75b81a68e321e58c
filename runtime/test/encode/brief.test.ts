// Values that there is no time to encode: named, without a look at what only their code could tell.
import { expect, test } from "vitest";
import { brief } from "../../src/encode/brief.ts";
import { encoding } from "../../src/encode/current.ts";

const shown = (value: unknown): string => encoding.encoder.value(brief(value), 10_000);
const KEY = `sk-${"a1B2".repeat(500)}`;

test.each<[string, unknown, string]>([
  ["a small value", { a: 1 }, '{"a":1}'],
  ["a long text", KEY, '{"_truncated":true,"preview":"[String of 2003]"}'],
  ["a large instance", new Map([[1, KEY]]), '{"_truncated":true,"preview":"[Map]"}'],
  ["a list", [1, KEY, [KEY]], '[1,{"_truncated":true,"preview":"[String of 2003]"},'],
])("%s", (_, value, expected) => {
  expect(shown(value)).toContain(expected);
  expect(shown(value)).not.toContain("a1B2");
});

test("none of the program's code runs", () => {
  let ran = 0;
  const trap = (): never => {
    ran++;
    throw new Error("the program's own");
  };
  const traps = Object.fromEntries(
    Reflect.ownKeys(Reflect).flatMap((key) => (typeof key === "string" ? [[key, trap]] : [])),
  );
  const accessors = Object.fromEntries(
    Array.from({ length: 200 }, (_, at) => [`a${at}`, { get: trap, enumerable: true }]),
  );
  const items = Object.defineProperty([KEY, KEY], 0, { get: trap, enumerable: true });
  const revoked = Proxy.revocable([], {});
  revoked.revoke();
  for (const value of [
    new Proxy({}, traps),
    new Proxy([], traps),
    revoked.proxy,
    [KEY, new Proxy({}, traps), revoked.proxy],
    Object.defineProperties({}, accessors),
    items,
  ])
    expect(shown(value)).toBeTypeOf("string");
  expect(ran).toBe(0);
});
