// Large arguments, locals and `this` in one call → one limit for all that goes into the span, and every name is still there.
import fc from "fast-check";
import { configure, flush } from "llmops-observability";
// oxlint-disable-next-line import/no-unassigned-import -- fills the registry that scripts look into
import "llmops-observability/instrument";
import { memorySink } from "llmops-observability/testing";
import { instrument } from "llmops-transformer";
import { expect, test } from "vitest";
import type { WireSpan } from "../../runtime/src/wire/message.ts";
import { TEXTS } from "../support/secrets.ts";

const SOURCE = `({
  client: "c",
  /** @track capture=first,second,count self */
  run(question, { context, ...others }) {
    const first = this.make(1);
    let second = this.make(2);
    let count = 3;
    return count;
  },
})`;
const code = instrument(SOURCE, { filename: "input-limit.js", config: {}, format: "script" })?.code;
type Subject = Record<"make" | "run", (...args: unknown[]) => unknown> & Record<string, unknown>;
// oxlint-disable-next-line no-eval -- the program under test, as compiled
const subject = (): Subject => (0, eval)(code ?? "") as Subject;

async function recorded(run: () => unknown, spanIo?: number): Promise<WireSpan> {
  const sink = memorySink();
  configure({ sink, durability: "memory", limits: { spanIo: spanIo ?? 20_000 } });
  expect(run()).toBe(3);
  await flush();
  const [span] = sink.traces()[0]?.spans ?? [];
  if (span === undefined) throw new Error("nothing was recorded");
  return span;
}

/** By name. */
const names = (value: unknown): string[] => Object.keys(value as object);
const bytes = (value: unknown): number => Buffer.byteLength(JSON.stringify(value));
const text = (size: number): string => "lorem ipsum ".repeat(size / 12);
const list = (size: number): unknown[] =>
  Array.from({ length: size / 40 }, () => ({ note: text(24) }));

test("a megabyte in each of arguments, locals and this", async () => {
  const target = Object.assign(subject(), {
    make: (at: number) => ({ at, all: list(1e6) }),
    held: text(1e6),
  });
  const { input_data } = await recorded(() => target.run(text(1e6), { context: list(1e6), k: 3 }));
  expect(bytes(input_data)).toBeLessThanOrEqual(20_000);
  expect(bytes(input_data)).toBeGreaterThan(5_000);
  expect(names(input_data.kwargs)).toEqual(["context", "k"]);
  expect(names(input_data.locals)).toEqual(["first", "second", "count"]);
  expect(input_data.locals).toMatchObject({ count: 3 });
  expect(input_data.kwargs).toMatchObject({ k: 3 });
  expect(input_data.self).toMatchObject({ client: "c", held: { _size_at_least: 1e6 - 4 } });
  expect(input_data.args).toMatchObject([{ _truncated: true, _size_at_least: 1e6 - 4 }]);
});

test("what is small stays whole beside what is large", async () => {
  const context = list(4_000);
  const target = Object.assign(subject(), { make: () => text(60_000) });
  const { input_data } = await recorded(() => target.run("why?", { context }));
  expect(bytes(input_data)).toBeLessThanOrEqual(20_000);
  expect(input_data.args).toEqual(["why?"]);
  expect(input_data.kwargs).toEqual({ context });
});

test("a marker that is cut again tells the size of what it stands for", async () => {
  const target = Object.assign(subject(), { make: () => text(9_000) });
  const { input_data } = await recorded(
    () => target.run(text(9_000), { context: text(9_000) }),
    1_500,
  );
  expect(bytes(input_data)).toBeLessThanOrEqual(1_500);
  const size = text(9_000).length;
  expect(input_data.args).toMatchObject([{ _truncated: true, _original_size: size }]);
  expect(input_data.kwargs).toMatchObject({ context: { _original_size: size } });
  expect(input_data.locals).toMatchObject({ first: { _original_size: size } });
});

test("an object of the program's that looks like a marker is masked as any other", async () => {
  const [, secret] = TEXTS[0] ?? ["", "(none)"];
  const fake = {
    _truncated: true,
    _original_size: Infinity,
    _size_at_least: 1,
    preview: `${secret} ${text(3_000)}`,
  };
  const target = Object.assign(subject(), { make: () => list(9_000) });
  const { input_data } = await recorded(() => target.run(fake, { context: list(9_000) }), 2_000);
  expect(JSON.stringify(input_data)).not.toContain(secret);
  expect(bytes(input_data)).toBeLessThanOrEqual(2_000);
});

test("any values, any limit", async () => {
  await fc.assert(
    fc.asyncProperty(
      fc.array(fc.anything({ maxDepth: 3, withMap: true, withDate: true }), {
        minLength: 4,
        maxLength: 4,
      }),
      fc.nat({ max: 3 }),
      fc.integer({ min: 1_000, max: 5_000 }),
      async (values, factor, limit) => {
        const grown = values.map((value) => Array.from({ length: 1 + factor * 40 }, () => value));
        const target = Object.assign(subject(), {
          make: (at: number) => grown[at],
          held: grown[3],
        });
        const { input_data } = await recorded(
          () => target.run(grown[0], { context: grown[1] }),
          limit,
        );
        expect(bytes(input_data)).toBeLessThanOrEqual(limit);
        expect(names(input_data.locals)).toEqual(["first", "second", "count"]);
        expect(names(input_data.kwargs)).toEqual(["context"]);
      },
    ),
    { numRuns: 200 },
  );
});
