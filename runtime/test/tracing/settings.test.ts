// Before the options are read, what compiled code runs by is the defaults; and however often they
// change, the process's end is listened for once.
import { expect, test, vi } from "vitest";
import { OPTION_TABLE } from "../../src/config/table.ts";
import { encoding } from "../../src/encode/current.ts";
import { configure, flush, withTrace } from "../../src/index.ts";
import { memorySink } from "../../src/testing.ts";
import { recording } from "../../src/tracing/settings.ts";

test("before the options are read, limits are the table's defaults", () => {
  expect(recording.enabled).toBeUndefined();
  expect(recording.keepErrors).toBe(OPTION_TABLE.keepErrors.default);
  for (const [name, value] of Object.entries({ ...encoding.limits, ...recording.limits }))
    expect(value, name).toBe(OPTION_TABLE[`limits.${name}` as "limits.spanIo"].default);
  const mask = OPTION_TABLE["redact.mask"].default;
  expect(JSON.parse(encoding.encoder.value({ password: "x" }, 100))).toEqual({ password: mask });
});

test("configuring time and again adds no listeners", async () => {
  const listening = (): readonly number[] =>
    ["beforeExit", "exit"].map((event) => process.listenerCount(event));
  const traced = async (): Promise<void> => {
    configure({ sink: memorySink(), durability: "memory" });
    withTrace("t", () => {});
    await flush();
  };
  await traced();
  const once = listening();
  for (let round = 0; round < 4; round++) await traced();
  // Deliveries by earlier options stop listening once they have shut down.
  await vi.waitFor(() => expect(listening()).toEqual(once), 20_000);
});
