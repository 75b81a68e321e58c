// `llmops dev` that the demo was started by → the traces that arrived there.
import { readTrace, type WireTrace } from "llmops-observability/wire";

/** What `llmops dev` tells the program that it starts. */
export interface Dev {
  url: string;
  queueUrl: string;
  spool: string | undefined;
}

/** Undefined: the demo is on its own. Asked before the demo forgets the user's settings. */
export function startedBy(env: NodeJS.ProcessEnv): Dev | undefined {
  const { LLMOPS_DEV_URL: url, AWS_SQS_URL: queueUrl, LLMOPS_SPOOL_DIR: spool } = env;
  return url && queueUrl ? { url, queueUrl, spool } : undefined;
}

interface Listed {
  traces: { trace_id: string; started: number; unfinished: boolean }[];
}

/** @param since Unix seconds: those that began then or later */
export async function arrivedAt({ url }: Dev, since: number): Promise<WireTrace[]> {
  const list = new URL(`/api/traces?order=asc&limit=500&since=${since.toFixed(3)}`, url);
  const { traces } = (await (await fetch(list)).json()) as Listed;
  const begun = traces.filter(({ started }) => started >= since);
  return Promise.all(
    begun.map(async ({ trace_id: id }) => {
      const path = `/api/traces/${encodeURIComponent(id)}/export?format=llmops`;
      // The first line says what the file is.
      const [, line = ""] = (await (await fetch(new URL(path, url))).text()).split("\n");
      return readTrace(line);
    }),
  );
}
