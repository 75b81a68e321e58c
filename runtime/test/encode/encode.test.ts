// Values of every kind, hostile ones among them → JSON text. It must be valid, within its budget,
// and made without running the app's code.
import { EventEmitter } from "node:events";
import { createServer } from "node:http";
import { createConnection, createServer as createTcpServer } from "node:net";
import { PassThrough, Readable } from "node:stream";
import { Script, constants, createContext, runInContext } from "node:vm";
import { expect, test } from "vitest";
import { createEncoder } from "../../src/encode/encoder.ts";
import { UNSET } from "../../src/abi.ts";

const encoder = createEncoder();
const bytes = (text: string): number => Buffer.byteLength(text, "utf8");

/** Encodes with room to spare and reads back; the text must be valid JSON within its budget. */
function read(value: unknown, budget: number = 20_000): unknown {
  const text = encoder.value(value, budget);
  expect(bytes(text)).toBeLessThanOrEqual(budget);
  return JSON.parse(text);
}

const explode = (): never => {
  throw new Error("the app's code ran");
};

test("plain values read back as JSON.stringify writes them", () => {
  const value = {
    text: 'quote " backslash \\ newline \n tab \t nul \u0000 é 漢 🎉',
    numbers: [0, 1, -1, 1.5, 1e21, 5e-324, Number.MAX_SAFE_INTEGER],
    flags: [true, false, null],
    nested: { empty: {}, none: [], deep: { a: [{ b: [[]] }] } },
    "odd key é\n": 1,
    "": "empty name",
  };
  expect(encoder.value(value, 20_000)).toBe(JSON.stringify(value));
});

test("what JSON has no word for", async () => {
  // The test runner imports through proxies; this is the engine's own namespace object.
  const loader = constants.USE_MAIN_CONTEXT_DEFAULT_LOADER;
  const script = new Script('import("node:path")', { importModuleDynamically: loader });
  const namespace: unknown = await script.runInThisContext();
  class Point {
    x = 1;
    y = 2;
  }
  class Empty {}
  function named(): void {}
  const symbol = Symbol("why");
  expect(
    read({
      none: undefined,
      nan: NaN,
      infinity: -Infinity,
      big: 12_345_678_901_234_567_890n,
      huge: 1n << 100_000n,
      symbol,
      named,
      anonymous: (() => () => {})(),
      class: Point,
      point: new Point(),
      empty: new Empty(),
      bare: Object.assign(Object.create(null) as object, { a: 1 }),
      date: new Date(0),
      noDate: new Date(NaN),
      regExp: /a\/b"c/giu,
      url: new URL("https://example.com/a?b=c"),
      query: new URLSearchParams({ a: "1", b: "2" }),
      boxed: [Object(1), Object("s"), Object(false), Object(2n), Object(symbol)],
      promise: Promise.resolve(1),
      weak: [new WeakMap(), new WeakSet()],
      generator: (function* () {})(),
      module: namespace,
      sparse: [1, , 3], // oxlint-disable-line no-sparse-arrays -- the case under test
    }),
  ).toEqual({
    none: null,
    nan: "NaN",
    infinity: "-Infinity",
    big: "12345678901234567890n",
    huge: "[BigInt]",
    symbol: "Symbol(why)",
    named: "[Function: named]",
    anonymous: "[Function]",
    class: "[class Point]",
    point: { x: 1, y: 2 },
    empty: { _type: "Empty" },
    bare: { a: 1 },
    date: "1970-01-01T00:00:00.000Z",
    noDate: "Invalid Date",
    regExp: '/a\\/b"c/giu',
    url: "https://example.com/a?b=c",
    query: "a=1&b=2",
    boxed: [1, "s", false, "2n", "Symbol(why)"],
    promise: "[Promise]",
    weak: ["[WeakMap]", "[WeakSet]"],
    generator: "[Generator]",
    module: "[Module]",
    sparse: [1, null, 3],
  });
});

