// FAST_CHECK_SEED → the seed of every property test of a run; without it all runs draw the same.
import fc from "fast-check";

// CI may fail because of a change only. `FAST_CHECK_SEED=random npx vitest run <file>` hunts for more.
const DEFAULT_SEED = 20_261_128;
const asked = process.env["FAST_CHECK_SEED"];

if (asked !== "random")
  fc.configureGlobal({ ...fc.readConfigureGlobal(), seed: asked ? Number(asked) : DEFAULT_SEED });
