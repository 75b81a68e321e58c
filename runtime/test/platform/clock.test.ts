// What the runtime does later: outside of the program's contexts, and by timers that tests of the
// program do not fake.
import { AsyncLocalStorage } from "node:async_hooks";
import { expect, test, vi } from "vitest";
import { after, afterKeepingAlive, oncePerTurn, soon } from "../../src/platform/clock.ts";
import { startTrace } from "../../src/index.ts";
import { currentPlace } from "../../src/tracing/place.ts";

const WAYS: Readonly<Record<string, (task: () => void) => void>> = {
  after: (task) => void after(1, task),
  afterKeepingAlive: (task) => void afterKeepingAlive(1, task),
  soon,
  oncePerTurn: (task) => oncePerTurn(task)(),
};

test.each(Object.entries(WAYS))("%s runs outside of what caused it", async (_, later) => {
  const context = new AsyncLocalStorage<string>();
  const seen = await context.run("a request", () => {
    startTrace("t");
    return new Promise<unknown[]>((resolve) => {
      later(() => resolve([context.getStore(), currentPlace()]));
    });
  });
  expect(seen).toEqual([undefined, undefined]);
});

test.each(Object.entries(WAYS))("%s runs while timers are faked", async (_, later) => {
  vi.useFakeTimers();
  try {
    await expect(new Promise((resolve) => later(() => resolve("ran")))).resolves.toBe("ran");
  } finally {
    vi.useRealTimers();
  }
});
