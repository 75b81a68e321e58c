// The short form of the fault scenarios; `npm run faults` is the long one. What is never met here: a power cut, AWS itself.
import { expect, test } from "vitest";
import { corruptFiles } from "./corruption.ts";
import { CALLS, crashPoints, straceIsThere, type Call } from "./crash-points.ts";
import { expectAllHolds } from "./expect.ts";
import { randomKills, type Weather } from "./kills.ts";
import { outage } from "./outage.ts";

const MINUTES = 60_000;

test.each<Weather>(["healthy", "down", "chaotic"])(
  "killed 15 times, four processes on a directory, SQS %s: nothing accepted is lost",
  async (weather) => {
    expectAllHolds(await randomKills(weather, 15, Date.now() % 1e6));
  },
  3 * MINUTES,
);

/** Chosen so that each step of the scenario is met: the header, a record, acknowledgements. The long form tries all. */
const POINTS: Record<Call, readonly number[]> = {
  write: [3, 5, 9, 30, 36, 40],
  rename: [1, 2],
  ftruncate: [1],
  unlink: [1, 2],
};

// Under CI its absence fails: a silent gap there would be taken for a proof.
test.skipIf(!straceIsThere() && process.env["CI"] === undefined).each(CALLS)(
  "killed at the k-th %s: nothing accepted is lost (needs strace: apt-get install strace)",
  async (call) => {
    expect(straceIsThere(), "strace is missing: apt-get install strace").toBe(true);
    expectAllHolds(await crashPoints(call, POINTS[call]));
  },
  2 * MINUTES,
);

test("150 damaged files: what the damage did not touch is delivered, nothing else is", async () => {
  expectAllHolds(await corruptFiles(150, Date.now() % 1e6));
});

test(
  "SQS away for 5 s: everything arrives afterwards",
  async () => {
    expectAllHolds(await outage({ healthyMs: 1000, outageMs: 5000, strict: false }));
  },
  3 * MINUTES,
);
