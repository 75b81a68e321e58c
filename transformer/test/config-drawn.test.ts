// Sound configurations with one mistake drawn into each → one finding, with the path of the mistake.
import fc from "fast-check";
import { expect, test } from "vitest";
import { checkConfig } from "../src/config/check.ts";

type Path = readonly (string | number)[];
type Value = unknown;

const name = fc.constantFrom("pay", "Agent.run", "retrieve*", "**");
const globs = fc.oneof(name, fc.array(name, { minLength: 1, maxLength: 3 }));
const shared = {
  capture: fc.oneof(fc.boolean(), fc.array(fc.constantFrom("a", "b"))),
  metadata: fc.dictionary(fc.constantFrom("team", "deep"), fc.jsonValue()),
  tags: fc.array(fc.constant("t")),
  level: fc.constantFrom("DEBUG", "ERROR"),
  settle: fc.boolean(),
};
const entry = fc.record(
  { files: globs, functions: globs, name: fc.constant("n"), ...shared },
  { requiredKeys: ["functions"] },
);
const selects = ({ files, functions }: { files?: Value; functions?: Value }): string =>
  JSON.stringify([[files].flat(), [functions].flat()]);
const config = fc.record(
  {
    track: fc.uniqueArray(entry, { minLength: 1, maxLength: 4, selector: selects }),
    exclude: fc.array(fc.constant("**/*.test.ts")),
    defaults: fc.record(shared, { requiredKeys: [] }),
  },
  { requiredKeys: ["track"] },
);

/** What a key may not be set to. */
const WRONG: Readonly<Record<string, readonly Value[]>> = {
  files: [7, null, {}, "", [], [""], [7], "src/[a", ["ok", "a{b"]],
  functions: [7, true, {}, "", [], ["x", 3], "a{b"],
  name: [7, null, [], false],
  capture: ["a", 7, null, {}, [null]],
  metadata: [7, null, "x", [], true],
  tags: ["a", null, {}, [7]],
  level: ["DEBUGG", 7, null, []],
  settle: ["true", 0, 1, null],
  track: [7, null, "x", {}, [7], [null], ["x"], [[]]],
  exclude: ["a", 7, null, [""], [7], ["[a"]],
  defaults: [7, null, "x", [], true],
};
const UNKNOWN = ["trak", "fucntions", "__proto__", "constructor", "toString", "", "0"];

interface Mistake {
  readonly path: Path;
  /** In place of the value there; undefined: the key is left out. */
  readonly value: Value;
}

type Drawn<T> = T extends fc.Arbitrary<infer V> ? V : never;

function mistakes(sound: Drawn<typeof config>): fc.Arbitrary<Mistake> {
  const objects: Path[] = [[], ...sound.track.map((_, index) => ["track", index])];
  if (sound.defaults !== undefined) objects.push(["defaults"]);
  const keys = objects.flatMap((path) =>
    Object.keys(at(sound, path) as object).map((key) => [...path, key]),
  );
  return fc.oneof(
    fc
      .constantFrom(...keys)
      .chain((path) =>
        fc.constantFrom(...(WRONG[String(path.at(-1))] ?? [])).map((value) => ({ path, value })),
      ),
    fc
      .tuple(fc.constantFrom(...objects), fc.constantFrom(...UNKNOWN))
      .map(([path, key]) => ({ path: [...path, key], value: 1 })),
    fc
      .nat(sound.track.length - 1)
      .map((index) => ({ path: ["track", index, "functions"], value: undefined })),
  );
}

const at = (value: Value, path: Path): Value =>
  path.reduce((inner: Value, key) => (inner as Record<string | number, Value>)[key], value);

/** Its own printer: `__proto__` is a key like others here. */
function printed(value: Value, mistake: Mistake, path: Path = []): string {
  const here = JSON.stringify(path);
  if (here === JSON.stringify(mistake.path)) return JSON.stringify(mistake.value);
  if (Array.isArray(value))
    return `[${value.map((item, index) => printed(item, mistake, [...path, index])).join(", ")}]`;
  if (typeof value !== "object" || value === null) return JSON.stringify(value);
  const keys = new Set(Object.keys(value));
  if (here === JSON.stringify(mistake.path.slice(0, -1))) {
    const key = String(mistake.path.at(-1));
    if (mistake.value === undefined) keys.delete(key);
    else keys.add(key);
  }
  const rows = [...keys].map(
    (key) => `${JSON.stringify(key)}: ${printed(at(value, [key]), mistake, [...path, key])}`,
  );
  return `{\n${rows.join(",\n")}\n}`;
}

const pathText = (path: Path): string =>
  path.map((key, n) => (typeof key === "number" ? `[${key}]` : n > 0 ? `.${key}` : key)).join("");

test("one mistake is one finding", () => {
  const drawn = config.chain((sound) => fc.tuple(fc.constant(sound), mistakes(sound)));
  fc.assert(
    fc.property(drawn, ([sound, mistake]) => {
      const text = printed(sound, mistake);
      const { findings } = checkConfig("llmops.config.json", text);
      const [found, ...others] = findings;
      if (found === undefined) throw new Error(`nothing is found in ${text}`);
      expect(others).toEqual([]);
      const { json_path: path, start, length } = found;
      // An item of a list has a path of its own.
      expect(path.replace(/\[\d+\]$/, "")).toBe(pathText(mistake.path).replace(/\[\d+\]$/, ""));
      expect(text.slice(start, start + length)).not.toBe("");
      if (UNKNOWN.includes(String(mistake.path.at(-1))))
        expect(text.slice(start, start + length)).toBe(JSON.stringify(mistake.path.at(-1)));
    }),
    { numRuns: Number(process.env["RUNS"] ?? 500) },
  );
});

test("a sound one has none", () => {
  fc.assert(
    fc.property(config, (sound) => {
      expect(checkConfig("llmops.config.json", JSON.stringify(sound)).findings).toEqual([]);
    }),
    { numRuns: 200 },
  );
});
