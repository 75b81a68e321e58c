// Up to four processes on one directory, each killed after a random time, again and again → what was lost, what came twice.
import { FAULTS, startFaultSqs, type Fault } from "../../support/sqs-with-faults.ts";
import { App, seeded, settle, temporaryDirectory, type Progress, type Report } from "./harness.ts";

export type Weather = "healthy" | "down" | "chaotic";

/** Requests in flight times messages in each: what a kill may at most send twice. */
const IN_FLIGHT = 40;
/** Faults after which a message is stored and not acknowledged, so that it has to be sent again. */
const DOUBLING: ReadonlySet<Fault> = new Set(["reset", "digest", "truncated"]);
/** A queue that refuses a message for good makes no promise about it. */
const CHAOS = FAULTS.filter((fault) => fault !== "refused");

export async function randomKills(
  weather: Weather,
  kills: number,
  seed: number,
  progress?: Progress,
): Promise<Report> {
  const random = seeded(seed);
  using directory = temporaryDirectory();
  const queue = await startFaultSqs();
  let doubled = 0;
  queue.chaos = () => {
    if (weather === "healthy") return undefined;
    if (weather === "down") return "503";
    if (random() < 0.4) return undefined;
    const fault = CHAOS[Math.floor(random() * CHAOS.length)];
    if (fault !== undefined && DOUBLING.has(fault)) doubled += 10;
    return fault;
  };
  const accepted: string[] = [];
  let killed = 0;
  let started = 0;
  const one = async (): Promise<void> => {
    while (started < kills) {
      started++;
      const env = { EVERY_MS: String(1 + Math.floor(random() * 4)) };
      const app = new App({ url: queue.url, directory: directory.path, env });
      const lifeMs = 60 + random() * 440;
      // Counted from its first trace: a slow machine shall not kill only processes that did nothing.
      app.onAccepted = () => {
        app.onAccepted = undefined;
        setTimeout(() => app.kill(), lifeMs);
      };
      await app.ended;
      accepted.push(...app.accepted);
      killed++;
      progress?.(killed, kills);
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  const account = await settle(directory.path, queue, accepted);
  await queue.close();
  const failures = [
    ...(account.lost.length > 0 ? [`lost ${account.lost.length}: ${account.lost[0]}, …`] : []),
    ...(account.duplicates > kills * IN_FLIGHT + doubled ? [`${account.duplicates} twice`] : []),
    ...(accepted.length < kills ? ["the processes hardly did anything"] : []),
  ];
  return {
    name: `SIGKILL at random, SQS ${weather}`,
    figures: `${killed} kills, ${account.accepted} accepted, ${account.lost.length} lost, ${account.duplicates} twice (${(account.duplicates / kills).toFixed(1)} a kill), seed ${seed}`,
    failures,
  };
}
