// Samples, properties that hold, and properties that fail and are shrunk, with a fixed seed → what is drawn and reported.
import fc from "fast-check";

const seed = 20_261_123;

export default async function (runs = "30") {
  const numRuns = Number(runs);
  const drawn = [
    fc.anything({ withBigInt: true, withMap: true, withSet: true, withDate: true }),
    fc.ipV6(),
    fc.emailAddress(),
    fc.uuid(),
    fc.string({ unit: "grapheme" }),
    fc.double(),
    fc.date(),
    fc.jsonValue(),
    fc.uniqueArray(fc.integer({ max: 50, min: 0 })),
    fc.stringMatching(/^[a-f]{2,5}(?:-\d+)?$/),
    fc.letrec((tie) => ({
      tree: fc.oneof({ depthSize: "small" }, fc.nat(), fc.tuple(tie("tree"), tie("tree"))),
    })).tree,
    fc.commands([
      fc.nat().map((value) => ({ check: () => true, run() {}, toString: () => `${value}` })),
    ]),
    fc.func(fc.nat()).map((made) => [made(1), made("1"), made(1)]),
  ];
  const lines = drawn.map((arbitrary) => fc.stringify(fc.sample(arbitrary, { seed, numRuns })));
  const check = async (property, more) => {
    const { counterexample, numShrinks, error } = await fc.check(property, {
      seed,
      numRuns,
      includeErrorInReport: false,
      ...more,
    });
    lines.push(fc.stringify([counterexample, numShrinks, error]));
  };
  await check(fc.property(fc.array(fc.integer()), (list) => new Set(list).size <= list.length));
  await check(fc.property(fc.array(fc.nat()), (list) => list.every((value) => value < 10)));
  await check(
    fc.property(fc.string(), fc.string(), (a, b) => `${a}${b}`.length < 8),
    { verbose: 2 },
  );
  await check(fc.property(fc.nat(), (value) => fc.pre(value % 2 === 1)));
  await check(
    fc.asyncProperty(fc.scheduler(), fc.array(fc.nat()), async (scheduler, list) => {
      const seen = [];
      const tasks = list.map((value) => scheduler.schedule(Promise.resolve(value)));
      for (const task of tasks) void task.then((value) => seen.push(value));
      await scheduler.waitAll();
      return seen.join() === list.join();
    }),
  );
  return lines.join("\n");
}