test("collections show their contents", () => {
  class Cache extends Map<string, unknown> {
    override entries = explode;
    override forEach = explode;
    override get size(): number {
      return explode();
    }
    override [Symbol.iterator] = explode;
  }
  class Bag extends Set<unknown> {
    override values = explode;
    override [Symbol.iterator] = explode;
  }
  expect(
    read([
      new Map([["a", { b: 1 }]]),
      new Map<unknown, unknown>([
        [1, "one"],
        [{ k: 1 }, new Set([1])],
      ]),
      new Set(["x", { y: 1 }]),
      new Cache([["k", "v"]]),
      new Bag(["w"]),
      new Headers({ accept: "text/html", "x-a": "1" }),
    ]),
  ).toEqual([
    { _type: "Map", entries: { a: { b: 1 } } },
    {
      _type: "Map",
      entries: [
        [1, "one"],
        [{ k: 1 }, { _type: "Set", values: [1] }],
      ],
    },
    { _type: "Set", values: ["x", { y: 1 }] },
    { _type: "Map", entries: { k: "v" } },
    { _type: "Set", values: ["w"] },
    { _type: "Headers", accept: "text/html", "x-a": "1" },
  ]);
});

test("bytes show their kind, their length and a beginning that is no key", () => {
  expect(
    read([
      Buffer.from("a text body"),
      new Uint8Array([137, 80, 78, 71, 13, 10, 26, 10, 1, 2, 3, 4]),
      new Float32Array([0.5, 1, NaN]),
      new BigInt64Array([1n]),
      new ArrayBuffer(4),
      new SharedArrayBuffer(8),
      new DataView(new ArrayBuffer(3)),
    ]),
  ).toEqual([
    { _type: "Buffer", length: 11, preview: "a text body" },
    { _type: "Uint8Array", length: 12, preview: "0x89504e470d0a1a0a" },
    { _type: "Float32Array", length: 3, preview: [0.5, 1, "NaN"] },
    { _type: "BigInt64Array", length: 1, preview: ["1n"] },
    { _type: "ArrayBuffer", length: 4, preview: "0x00000000" },
    { _type: "SharedArrayBuffer", length: 8 },
    { _type: "DataView", length: 3 },
  ]);
  const detached = new Uint8Array(8);
  structuredClone(detached.buffer, { transfer: [detached.buffer] });
  expect(read(detached)).toMatchObject({ _type: "Uint8Array", length: 0 });
});

test("a text in bytes that is cut inside a character still shows as text", () => {
  const shown = read(Buffer.from(`x${"é".repeat(5000)}`)) as { preview: string };
  expect(shown.preview).toMatch(/^xé+$/);
});

test("own accessors are named and not called; inherited ones are not looked at", () => {
  let calls = 0;
  class Model {
    plain = 1;
    get inherited(): number {
      return ++calls;
    }
  }
  const model = new Model();
  Object.defineProperty(model, "own", { enumerable: true, get: () => ++calls });
  Object.defineProperty(model, "sink", { enumerable: true, set: explode });
  const list = [1, 2];
  Object.defineProperty(list, 1, { get: () => ++calls });
  expect(read({ model, list })).toEqual({
    model: { plain: 1, own: "[Getter]", sink: "[Setter]" },
    list: [1, "[Getter]"],
  });
  expect(calls).toBe(0);
});

test("toJSON, toString, valueOf, Symbol.toPrimitive, toStringTag and constructors of the app are not called", () => {
  class Liar {
    a = 1;
    toJSON = explode;
    toString = explode;
    valueOf = explode;
    [Symbol.toPrimitive] = explode;
    get [Symbol.toStringTag](): string {
      return explode();
    }
    static get name(): string {
      return explode();
    }
  }
  expect(read(new Liar())).toMatchObject({ a: 1 });
  expect(read(Liar)).toBe("[class Liar]");
  const date = new Date(0);
  Object.assign(date, { toISOString: explode, getTime: explode, toJSON: explode });
  expect(read(date)).toBe("1970-01-01T00:00:00.000Z");
  const regExp = /x/g;
  Object.defineProperty(regExp, "flags", { get: explode });
  Object.defineProperty(regExp, "source", { get: explode });
  expect(read(regExp)).toBe("/x/g");
  const fake = Object.create(
    Object.create(null, { constructor: { get: explode } }) as object,
  ) as object;
  expect(read(fake)).toEqual({});
});

