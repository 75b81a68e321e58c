// Tracked calls with values that are handed on → nothing is held of them once their trace has ended.
import { setFlagsFromString } from "node:v8";
import { runInNewContext } from "node:vm";
import { expect, test } from "vitest";
import { configure, flush, track, withTrace } from "../../src/index.ts";
import { memorySink } from "../../src/testing.ts";

interface Document {
  readonly text: string;
}

test("a program's values are not held once their trace has ended", async () => {
  setFlagsFromString("--expose-gc");
  const collect = runInNewContext("gc") as () => void;
  const sink = memorySink();
  configure({ sinks: [sink] });
  const rank = track((documents: readonly Document[]) => documents.toReversed());
  const refs: WeakRef<object>[] = [];
  const trace = async (at: number): Promise<void> => {
    const documents = Array.from({ length: 5 }, (_, i) => ({
      text: `${at}-${i} text `.repeat(40),
    }));
    refs.push(new WeakRef(documents));
    await withTrace("search", () => Promise.resolve(rank(rank(documents))));
  };
  for (let at = 0; at < 4; at++) await trace(at);
  expect(await flush()).toBe(true);
  expect(sink.traces().at(-1)?.spans).toHaveLength(2);
  for (let i = 0; i < 100 && refs.some((ref) => ref.deref() !== undefined); i++) {
    await new Promise((resolve) => setTimeout(resolve, 20));
    collect();
  }
  expect(refs.filter((ref) => ref.deref() !== undefined)).toEqual([]);
});
