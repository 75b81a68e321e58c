// A program that listens to signals itself: it hears each once, and decides on its own end.
import { setTimeout as sleep } from "node:timers/promises";
import { expect, onTestFinished, test } from "vitest";
import { onSignals } from "../../src/platform/signals.ts";

test("a program that listens itself hears a signal once, and goes on", async () => {
  const heard: unknown[] = [];
  const own = (signal: NodeJS.Signals): void => void heard.push(signal);
  process.on("SIGHUP", own);
  let sent: (last: boolean) => void = () => {};
  const sending = new Promise<boolean>((resolve) => (sent = resolve));
  const stop = onSignals(async (last) => sent(last));
  onTestFinished(() => {
    process.off("SIGHUP", own);
    stop();
  });
  process.kill(process.pid, "SIGHUP");
  expect(await sending).toBe(false);
  // Another signal would have come by then.
  await sleep(20);
  expect(heard).toEqual(["SIGHUP"]);
});
