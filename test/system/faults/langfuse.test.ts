// The short form of Langfuse's troubles; `npm run faults -- langfuse` is the long one.
import { test } from "vitest";
import { TROUBLES } from "../../support/langfuse-with-faults.ts";
import { expectAllHolds } from "./expect.ts";
import { langfuseBesideSqs, langfuseKills, type LangfuseWeather } from "./langfuse.ts";

test.each<LangfuseWeather>(["healthy", "down", "chaotic"])(
  "killed 10 times, four processes on a directory, Langfuse %s: nothing accepted is lost",
  async (weather) => {
    expectAllHolds(await langfuseKills(weather, 10, Date.now() % 1e6));
  },
);

test.each([...TROUBLES, "one refused"] as const)(
  "SQS beside Langfuse, %s: SQS does not wait, all is counted, and comes with the same bytes",
  async (trouble) => {
    expectAllHolds(await langfuseBesideSqs(trouble));
  },
);
