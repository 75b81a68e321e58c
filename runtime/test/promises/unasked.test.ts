// Thenables that the program does not await: how many are held, and that each is let go once.
import { expect, test } from "vitest";
import { addUnasked, letGoUnasked, setIdleMs } from "../../src/promises/unasked.ts";

const turn = (): Promise<void> => new Promise((resolve) => setImmediate(resolve));

test("10,000 in a turn, 1,000 of them beyond it; the oldest go first, each once", async () => {
  setIdleMs(3_600_000);
  const gone: number[] = [];
  for (let at = 0; at < 12_000; at++)
    addUnasked({ idle: () => {}, letGo: () => void gone.push(at) });
  const upTo = (end: number): number[] => Array.from({ length: end }, (_, at) => at);
  expect(gone).toEqual(upTo(2000));
  await turn();
  await turn();
  expect(gone).toEqual(upTo(11_000));
  letGoUnasked();
  letGoUnasked();
  expect(gone).toEqual(upTo(12_000));
});