test("proxies are not touched, wherever they stand", () => {
  const traps: ProxyHandler<object> = Object.fromEntries(
    Reflect.ownKeys(Reflect)
      .filter((key) => typeof key === "string")
      .map((key) => [key, explode]),
  );
  const proxy = new Proxy({}, traps);
  const { proxy: revoked, revoke } = Proxy.revocable({}, {});
  const { proxy: revokedList, revoke: revokeList } = Proxy.revocable([], {});
  const { proxy: revokedFunction, revoke: revokeFunction } = Proxy.revocable(() => {}, {});
  revoke();
  revokeList();
  revokeFunction();
  const heir = Object.create(proxy) as object;
  Object.defineProperty(heir, "a", { value: 1, enumerable: true });
  const method = new Proxy(() => {}, traps);
  const error = Object.setPrototypeOf(new Error("x"), proxy) as Error;
  const all = [proxy, revoked, revokedList, revokedFunction, method, heir];
  expect(read(all)).toEqual(["[Proxy]", "[Proxy]", "[Proxy]", "[Proxy]", "[Proxy]", { a: 1 }]);
  expect(read(new Map<unknown, unknown>([[proxy, revoked]]))).toMatchObject({
    entries: [["[Proxy]", "[Proxy]"]],
  });
  expect(JSON.parse(encoder.own(proxy, undefined, 500))).toBe("[Proxy]");
  expect(JSON.parse(encoder.own(revoked, ["a"], 500))).toBe("[Proxy]");
  expect(JSON.parse(encoder.error(revoked, 500).text)).toMatchObject({ message: "[Proxy]" });
  expect(JSON.parse(encoder.error(error, 5_000).text)).toMatchObject({ message: "x" });
});

test("prototypes patched after the start change nothing", () => {
  const originals = [
    [Map.prototype, "entries"],
    [Map.prototype, "forEach"],
    [Set.prototype, "values"],
    [Array.prototype, Symbol.iterator],
    [Date.prototype, "toISOString"],
    [Object.prototype, "toString"],
  ] as const;
  const saved = originals.map(([holder, key]) => Object.getOwnPropertyDescriptor(holder, key));
  const value = [
    new Map([["a", 1]]),
    new Set([1]),
    new Date(0),
    /a/g,
    new TypeError("t"),
    "x".repeat(50),
  ];
  const huge = {
    value,
    text: "y".repeat(5_000),
    secret: "s",
    note: "key sk-ant-api03-abcdefghijklmnop1234",
  };
  let text: string;
  let cut: string;
  try {
    for (let i = 0; i < originals.length; i++) {
      const entry = originals[i];
      const patch = { value: explode, configurable: true, writable: true };
      Object.defineProperty(entry?.[0] ?? {}, entry?.[1] ?? "", patch);
    }
    text = encoder.value(value, 5_000);
    cut = encoder.value(huge, 3_000);
  } finally {
    for (let i = 0; i < originals.length; i++) {
      const entry = originals[i];
      Object.defineProperty(entry?.[0] ?? {}, entry?.[1] ?? "", saved[i] ?? {});
    }
  }
  expect(JSON.parse(text)).toEqual([
    { _type: "Map", entries: { a: 1 } },
    { _type: "Set", values: [1] },
    "1970-01-01T00:00:00.000Z",
    "/a/g",
    { type: "TypeError", message: "t", stack: expect.any(String) },
    "x".repeat(50),
  ]);
  expect(JSON.parse(cut)).toMatchObject({ text: { _truncated: true }, note: "key [REDACTED]" });
});

test("cycles end in a word, repeated objects are written each time", () => {
  const node: Record<string, unknown> = { name: "a" };
  node["self"] = node;
  node["list"] = [node, new Map([["back", node]])];
  const shared = { v: 1 };
  expect(read({ node, twice: [shared, shared] })).toEqual({
    node: {
      name: "a",
      self: "[Circular]",
      list: ["[Circular]", { _type: "Map", entries: { back: "[Circular]" } }],
    },
    twice: [{ v: 1 }, { v: 1 }],
  });
  const bulky: Record<string, unknown> = { text: "x".repeat(50_000) };
  bulky["self"] = bulky;
  expect(read({ bulky })).toMatchObject({
    bulky: { text: { _truncated: true }, self: "[Circular]" },
  });
});

