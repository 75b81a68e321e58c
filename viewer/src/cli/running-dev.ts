// A directory → the `llmops dev` that serves it, if one runs: found by `.llmops/dev.json`, upwards.
// Invariant: what the file says is believed only after the server itself has said the same root.
import { readFileSync } from "node:fs";
import { dirname, join } from "node:path";

/** What `llmops dev` writes to `.llmops/dev.json` while it runs. */
export interface RunningDev {
  readonly pid: number;
  readonly port: number;
  readonly url: string;
  readonly sqs_url: string;
  readonly token: string;
  readonly root: string;
  readonly version: string;
  /** Unix seconds. */
  readonly started_at: number;
}

export const DEV_FILE: string = join(".llmops", "dev.json");
/** A server of this machine answers at once, or hangs. */
const ANSWER_MS = 1000;
/** Only there may requests with the token go. */
const LOOPBACK = /^(?:127(?:\.\d{1,3}){3}|localhost|\[::1\])$/;

export async function runningDev(directory: string): Promise<RunningDev | undefined> {
  for (let at = directory; ; at = dirname(at)) {
    const found = read(join(at, DEV_FILE));
    if (found !== undefined && (await answers(found))) return found;
    if (at === dirname(at)) return undefined;
  }
}

function read(path: string): RunningDev | undefined {
  try {
    const found: unknown = JSON.parse(readFileSync(path, "utf8"));
    return isRunningDev(found) && LOOPBACK.test(new URL(found.url).hostname) ? found : undefined;
  } catch {
    return undefined;
  }
}

function isRunningDev(found: unknown): found is RunningDev {
  if (typeof found !== "object" || found === null) return false;
  const { url, token, root } = found as Record<string, unknown>;
  return typeof url === "string" && typeof token === "string" && typeof root === "string";
}

/** A file that a killed server left behind names a port that may be another one's by now. */
async function answers({ url, root }: RunningDev): Promise<boolean> {
  try {
    const response = await fetch(new URL("/api/health", url), {
      signal: AbortSignal.timeout(ANSWER_MS),
    });
    const health = (await response.json()) as { name?: unknown; root?: unknown };
    return health.name === "llmops-dev" && health.root === root;
  } catch {
    return false;
  }
}
