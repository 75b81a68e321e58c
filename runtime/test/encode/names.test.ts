// Functions, classes and proxies of every kind → the words that stand for them.
import { expect, test } from "vitest";
import { createEncoder } from "../../src/encode/encoder.ts";
import { snapshot } from "../../src/encode/snapshot.ts";

const encoder = createEncoder();
const explode = (): never => {
  throw new Error("the program's code ran");
};

function shown(value: unknown): unknown {
  return JSON.parse(encoder.value(value, 20_000));
}

test("functions and classes show as what they are, by the names that are data or stand in the source", () => {
  const traps: ProxyHandler<object> = { get: explode, getOwnPropertyDescriptor: explode };
  class Base {
    static get [Symbol.toStringTag](): string {
      return explode();
    }
  }
  const { proxy: gone, revoke } = Proxy.revocable(class {}, {});
  revoke();
  const hidden = class Hidden {
    static name(): string {
      return explode();
    }
  };
  const heir = class extends hidden {
    static override name = explode;
  };
  const classes = {
    plain: class Plain {},
    heir: class Heir extends Base {},
    ofBuiltIn: class Cache extends Map {},
    ofNothing: class Bare extends (null as unknown as ObjectConstructor) {},
    ofProxy: class Odd extends (new Proxy(Base, {})) {},
    anonymous: (() => class {})(),
    anonymousHeir: (() => class extends Base {})(),
    renamed: class {
      static name = "Chosen";
    },
    hidden,
    hiddenHeir: heir,
    frozen: Object.freeze(class Frozen {}),
    native: URL,
  };
  function Old(): void {}
  const methods = {
    class() {},
    classify() {},
    async later() {},
    *each() {},
    async *stream() {},
    get got(): () => void {
      return explode();
    },
  };
  Object.defineProperty(methods.class, "prototype", { value: {} });
  Object.defineProperty(methods.classify, "prototype", { value: {} });
  const functions = {
    constructor: Old,
    frozen: Object.freeze(function frozen() {}),
    arrow: (() => () => {})(),
    asyncArrow: async () => {},
    asyncFunction: async function work() {},
    bound: Old.bind(null),
    boundTwice: Old.bind(null).bind(null),
    boundClass: Base.bind(null),
    native: Math.max,
    builtIn: Map,
    nameless: Object.defineProperty(function lost() {}, "name", { get: explode }),
  };
  const proxies = {
    ofFunction: new Proxy(() => {}, traps),
    ofClass: new Proxy(Base, traps),
    ofBound: new Proxy(Old.bind(null), traps),
    revoked: gone,
  };
  expect(shown(classes)).toEqual({
    plain: "[class Plain]",
    heir: "[class Heir extends Base]",
    ofBuiltIn: "[class Cache extends Map]",
    ofNothing: "[class Bare extends null]",
    ofProxy: "[class Odd extends [Proxy]]",
    anonymous: "[class]",
    anonymousHeir: "[class extends Base]",
    renamed: "[class Chosen]",
    hidden: "[class Hidden]",
    hiddenHeir: "[class extends Hidden]",
    frozen: "[class Frozen]",
    native: "[class URL]",
  });
  expect(shown(methods)).toEqual({
    class: "[Function: class]",
    classify: "[Function: classify]",
    later: "[AsyncFunction: later]",
    each: "[GeneratorFunction: each]",
    stream: "[AsyncGeneratorFunction: stream]",
    got: "[Getter]",
  });
  expect(shown(functions)).toEqual({
    constructor: "[Function: Old]",
    frozen: "[Function: frozen]",
    arrow: "[Function]",
    asyncArrow: "[AsyncFunction: asyncArrow]",
    asyncFunction: "[AsyncFunction: work]",
    bound: "[Function: bound Old]",
    boundTwice: "[Function: bound bound Old]",
    boundClass: "[Function: bound Base]",
    native: "[Function: max]",
    builtIn: "[Function: Map]",
    nameless: "[Function: lost]",
  });
  expect(shown(proxies)).toEqual({
    ofFunction: "[Proxy]",
    ofClass: "[Proxy]",
    ofBound: "[Proxy]",
    revoked: "[Proxy]",
  });
  // As a copy made in the call reads, too.
  for (const values of [classes, methods, functions, proxies])
    expect(encoder.value(snapshot(values), 5_000)).toBe(encoder.value(values, 5_000));
});