test("objects of another realm are known by what they are", () => {
  const context = createContext({});
  const value: unknown = runInContext(
    `({ plain: { a: 1 }, list: [1, [2]], map: new Map([["k", 1]]), set: new Set([1]), date: new Date(0),
        error: new RangeError("far"), re: /r/y, bytes: new Uint16Array(2), promise: Promise.resolve() })`,
    context,
  );
  expect(read(value)).toMatchObject({
    plain: { a: 1 },
    list: [1, [2]],
    map: { _type: "Map", entries: { k: 1 } },
    set: { _type: "Set", values: [1] },
    date: "1970-01-01T00:00:00.000Z",
    error: { type: "RangeError", message: "far" },
    re: "/r/y",
    bytes: { _type: "Uint16Array", length: 2, preview: [0, 0] },
    promise: "[Promise]",
  });
});

test("__proto__, constructor and the like are plain names", () => {
  const value = JSON.parse(
    '{"__proto__":{"polluted":true},"constructor":1,"hasOwnProperty":2}',
  ) as object;
  const text = encoder.value(value, 1_000);
  expect(text).toBe('{"__proto__":{"polluted":true},"constructor":1,"hasOwnProperty":2}');
  expect(encoder.value(new Map([["__proto__", 1]]), 1_000)).toContain('{"__proto__":1}');
  expect(encoder.fields(["__proto__"], [{ a: 1 }], 1_000)).toBe('{"__proto__":{"a":1}}');
  expect(({} as Record<string, unknown>)["polluted"]).toBeUndefined();
});

test("streams, sockets and promises are not consumed", async () => {
  const readable = Readable.from(["a", "b"]);
  const pass = new PassThrough();
  const web = new ReadableStream({ pull: (controller) => controller.enqueue("x") });
  const server = createTcpServer().listen(0, "127.0.0.1");
  await new Promise((resolve) => server.once("listening", resolve));
  const { port } = server.address() as { port: number };
  const socket = createConnection(port, "127.0.0.1");
  await new Promise((resolve) => socket.once("connect", resolve));
  const shown = read({
    readable,
    pass,
    web,
    socket,
    server,
    http: createServer(),
    emitter: new EventEmitter(),
  });
  expect(shown).toMatchObject({
    readable: { _type: "Readable" },
    pass: { _type: "PassThrough" },
    web: { _type: "ReadableStream" },
    socket: { _type: "Socket" },
  });
  expect(readable.readableFlowing).toBeNull();
  expect(web.locked).toBe(false);
  const chunks: unknown[] = [];
  for await (const chunk of readable) chunks.push(chunk);
  expect(chunks).toEqual(["a", "b"]);
  socket.destroy();
  server.close();
});

test("a value is not changed, frozen ones are read", () => {
  const value = Object.freeze({ list: Object.freeze([1, { a: 1 }]), big: "x".repeat(100_000) });
  const before = JSON.stringify(value);
  read(value);
  read(value, 100);
  expect(JSON.stringify(value)).toBe(before);
});

test("fields leave out what was never reached, own leaves out what it was not asked for", () => {
  expect(encoder.fields(["a", "b", "c"], [1, UNSET, undefined], 1_000)).toBe('{"a":1,"c":null}');
  expect(encoder.fields(["a"], [UNSET], 1_000)).toBe("{}");
  expect(encoder.list([], [], 1_000)).toBe("[]");
  expect(encoder.list([UNSET, 1], [], 1_000)).toBe("[null,1]");
  class Service {
    url = "x";
    #hidden = 1;
    get lazy(): number {
      return this.#hidden;
    }
  }
  const service = new Service();
  Object.defineProperty(service, "trap", { enumerable: true, get: explode });
  expect(encoder.own(service, undefined, 1_000)).toBe('{"url":"x","trap":"[Getter]"}');
  expect(encoder.own(service, ["url", "missing"], 1_000)).toBe('{"url":"x"}');
  expect(encoder.own(undefined, undefined, 1_000)).toBe("null");
  expect(encoder.own(undefined, ["a"], 1_000)).toBe("null");
});
