// A sink of the user's that rejects, throws, answers nonsense or nothing → nothing was sent.
import { expect, test, vi } from "vitest";
import { ask } from "../../src/delivery/ask.ts";
import { retry, SENT, type Entry, type SendOptions, type Sink } from "../../src/sink.ts";

const waits: number[] = [];
vi.mock(import("../../src/platform/clock.ts"), async (original) => {
  const clock = await original();
  return {
    ...clock,
    after(ms: number, task: () => void) {
      waits.push(ms);
      return clock.after(Math.min(ms, 20), task);
    },
  };
});

const ENTRIES = [{ id: "a" }, { id: "b" }] as unknown as readonly Entry[];
const asked = (send: (options: SendOptions) => unknown): ReturnType<typeof ask> => {
  const sink = { name: "own", send: (_: unknown, options: SendOptions) => send(options) };
  return ask(sink as unknown as Sink, ENTRIES);
};

test("no answer within a minute: sent again, and the sink is told", async () => {
  let signal: AbortSignal | undefined;
  const never = asked((options) => {
    ({ signal } = options);
    return new Promise(() => {});
  });
  expect(await never).toEqual([retry("NoAnswer"), retry("NoAnswer")]);
  expect(signal?.aborted).toBe(true);
  expect(waits).toEqual([60_000]);
});

test.each<[string, () => unknown]>([
  ["rejects", () => Promise.reject(new TypeError("its own"))],
  [
    "throws",
    () => {
      throw new TypeError("its own");
    },
  ],
  ["throws no error", () => Promise.reject(undefined)],
  ["answers nothing", () => undefined],
  ["answers nonsense", () => Promise.resolve("sent")],
])("a sink that %s has sent nothing", async (_, send) => {
  for (const outcome of await asked(send)) expect(outcome).toMatchObject({ state: "retry" });
});

test("outcomes are handed on", async () => {
  expect(await asked(() => Promise.resolve([SENT, SENT]))).toEqual([SENT, SENT]);
});
