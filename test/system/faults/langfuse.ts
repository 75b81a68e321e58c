// Langfuse in trouble, alone or beside SQS, and processes that are killed meanwhile → what was lost,
// what came twice, whether SQS had to wait.
import { startFaultSqs } from "../../support/sqs-with-faults.ts";
import {
  type FaultLangfuse,
  startFaultLangfuse,
  type Trouble,
  TROUBLES,
} from "../../support/langfuse-with-faults.ts";
import { App, seeded, temporaryDirectory, type Progress, type Report } from "./harness.ts";

export type LangfuseWeather = "healthy" | "down" | "chaotic";

/** Requests in flight times traces in each: what a kill may at most send twice. */
const IN_FLIGHT = 400;

function keys({ url }: FaultLangfuse): Readonly<Record<string, string>> {
  return { LANGFUSE_PUBLIC_KEY: "pk", LANGFUSE_SECRET_KEY: "sk", LANGFUSE_BASE_URL: url };
}

/** Four processes on one directory, each killed at a random time. */
export async function langfuseKills(
  weather: LangfuseWeather,
  kills: number,
  seed: number,
  progress?: Progress,
): Promise<Report> {
  const random = seeded(seed);
  using directory = temporaryDirectory();
  const langfuse = await startFaultLangfuse();
  langfuse.trouble = () => {
    if (weather === "down") return "503";
    if (weather === "healthy" || random() < 0.4) return undefined;
    return TROUBLES[Math.floor(random() * TROUBLES.length)];
  };
  const accepted: string[] = [];
  let started = 0;
  let killed = 0;
  const one = async (): Promise<void> => {
    while (started < kills) {
      started++;
      const env = { ...keys(langfuse), EVERY_MS: String(1 + Math.floor(random() * 4)) };
      const app = new App({ directory: directory.path, env });
      const lifeMs = 60 + random() * 440;
      app.onAccepted = () => {
        app.onAccepted = undefined;
        setTimeout(() => app.kill(), lifeMs);
      };
      await app.ended;
      accepted.push(...app.accepted);
      progress?.(++killed, kills);
    }
  };
  await Promise.all([one(), one(), one(), one()]);
  const failures = await settled(directory.path, langfuse, accepted);
  await langfuse.close();
  const { again } = langfuse;
  const doubling = weather === "chaotic" ? langfuse.requests * 100 : kills * IN_FLIGHT;
  return {
    name: `SIGKILL at random, Langfuse ${weather}`,
    figures: `${killed} kills, ${accepted.length} accepted, ${langfuse.spans.size} spans taken in ${langfuse.requests} requests, ${again} twice, seed ${seed}`,
    failures: [
      ...failures,
      ...(again > doubling ? [`${again} twice`] : []),
      ...(accepted.length < kills ? ["the processes hardly did anything"] : []),
    ],
  };
}

/** Sends what lies in the directory once Langfuse is well. @returns what must not be */
async function settled(
  directory: string,
  langfuse: FaultLangfuse,
  accepted: readonly string[],
): Promise<readonly string[]> {
  langfuse.trouble = undefined;
  const drain = new App({ directory, env: { ...keys(langfuse), END: "flush" } });
  await drain.ended;
  const lost = accepted.filter((id) => id !== langfuse.refuses && !langfuse.has(id));
  return [
    ...(lost.length > 0 ? [`lost ${lost.length}: ${lost[0]}, …`] : []),
    ...(langfuse.changed.length > 0 ? [`sent again otherwise: ${langfuse.changed[0]}`] : []),
  ];
}

const TRACES = 150;
const ENOUGH_MS = "1500";

/** One process with both destinations; it ends while Langfuse is still in trouble. */
export async function langfuseBesideSqs(trouble: Trouble | "one refused"): Promise<Report> {
  using directory = temporaryDirectory();
  const [queue, langfuse] = [await startFaultSqs(), await startFaultLangfuse()];
  if (trouble !== "one refused") langfuse.trouble = () => trouble;
  const app = new App({
    url: queue.url,
    directory: directory.path,
    env: {
      ...keys(langfuse),
      COUNT: String(TRACES),
      END: "flush",
      FLUSH_MS: ENOUGH_MS,
    },
  });
  app.onAccepted = (id) => {
    if (trouble === "one refused") langfuse.refuses ??= id;
  };
  await app.ended;
  const { accepted, stats } = app;
  const before = langfuse.requests;
  const failures: string[] = [];
  const holds = (what: string, right: boolean | undefined): void => {
    if (right !== true) failures.push(what);
  };
  const counted = Object.values(stats?.dropped ?? {}).reduce((sum, count) => sum + count, 0);
  holds("not all were accepted", accepted.length === TRACES);
  holds("SQS had to wait", stats?.sinks["sqs"]?.acked === TRACES);
  holds(
    "the account does not add up",
    stats && stats.accepted === stats.acked + stats.pending + counted,
  );
  if (trouble === "one refused") {
    holds("the refused one is not counted", stats?.dropped["rejected"] === 1);
    holds("others wait for the refused one", stats?.acked === TRACES - 1);
  } else holds("something was dropped", counted === 0);
  // What is left goes to both: a record is done when all of its destinations have it.
  const env = { ...keys(langfuse), END: "flush" };
  langfuse.trouble = undefined;
  const drain = new App({ url: queue.url, directory: directory.path, env });
  await drain.ended;
  const lost = accepted.filter((id) => id !== langfuse.refuses && !langfuse.has(id));
  holds(`lost ${lost.length}`, lost.length === 0);
  holds(`sent again otherwise: ${langfuse.changed[0]}`, langfuse.changed.length === 0);
  await Promise.all([queue.close(), langfuse.close()]);
  return {
    name: `SQS beside Langfuse: ${trouble}`,
    figures: `${TRACES} traces, ${stats?.sinks["langfuse"]?.acked} at Langfuse when the process ended, in ${before} requests; ${langfuse.again} came twice`,
    failures,
  };
}
